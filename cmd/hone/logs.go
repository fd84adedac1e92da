package main

import (
	"context"
	"errors"
	"io"

	"github.com/hone-tuner/hone"
	"github.com/spf13/cobra"
)

func newLogsCommand(a *app) *cobra.Command {
	var q hone.LogQuery
	cmd := &cobra.Command{
		Use:   "logs TRIAL",
		Short: "Show what a trial wrote to its output",
		Long: `Show what a trial wrote: its stdout and then its stderr, or with --stream one of them, byte for byte.

With -f it goes on until the trial has ended: stdout and stderr together, line by line as they come. When the trial is
started again, the next attempt's output follows; with --attempt only that one is followed. A trial that has not been
started yet is waited for. When the connection breaks, it goes on where it was. The exit code is 0 however the trial
ended.

A trial of an external experiment has no output here: its worker keeps it.`,
		Example: `  hone logs digits-0017
  hone logs digits-0017 -f --tail 20
  hone logs digits-0017 --stream stderr --attempt 1`,
		Args:              needs("TRIAL"),
		ValidArgsFunction: a.completeTrials,
	}
	cmd.Flags().BoolVarP(&q.Follow, "follow", "f", false, "go on until the trial has ended")
	cmd.Flags().IntVar(&q.Attempt, "attempt", 0, "of this attempt; 0 for the latest")
	cmd.Flags().IntVar(&q.Tail, "tail", 0, "begin with the last N lines, of each stream; 0 for all")
	streams := []string{"stdout", "stderr"}
	cmd.Flags().Var(formatValue{value: &q.Stream, allowed: streams}, "stream", "only this one: stdout or stderr (default both)")
	_ = cmd.RegisterFlagCompletionFunc("stream", cobra.FixedCompletions(streams, cobra.ShellCompDirectiveNoFileComp))
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		name, number, err := a.trialName(args[0])
		switch {
		case err != nil:
			return err
		case q.Attempt < 0:
			return usagef("--attempt must not be negative")
		case q.Tail < 0:
			return usagef("--tail must not be negative")
		}
		return a.with(cmd.Context(), func(s connection) error {
			if q.Follow {
				return a.followLogs(cmd.Context(), s, name, number, q)
			}
			return a.showLogs(cmd.Context(), s, name, number, q)
		})
	}
	return cmd
}

// showLogs copies what is there.
func (a *app) showLogs(ctx context.Context, s hone.Service, n hone.Name, number int, q hone.LogQuery) error {
	log, err := s.Logs(ctx, n, number, q)
	if errors.Is(err, hone.NotFound) {
		if why := keptByWorker(ctx, s, n, number); why != nil {
			return why
		}
	}
	if err != nil {
		return err
	}
	// A read that hangs ends with the context.
	stop := context.AfterFunc(ctx, func() { _ = log.Close() })
	_, err = io.Copy(a.stdout, log)
	if stop() {
		_ = log.Close()
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// keptByWorker is the error for a trial of an external experiment: there is no output of it here, now or later. It is nil
// for others.
func keptByWorker(ctx context.Context, s hone.Service, n hone.Name, number int) error {
	e, err := s.GetExperiment(ctx, n)
	if err != nil || !e.Spec.External() {
		return err
	}
	t, err := s.GetTrial(ctx, n, number)
	if err != nil {
		return err
	}
	worker := "whoever asks for it"
	if t.Client != "" {
		worker = "its worker " + t.Client
	}
	return hone.Errorf(hone.NotFound, "the output of %s is not here: it is run by %s, who keeps what it writes", trialReference(n, number), worker)
}
