package main

import (
	"encoding/json"
	"time"

	"github.com/hone-tuner/hone"
	"github.com/spf13/cobra"
)

func newEditCommand(a *app) *cobra.Command {
	var trials, failures, parallelism int
	var duration time.Duration
	cmd := &cobra.Command{
		Use:   "edit NAME",
		Short: "Change an experiment's budget or parallelism",
		Long: `Change the budget or the parallelism of an experiment, while it runs or afterwards. Raising the limit that
ended it makes it run again at the next hone run.`,
		Example: `  hone edit digits --trials 100
  hone edit digits --parallelism 8 --duration 4h`,
		Args:              needs("NAME"),
		ValidArgsFunction: a.completeExperiments,
	}
	f := cmd.Flags()
	f.IntVar(&trials, "trials", 0, "how many trials; 0 for no limit, which needs a duration")
	f.IntVar(&failures, "failures", 0, "how many failed trials are tolerated")
	f.DurationVar(&duration, "duration", 0, "how long it may run; 0 for no limit")
	f.IntVar(&parallelism, "parallelism", 0, "how many trials run at once")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		name, err := a.experimentName(args[0])
		if err != nil {
			return err
		}
		budget, patch := map[string]any{}, map[string]any{}
		for flag, set := range map[string]func(){
			"trials":      func() { budget["trials"] = trials },
			"failures":    func() { budget["failures"] = failures },
			"duration":    func() { budget["duration"] = hone.Duration(duration) },
			"parallelism": func() { patch["parallelism"] = parallelism },
		} {
			if f.Changed(flag) {
				set()
			}
		}
		if len(budget) > 0 {
			patch["budget"] = budget
		}
		if len(patch) == 0 {
			return usageError{error: errNothingToEdit, command: cmd.CommandPath()}
		}
		document, err := json.Marshal(patch)
		if err != nil {
			return err
		}
		return a.with(cmd.Context(), func(s connection) error {
			before, err := s.GetExperiment(cmd.Context(), name)
			if err != nil {
				return err
			}
			if f.Changed("trials") && trials == 0 {
				if err := needsDuration(cmd, before, duration); err != nil {
					return err
				}
			}
			e, err := s.UpdateExperiment(cmd.Context(), name, hone.Patch{Spec: document})
			if err == nil {
				a.sayEdited(before, e, f.Changed("trials"))
			}
			return err
		})
	}
	return cmd
}

// needsDuration refuses a budget without an end.
func needsDuration(cmd *cobra.Command, e hone.Experiment, duration time.Duration) error {
	if !cmd.Flags().Changed("duration") {
		duration = time.Duration(e.Spec.Budget.Duration)
	}
	if duration > 0 {
		return nil
	}
	return usageError{error: errNoBudget, command: cmd.CommandPath()}
}

// sayEdited tells what holds now, and what will come of it.
func (a *app) sayEdited(before, e hone.Experiment, trials bool) {
	st := e.Status
	a.stderr.print("%s: %s, %s; it is %s", nameOf(e), budgetText(e.Spec.Budget), parallelismText(e.Spec.Parallelism), standing(string(st.State), st.Reason, ""))
	limit := e.Spec.Budget.Trials
	switch {
	case st.State.Ended() && !st.Reason.Reopens():
		a.stderr.print("it stays ended: no limit brings back an experiment that ended by %s", st.Reason)
	case st.State.Ended():
		a.stderr.print("it stays ended: what ended it (%s) still holds", st.Reason)
	case trials && limit > 0 && st.Created >= limit:
		a.stderr.print("%s already; no new ones will be made", existing(st.Created))
		a.sayWaiting(before, e)
	default:
		a.sayWaiting(before, e)
	}
}

func existing(n int) string {
	if n == 1 {
		return "1 trial exists"
	}
	return plural(n, "trial") + " exist"
}
