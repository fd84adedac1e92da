package main

import (
	"context"
	"io"

	"github.com/hone-tuner/hone"
	"github.com/spf13/cobra"
)

func newLogsCommand(a *app) *cobra.Command {
	var q hone.LogQuery
	cmd := &cobra.Command{
		Use:   "logs TRIAL",
		Short: "Show what a trial wrote to its output",
		Example: `  hone logs digits-0017
  hone logs digits-0017 -f
  hone logs digits-0017 --stream stderr --attempt 1`,
		Args:              needs("TRIAL"),
		ValidArgsFunction: a.completeTrials,
	}
	cmd.Flags().BoolVarP(&q.Follow, "follow", "f", false, "go on until the trial has ended")
	cmd.Flags().IntVar(&q.Attempt, "attempt", 0, "of this attempt; 0 for the latest")
	cmd.Flags().Var(formatValue{value: &q.Stream, allowed: []string{"stdout", "stderr"}}, "stream", "only this one: stdout or stderr (default both)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		name, number, err := a.trialName(args[0])
		if err != nil {
			return err
		}
		if q.Attempt < 0 {
			return usagef("--attempt must not be negative")
		}
		return a.with(cmd.Context(), func(s connection) error {
			return a.showLogs(cmd.Context(), s, name, number, q)
		})
	}
	return cmd
}

func (a *app) showLogs(ctx context.Context, s hone.TrialService, n hone.Name, number int, q hone.LogQuery) error {
	log, err := s.Logs(ctx, n, number, q)
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
