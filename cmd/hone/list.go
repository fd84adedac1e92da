package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/hone-tuner/hone"
	"github.com/spf13/cobra"
)

func newListCommand(a *app) *cobra.Command {
	var states, labels []string
	var everywhere bool
	var r arrange
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List the experiments",
		Long: "List the experiments of all namespaces, or of the one that -n names." +
			columnsHelp("namespace", "name", "state", "reason", "trials", "failed", "best", "metric", "goal", "trial", "algorithm", "labels", "created", "age"),
		Example: `  hone list
  hone list --state Running,Paused -o json
  hone list --label team=vision --label 'stage!=test'
  hone list -n vision --sort -best
  hone list --where 'age<1d' --columns +labels`,
		Args: needs(),
	}
	format := outputFlag(cmd, listFormats())
	f := cmd.Flags()
	f.StringSliceVar(&states, "state", nil, "only those in these states: Created, Running, Paused, Succeeded, Failed, Stopped")
	f.StringSliceVarP(&labels, "label", "l", nil, "only those with this label: team=vision, team!=vision, or team for any value; several must all hold")
	f.BoolVarP(&everywhere, "all-namespaces", "A", false, "of all namespaces, also where one is set")
	_ = cmd.RegisterFlagCompletionFunc("state", cobra.FixedCompletions(experimentStates(), cobra.ShellCompDirectiveNoFileComp))
	r.flags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		choice, err := newExperimentChoice(states, labels)
		if err != nil {
			return err
		}
		namespace := a.namespace
		if everywhere {
			namespace = ""
		}
		if !a.hasData() {
			return a.print(a.experimentListing([]hone.Experiment{}), *format)
		}
		return a.with(cmd.Context(), func(s connection) error {
			all, err := allExperiments(cmd.Context(), s, choice.filter(namespace))
			if err != nil {
				return err
			}
			l, err := r.apply(a.experimentListing(choice.of(all)))
			if err != nil {
				return err
			}
			return a.print(l, *format)
		})
	}
	return cmd
}

func experimentStates() []string {
	return []string{string(hone.ExperimentCreated), string(hone.ExperimentRunning), string(hone.ExperimentPaused),
		string(hone.ExperimentSucceeded), string(hone.ExperimentFailed), string(hone.ExperimentStopped)}
}

func experimentState(s string) (hone.ExperimentState, error) {
	for _, known := range experimentStates() {
		if strings.EqualFold(s, known) {
			return hone.ExperimentState(known), nil
		}
	}
	return "", usagef("%q is not a state of an experiment: it must be %s", s, alternatives(experimentStates()))
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
			{name: "trial", wide: true}, {name: "algorithm", wide: true}, {name: "labels", wide: true}, {name: "created", wide: true}, {name: "age", right: true}},
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
			textCell(trial), textCell(e.Spec.Algorithm.Name), textCell(labelsText(e.Labels)), timeCell(&e.Created), durationCell(a.now().Sub(e.Created))}})
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
