package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/hone-tuner/hone"
	"github.com/spf13/cobra"
)

func newListCommand(a *app) *cobra.Command {
	var state string
	var r arrange
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List the experiments",
		Example: `  hone list
  hone list --state Running -o json
  hone list -n vision --sort -best`,
		Args: needs(),
	}
	format := outputFlag(cmd, listFormats())
	cmd.Flags().StringVar(&state, "state", "", "only those in this state: Created, Running, Paused, Succeeded, Failed or Stopped")
	r.flags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		wanted, err := experimentState(state)
		if err != nil {
			return err
		}
		if !a.hasData() {
			return a.print(a.experimentListing([]hone.Experiment{}), *format)
		}
		return a.with(cmd.Context(), func(s connection) error {
			all, err := allExperiments(cmd.Context(), s, hone.ExperimentFilter{Namespace: a.namespace, State: wanted})
			if err != nil {
				return err
			}
			l, err := r.apply(a.experimentListing(all))
			if err != nil {
				return err
			}
			return a.print(l, *format)
		})
	}
	return cmd
}

func experimentState(s string) (hone.ExperimentState, error) {
	if s == "" {
		return "", nil
	}
	for _, known := range []hone.ExperimentState{hone.ExperimentCreated, hone.ExperimentRunning, hone.ExperimentPaused,
		hone.ExperimentSucceeded, hone.ExperimentFailed, hone.ExperimentStopped} {
		if strings.EqualFold(s, string(known)) {
			return known, nil
		}
	}
	return "", usagef("%q is not a state of an experiment: it must be Created, Running, Paused, Succeeded, Failed or Stopped", s)
}

// allExperiments follows the pages of a list.
func allExperiments(ctx context.Context, s hone.ExperimentService, f hone.ExperimentFilter) ([]hone.Experiment, error) {
	all := []hone.Experiment{}
	for {
		page, err := s.ListExperiments(ctx, f)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Experiments...)
		if page.Cursor == "" {
			return all, nil
		}
		f.Cursor = page.Cursor
	}
}

func (a *app) experimentListing(all []hone.Experiment) listing {
	l := listing{
		empty: "no experiments",
		columns: []column{{name: "namespace", wide: oneNamespace(all)}, {name: "name"}, {name: "state"}, {name: "reason", wide: true},
			{name: "trials", right: true}, {name: "failed", right: true}, {name: "best", right: true}, {name: "metric"}, {name: "goal", wide: true},
			{name: "trial", wide: true}, {name: "algorithm", wide: true}, {name: "created", wide: true}, {name: "age", right: true}},
		document: func(keys []int) any {
			chosen := make([]hone.Experiment, len(keys))
			for i, k := range keys {
				chosen[i] = all[k]
			}
			return hone.ExperimentPage{Experiments: chosen}
		},
	}
	for i, e := range all {
		best, trial := cell{}, ""
		if b := e.Status.Best; b != nil {
			best, trial = floatCell(b.Value), b.Trial
		}
		l.rows = append(l.rows, row{key: i, cells: []cell{textCell(e.Namespace), textCell(e.Name),
			stateCell(string(e.Status.State), a.shownReason(e)), textCell(string(e.Status.Reason)), trialsCell(e),
			intCell(e.Status.Counts.Failed), best, textCell(e.Spec.Objective.Metric), textCell(string(e.Spec.Objective.Goal)),
			textCell(trial), textCell(e.Spec.Algorithm.Name), timeCell(&e.Created), durationCell(a.now().Sub(e.Created))}})
	}
	return l
}

func oneNamespace(all []hone.Experiment) bool {
	for _, e := range all {
		if e.Namespace != hone.DefaultNamespace && e.Namespace != "" {
			return false
		}
	}
	return true
}

// trialsCell shows how many trials have ended, of how many.
func trialsCell(e hone.Experiment) cell {
	c := intCell(e.Status.Counts.Ended())
	if limit := e.Spec.Budget.Trials; limit > 0 {
		c.short = fmt.Sprintf("%s/%d", c.full, limit)
	}
	return c
}
