package main

import (
	"strings"

	"github.com/hone-tuner/hone"
	"github.com/spf13/cobra"
)

// hint is a command that leads on from here. It looks where this one looks: what was said on the command line
// of the data directory or the service is said again.
func (a *app) hint(verb string, words ...string) string {
	parts := append(quoteAll(append([]string{"hone", verb}, words...)), a.given...)
	return strings.Join(parts, " ")
}

// trialReference names a trial as commands take it, with its namespace where that is not the default one.
func trialReference(n hone.Name, number int) string {
	return hone.Name{Namespace: n.Namespace, Name: hone.TrialName(n.Name, number)}.String()
}

// rememberGiven keeps the flags that later hints must repeat.
func (a *app) rememberGiven(cmd *cobra.Command) {
	a.given = givenFlags(cmd, "data-dir", "server", "context", "ca-file", "insecure-skip-verify")
}

// sameAgain writes the command that was called, with the flags that decide what it does; not those that
// decide how it is shown.
func sameAgain(cmd *cobra.Command, args ...string) string {
	parts := append(strings.Fields(cmd.CommandPath()), quoteAll(args)...)
	return strings.Join(append(parts, givenFlags(cmd, "trials", "parallelism", "algorithm", "seed", "name", "keep-age", "keep-size",
		"namespace", "data-dir", "server", "context", "ca-file", "insecure-skip-verify")...), " ")
}

// givenFlags writes those of some flags that were given, as one would type them.
func givenFlags(cmd *cobra.Command, names ...string) (out []string) {
	for _, name := range names {
		f := cmd.Flags().Lookup(name)
		if f == nil || !f.Changed {
			continue
		}
		name = "--" + name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand
		}
		out = append(out, name, quoteWord(f.Value.String()))
	}
	return out
}
