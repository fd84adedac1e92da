package main

import (
	"context"
	"strings"
	"time"

	"github.com/hone-tuner/hone"
	"github.com/spf13/cobra"
)

// completeFor is how long a shell waits for names at most.
const completeFor = 2 * time.Second

// completeExperiments offers the names of experiments to the shell. It never fails: no answer is an answer.
func (a *app) completeExperiments(cmd *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return a.experimentNames(cmd.Context(), prefix), cobra.ShellCompDirectiveNoFileComp
}

// completeTrials offers names of experiments, and once one is typed, those of its trials.
func (a *app) completeTrials(cmd *cobra.Command, args []string, prefix string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), completeFor)
	defer cancel()
	var names []string
	_ = a.with(ctx, func(s connection) error {
		all, err := allExperiments(ctx, s, hone.ExperimentFilter{Namespace: a.namespace})
		for _, e := range all {
			n := hone.Name{Namespace: e.Namespace, Name: e.Name}
			for number := 1; number <= e.Status.Trials() && len(names) < 1000; number++ {
				if trial := strings.TrimSuffix(n.String(), n.Name) + hone.TrialName(e.Name, number); strings.HasPrefix(trial, prefix) {
					names = append(names, trial)
				}
			}
		}
		return err
	})
	return names, cobra.ShellCompDirectiveNoFileComp
}

func (a *app) experimentNames(ctx context.Context, prefix string) (names []string) {
	ctx, cancel := context.WithTimeout(ctx, completeFor)
	defer cancel()
	_ = a.with(ctx, func(s connection) error {
		all, err := allExperiments(ctx, s, hone.ExperimentFilter{Namespace: a.namespace})
		for _, e := range all {
			if name := (hone.Name{Namespace: e.Namespace, Name: e.Name}).String(); strings.HasPrefix(name, prefix) {
				names = append(names, name)
			}
		}
		return err
	})
	return names
}
