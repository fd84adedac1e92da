package main

import (
	"bufio"
	"context"
	"strings"

	"github.com/hone-tuner/hone"
	"github.com/spf13/cobra"
)

func newDeleteCommand(a *app) *cobra.Command {
	var yes bool
	cmd := a.experimentCommand(&cobra.Command{
		Use:     "delete NAME",
		Aliases: []string{"rm"},
		Short:   "Stop an experiment and forget everything about it",
		Long: `Stop an experiment and forget everything about it: its trials, readings, logs and folders. hone export
saves what it found. You are asked first, unless --yes is given; where there is no terminal to ask on, it must be.`,
		Example: `  hone export digits > digits.jsonl
  hone delete digits --yes`,
	}, func(ctx context.Context, s hone.Service, n hone.Name) error {
		e, err := s.GetExperiment(ctx, n)
		if err != nil {
			return err
		}
		if !yes && !a.mayAsk {
			return usagef("nobody can be asked whether %s with %s is to be deleted: use --yes", n, plural(e.Status.Trials(), "trial"))
		}
		if !yes && !a.confirm(ctx, "delete experiment %s with %s? [y/N] ", n, plural(e.Status.Trials(), "trial")) {
			a.stderr.print("nothing was deleted")
			return saidError{errNotConfirmed}
		}
		if n := e.Status.Counts.Running; n > 0 {
			a.stderr.print("stopping %s first", plural(n, "running trial"))
		}
		if err := s.DeleteExperiment(ctx, n); err != nil {
			return err
		}
		a.stderr.print("%s is deleted", n)
		return nil
	})
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return cmd
}

// confirm asks a question on the terminal.
func (a *app) confirm(ctx context.Context, format string, args ...any) bool {
	a.stderr.ask(format, args...)
	answer := make(chan string, 1)
	go func() { // a read from a terminal cannot be cut off
		text, _ := bufio.NewReader(a.stdin).ReadString('\n')
		answer <- strings.ToLower(strings.TrimSpace(text))
	}()
	select {
	case <-ctx.Done():
		return false
	case text := <-answer:
		return text == "y" || text == "yes"
	}
}
