package main

import (
	"context"

	"github.com/hone-tuner/hone"
	"github.com/spf13/cobra"
)

func newPauseCommand(a *app) *cobra.Command {
	return a.experimentCommand(&cobra.Command{
		Use:     "pause NAME",
		Short:   "Start no new trials; the running ones go on",
		Example: `  hone pause digits`,
	}, func(ctx context.Context, s hone.Service, n hone.Name) error {
		e, err := s.PauseExperiment(ctx, n)
		if err == nil {
			a.stderr.print("%s is paused: %s. `%s` goes on", n, countsText(e.Status.Counts), a.hint("resume", n.String()))
		}
		return err
	})
}

func newResumeCommand(a *app) *cobra.Command {
	return a.experimentCommand(&cobra.Command{
		Use:     "resume NAME",
		Short:   "Go on with a paused experiment",
		Example: `  hone resume digits`,
	}, func(ctx context.Context, s hone.Service, n hone.Name) error {
		e, err := s.ResumeExperiment(ctx, n)
		if err == nil {
			a.stderr.print("%s goes on: %s", n, countsText(e.Status.Counts))
		}
		return err
	})
}

func newStopCommand(a *app) *cobra.Command {
	var drain bool
	cmd := a.experimentCommand(&cobra.Command{
		Use:   "stop NAME",
		Short: "End an experiment for good",
		Long: `End an experiment for good. Running trials get SIGTERM; with --drain they may finish first.
What was found stays. To interrupt an experiment and go on later, press Ctrl-C in its terminal, or use
hone pause.`,
		Example: `  hone stop digits
  hone stop digits --drain`,
	}, func(ctx context.Context, s hone.Service, n hone.Name) error {
		e, err := s.StopExperiment(ctx, n, drain)
		if err == nil && e.Status.Draining {
			a.stderr.print("%s is draining: %s may finish", n, plural(e.Status.Counts.Running, "running trial"))
			return nil
		}
		if err == nil {
			a.stderr.print("%s: %s; %s", n, standing(string(e.Status.State), e.Status.Reason, e.Status.Message), countsText(e.Status.Counts))
		}
		return err
	})
	cmd.Flags().BoolVar(&drain, "drain", false, "let the running trials finish")
	return cmd
}

func newStopTrialCommand(a *app) *cobra.Command {
	return a.trialCommand(&cobra.Command{
		Use:     "stop-trial TRIAL",
		Short:   "End a running or waiting trial",
		Example: `  hone stop-trial digits-0017`,
	}, func(ctx context.Context, s hone.Service, n hone.Name, number int) error {
		t, err := s.StopTrial(ctx, n, number)
		switch {
		case err != nil:
			return err
		case t.State.Ended():
			a.stderr.print("%s is %s", hone.TrialName(n.Name, number), t.State)
		default:
			a.stderr.print("%s is being stopped", hone.TrialName(n.Name, number))
		}
		return nil
	})
}

func newRetryTrialCommand(a *app) *cobra.Command {
	return a.trialCommand(&cobra.Command{
		Use:   "retry-trial TRIAL",
		Short: "Run a failed or stopped trial again",
		Long: `Run a failed or stopped trial again, with the same parameters and in the same folder, so that it can take
up a checkpoint. It does not count for the budget again.`,
		Example: `  hone retry-trial digits-0017`,
	}, func(ctx context.Context, s hone.Service, n hone.Name, number int) error {
		before, err := s.GetExperiment(ctx, n)
		if err != nil {
			return err
		}
		t, err := s.RetryTrial(ctx, n, number)
		if err != nil {
			return err
		}
		a.stderr.print("%s will run again; it is %s", hone.TrialName(n.Name, number), t.State)
		e, err := s.GetExperiment(ctx, n)
		if err == nil {
			a.sayWaiting(before, e)
		}
		return err
	})
}

// experimentCommand completes a command that does something to one experiment.
func (a *app) experimentCommand(cmd *cobra.Command, do func(context.Context, hone.Service, hone.Name) error) *cobra.Command {
	cmd.Args = needs("NAME")
	cmd.ValidArgsFunction = a.completeExperiments
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		name, err := a.experimentName(args[0])
		if err != nil {
			return err
		}
		return a.with(cmd.Context(), func(s connection) error { return do(cmd.Context(), s, name) })
	}
	return cmd
}

// trialCommand completes a command that does something to one trial.
func (a *app) trialCommand(cmd *cobra.Command, do func(context.Context, hone.Service, hone.Name, int) error) *cobra.Command {
	cmd.Args = needs("TRIAL")
	cmd.ValidArgsFunction = a.completeTrials
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		name, number, err := a.trialName(args[0])
		if err != nil {
			return err
		}
		return a.with(cmd.Context(), func(s connection) error { return do(cmd.Context(), s, name, number) })
	}
	return cmd
}
