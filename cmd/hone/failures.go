package main

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/hone-tuner/hone"
)

// failuresTold are the kinds of failures that are told at the end of a run.
const failuresTold = 3

// failureKind are the trials that failed for the same reason.
type failureKind struct {
	count   int
	example hone.Trial // the first of them
}

// sayFailures tells why trials failed: each kind once, with an example and what it printed last.
func (a *app) sayFailures(ctx context.Context, s hone.Service, e hone.Experiment) error {
	if e.Status.Counts.Failed == 0 {
		return nil
	}
	failed, err := allTrials(ctx, s, nameOf(e), hone.TrialFilter{States: []hone.TrialState{hone.TrialFailed}})
	if err != nil {
		return err
	}
	failed = slices.DeleteFunc(failed, func(t hone.Trial) bool { return t.Origin == hone.OriginImported })
	kinds := failureKinds(failed)
	k := look{colour: a.isTTY}
	a.stderr.print("")
	a.stderr.print("%s", k.paint(red, "why "+plural(len(failed), "trial")+" failed:"))
	for _, f := range kinds[:min(len(kinds), failuresTold)] {
		first, rest, _ := strings.Cut(cleanLines(strings.TrimSpace(f.example.Message)), "\n")
		a.stderr.print("  %s %s", k.paint(bold, strconv.Itoa(f.count)+"x "+string(f.example.Reason)+", such as "+f.example.Name()+":"), first)
		if rest != "" {
			a.stderr.print("    %s", strings.ReplaceAll(rest, "\n", "\n    "))
		}
		if a.server != "" && f.example.Reason == hone.StartFailed && e.Directory != "" && !onKubernetes(e.Spec) {
			a.stderr.print("    relative paths start in %s, where the service is", clean(e.Directory))
		}
		if !e.Spec.External() {
			a.stderr.print("    all of its output: %s", a.hint("logs", trialReference(nameOf(e), f.example.Number)))
		}
	}
	if more := len(kinds) - failuresTold; more > 0 {
		a.stderr.print("  and %s more: %s", plural(more, "kind"), a.hint("trials", nameOf(e).String(), "--state", "Failed", "--columns", "trial,reason,message"))
	}
	return nil
}

// failureKinds groups failed trials, the most frequent kind first.
func failureKinds(failed []hone.Trial) []failureKind {
	at := map[string]int{}
	var kinds []failureKind
	for _, t := range failed {
		key := failureKey(t)
		i, ok := at[key]
		if !ok {
			i = len(kinds)
			at[key] = i
			kinds = append(kinds, failureKind{example: t})
		}
		kinds[i].count++
	}
	slices.SortStableFunc(kinds, func(a, b failureKind) int { return cmp.Compare(b.count, a.count) })
	return kinds
}

// failureKey is the same for failures that differ in nothing but numbers: those of a trial's parameters
// stand in most messages.
func failureKey(t hone.Trial) string {
	first, _, _ := strings.Cut(strings.TrimSpace(t.Message), "\n")
	first = podName.ReplaceAllString(first, "pod")
	how, why, _ := strings.Cut(first, ". ") // an exit status counts, with its number
	words := strings.FieldsFunc(why+" "+tellingLine(t.Message), func(r rune) bool {
		return unicode.IsDigit(r) || strings.ContainsRune("+-.e", r)
	})
	return string(t.Reason) + "\n" + how + "\n" + strings.Join(words, "#")
}

// podName is the name of a pod in a message, which is another one each time.
var podName = regexp.MustCompile(`pod "?[a-z0-9][-a-z0-9.]*"?`) //nolint:gochecknoglobals // a constant

// tellingLine is the last line of a trial's output that sounds like an error, or else its last line; "" when
// the message has one line only.
func tellingLine(message string) string {
	lines := strings.Split(strings.TrimSpace(message), "\n")[1:]
	lines = slices.DeleteFunc(lines, func(l string) bool { return strings.TrimSpace(l) == "" || strings.HasPrefix(l, "last lines of") })
	if len(lines) == 0 {
		return ""
	}
	for _, l := range slices.Backward(lines) {
		low := strings.ToLower(l)
		for _, word := range []string{"error", "exception", "fatal", "panic", "not found", "no such", "cannot", "denied", "killed"} {
			if strings.Contains(low, word) {
				return strings.TrimSpace(l)
			}
		}
	}
	return strings.TrimSpace(lines[len(lines)-1])
}

// failureText is a reason with the first line of its message and the most telling line of the output.
func failureText(reason hone.Reason, message string) string {
	first, _, _ := strings.Cut(strings.TrimSpace(message), "\n")
	text := string(reason)
	if first != "" {
		text += ": " + first
	}
	if line := tellingLine(message); !strings.Contains(first, line) {
		text += " | " + line
	}
	return text
}
