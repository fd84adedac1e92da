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
a trial that still runs.` + trialColumnsHelp(trialColumns()),
		Example: `  hone trials digits
  hone trials digits --state Failed,Stopped --columns trial,reason,message
  hone trials digits --where 'lr<0.01' --where 'duration>1m'
  hone trials digits --columns trial,value,lr,duration --sort -duration --top 5
  hone trials digits -o csv > trials.csv`,
		Args:              needs("NAME"),
		ValidArgsFunction: a.completeExperiments,
	}
	format := outputFlag(cmd, listFormats())
	statesFlag(cmd, &states)
	cmd.Flags().IntVar(&top, "top", 0, "only the first N, after sorting; 0 for all")
	r.flags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		name, err := a.experimentName(args[0])
		if err != nil {
			return err
		}
		wanted, err := trialStates(states)
		if err != nil {
			return err
		}
		if top < 0 {
			return usagef("--top must not be negative")
		}
		filter := hone.TrialFilter{States: wanted}
		return a.with(cmd.Context(), func(s connection) error {
			e, err := s.GetExperiment(cmd.Context(), name)
			if err != nil {
				return err
			}
			all, err := allTrials(cmd.Context(), s, name, filter)
			if err != nil {
				return err
			}
			l := trialListing(e, all, a.look, a.now)
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

// statesFlag gives a command of trials its --state.
func statesFlag(cmd *cobra.Command, states *[]string) {
	known := make([]string, 0, len(hone.TrialStates()))
	for _, s := range hone.TrialStates() {
		known = append(known, string(s))
	}
	cmd.Flags().StringSliceVar(states, "state", nil, "only trials in these states: "+strings.Join(known, ", "))
	_ = cmd.RegisterFlagCompletionFunc("state", cobra.FixedCompletions(known, cobra.ShellCompDirectiveNoFileComp))
}

// trialStates reads the names of states.
func trialStates(words []string) (states []hone.TrialState, err error) {
	for _, w := range words {
		i := slices.IndexFunc(hone.TrialStates(), func(known hone.TrialState) bool { return strings.EqualFold(w, string(known)) })
		if i < 0 {
			return nil, usagef("%q is not a state of a trial: it must be Pending, Running, Succeeded, Failed, EarlyStopped or Stopped", w)
		}
		states = append(states, hone.TrialStates()[i])
	}
	return states, nil
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

func trialListing(e hone.Experiment, all []hone.Trial, k look, now func() time.Time) listing {
	shown := make([]shownTrial, len(all))
	for i, t := range all {
		shown[i] = shownTrial{Trial: t}
	}
	l := listing{empty: "no trials yet", document: func(keys []int) any {
		chosen := make([]wire.Trial, len(keys))
		for i, k := range keys {
			chosen[i] = wire.TrialOf(all[k], now())
		}
		return wire.TrialList{Trials: chosen}
	}}
	return fill(l, trialFields(e.Spec, metricsOf(shown), trialColumns(), k, now), shown)
}
