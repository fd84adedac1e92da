package main

import (
	"io"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
	"github.com/spf13/cobra"
)

// bestDocument is the best trial in JSON.
type bestDocument struct {
	wire.Trial
	Experiment string `json:"experiment"`
	Folder     string `json:"folder,omitempty"`
}

func newBestCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "best NAME",
		Short: "Show the best trial: its parameters, and the folder with what it wrote",
		Example: `  hone best digits
  hone best digits -o json | jq .parameters`,
		Args:              needs("NAME"),
		ValidArgsFunction: a.completeExperiments,
	}
	format := outputFlag(cmd, thingFormats())
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		name, err := a.experimentName(args[0])
		if err != nil {
			return err
		}
		return a.with(cmd.Context(), func(s connection) error {
			e, err := s.GetExperiment(cmd.Context(), name)
			if err != nil {
				return err
			}
			if e.Status.Best == nil {
				return hone.Errorf(hone.NotFound, "no trial of %s has a value yet; `%s` shows how they are", name, a.hint("trials", name.String()))
			}
			t, err := s.GetTrial(cmd.Context(), name, e.Status.Best.Number)
			if err != nil {
				return err
			}
			t.Experiment = name.Name
			folder := a.trialFolder(e, t.Number)
			if *format != asText {
				return a.printDocument(bestDocument{Trial: wire.TrialOf(t, a.now()), Experiment: name.Name, Folder: folder}, *format)
			}
			_, err = io.WriteString(a.stdout, describeBest(e, t, folder))
			return err
		})
	}
	return cmd
}

func describeBest(e hone.Experiment, t hone.Trial, folder string) string {
	var d description
	d.add("trial", "%s", t.Name())
	d.add(e.Spec.Objective.Metric, "%s", e.Status.Best.Value)
	d.add("folder", "%s", folder)
	d.tail = []string{""}
	for _, x := range t.Parameters {
		d.tail = append(d.tail, clean(x.Parameter+"="+x.Value.String()))
	}
	return d.String()
}
