package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
	"github.com/spf13/cobra"
)

func newTrialsCommand(a *app) *cobra.Command {
	var states []string
	var top int
	var r arrange
	cmd := &cobra.Command{
		Use:   "trials NAME",
		Short: "List the trials of an experiment, by number",
		Long: `List the trials of an experiment, by number. A value that ends in … (~ without UTF-8) is the newest reading of
a trial that still runs.`,
		Example: `  hone trials digits
  hone trials digits --state Failed,Stopped
  hone trials digits --columns trial,value,lr,duration --sort -duration --top 5
  hone trials digits -o csv > trials.csv`,
		Args:              needs("NAME"),
		ValidArgsFunction: a.completeExperiments,
	}
	format := outputFlag(cmd, listFormats())
	cmd.Flags().StringSliceVar(&states, "state", nil, "only trials in these states: Pending, Running, Succeeded, Failed, EarlyStopped, Stopped")
	cmd.Flags().IntVar(&top, "top", 0, "only the first N, after sorting; 0 for all")
	r.flags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		name, err := a.experimentName(args[0])
		if err != nil {
			return err
		}
		filter, err := trialFilter(states)
		if err != nil {
			return err
		}
		return a.with(cmd.Context(), func(s connection) error {
			e, err := s.GetExperiment(cmd.Context(), name)
			if err != nil {
				return err
			}
			all, err := allTrials(cmd.Context(), s, name, filter)
			if err != nil {
				return err
			}
			l := trialListing(e, all, a.look, a.now())
			if len(filter.States) > 0 {
				l.empty = "no trials in state " + statesText(filter.States)
			}
			l, err = r.apply(l)
			if err != nil {
				return err
			}
			if top > 0 && top < len(l.rows) {
				l.rows = l.rows[:top]
			}
			return a.print(l, *format)
		})
	}
	return cmd
}

func trialFilter(states []string) (f hone.TrialFilter, err error) {
	for _, s := range states {
		i := slices.IndexFunc(hone.TrialStates(), func(known hone.TrialState) bool { return strings.EqualFold(s, string(known)) })
		if i < 0 {
			return f, usagef("%q is not a state of a trial: it must be Pending, Running, Succeeded, Failed, EarlyStopped or Stopped", s)
		}
		f.States = append(f.States, hone.TrialStates()[i])
	}
	return f, nil
}

func statesText(states []hone.TrialState) string {
	words := make([]string, len(states))
	for i, s := range states {
		words[i] = string(s)
	}
	if len(words) == 1 {
		return words[0]
	}
	return alternatives(words)
}

// eachTrial calls f for each trial, page after page. A page is fetched when it is needed.
func eachTrial(ctx context.Context, s hone.TrialService, n hone.Name, f hone.TrialFilter, each func(hone.Trial) error) error {
	for {
		page, err := s.ListTrials(ctx, n, f)
		if err != nil {
			return err
		}
		for _, t := range page.Trials {
			t.Experiment = n.Name
			if err := each(t); err != nil {
				return err
			}
			f.After = t.Number
		}
		if page.Cursor == "" || len(page.Trials) == 0 {
			return nil
		}
	}
}

func allTrials(ctx context.Context, s hone.TrialService, n hone.Name, f hone.TrialFilter) ([]hone.Trial, error) {
	all := []hone.Trial{}
	err := eachTrial(ctx, s, n, f, func(t hone.Trial) error {
		all = append(all, t)
		return nil
	})
	return all, err
}

func trialListing(e hone.Experiment, all []hone.Trial, k look, now time.Time) listing {
	metrics := make([]map[string]hone.Float, len(all))
	for i, t := range all {
		metrics[i] = t.Metrics
	}
	point := newPointColumns(e.Spec, metrics, "trial", "number", "attempt", "state", "reason", "value", "origin", "startTime", "endTime", "duration", "message")
	l := listing{empty: "no trials yet", document: func(keys []int) any {
		chosen := make([]wire.Trial, len(keys))
		for i, k := range keys {
			chosen[i] = wire.TrialOf(all[k], now)
		}
		return wire.TrialList{Trials: chosen}
	}}
	l.columns = slices.Concat(
		[]column{{name: "trial"}, {name: "number", wide: true, right: true}, {name: "attempt", wide: true, right: true}, {name: "state"},
			{name: "reason", wide: true}, objectiveColumnOf(e.Spec.Objective)},
		point.metricColumns(), point.parameterColumns(),
		[]column{{name: "origin", wide: true}, {name: "startTime", title: "START", wide: true}, {name: "endTime", title: "END", wide: true},
			{name: "duration", right: true}, {name: "message", wide: true}})
	for i, t := range all {
		l.rows = append(l.rows, row{key: i, cells: slices.Concat(
			[]cell{textCell(t.Name()), intCell(t.Number), intCell(t.Attempt), stateCell(string(t.State), t.Reason),
				textCell(string(t.Reason)), trialValueCell(e.Spec.Objective, t.State, t.Value, t.Metrics, k)},
			point.metricCells(t.Metrics), point.parameterCells(t.Parameters),
			[]cell{textCell(string(t.Origin)), timeCell(t.StartTime), timeCell(t.EndTime), durationCell(t.Duration(now)), textCell(t.Message)})})
	}
	return l
}
