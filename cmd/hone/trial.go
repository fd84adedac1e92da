package main

import (
	"io"
	"time"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
	"github.com/spf13/cobra"
)

func newTrialCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "trial TRIAL",
		Short: "Show one trial: its parameters, metrics, attempts and folder",
		Example: `  hone trial digits-0017
  hone trial digits-0017 -o json`,
		Args:              needs("TRIAL"),
		ValidArgsFunction: a.completeTrials,
	}
	format := outputFlag(cmd, thingFormats())
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		name, number, err := a.trialName(args[0])
		if err != nil {
			return err
		}
		return a.with(cmd.Context(), func(s connection) error {
			t, err := s.GetTrial(cmd.Context(), name, number)
			if err != nil {
				return err
			}
			t.Experiment = name.Name
			if *format != asText {
				return a.printDocument(wire.TrialOf(t, a.now()), *format)
			}
			e, err := s.GetExperiment(cmd.Context(), name)
			if err != nil {
				return err
			}
			readings, err := s.Measurements(cmd.Context(), name, number, e.Spec.Objective.Metric)
			if err != nil {
				return err
			}
			_, err = io.WriteString(a.stdout, a.describeTrial(e, t, readings))
			return err
		})
	}
	return cmd
}

// describeTrial tells everything about a trial; readings are those of the objective.
func (a *app) describeTrial(e hone.Experiment, t hone.Trial, readings []hone.Measurement) string {
	var d description
	d.add("trial", "%s", t.Name())
	d.add("state", "%s", standing(string(t.State), t.Reason, t.Message))
	switch {
	case t.Value != nil:
		d.add(e.Spec.Objective.Metric, "%s", *t.Value)
	case len(readings) > 0:
		last := readings[len(readings)-1]
		d.add(e.Spec.Objective.Metric, "%s at step %d, so far", last.Value, *last.Step)
	}
	for _, name := range sortedNames(t.Metrics) {
		if name != e.Spec.Objective.Metric {
			d.add(name, "%s", t.Metrics[name])
		}
	}
	if len(readings) > 1 {
		curve := make([]hone.Float, len(readings))
		for i, m := range readings {
			curve[i] = m.Value
		}
		d.add("curve", "%s  %s", sparkline(curve, 3*curveWidth, a.look.unicode), plural(len(readings), "reading"))
	}
	d.add("attempts", "%d", t.Attempt)
	if t.Retries > 0 {
		d.add("retries", "%d of %d", t.Retries, retryLimit(e.Spec))
	}
	d.add("point from", "%s", originText(t))
	d.add("client", "%s", t.Client)
	if t.StartTime != nil {
		d.add("started", "%s", t.StartTime.UTC().Format(time.RFC3339))
	}
	if took := t.Duration(a.now()); took > 0 {
		d.add("took", "%s", wire.Duration(took))
	}
	if t.Origin != hone.OriginImported {
		d.add("folder", "%s", a.trialFolder(e, t.Number))
	}
	d.tail = []string{"", "parameters"}
	for _, x := range t.Parameters {
		d.tail = append(d.tail, "  "+clean(x.Parameter+"="+x.Value.String()))
	}
	if t.Attempt > 0 {
		d.tail = append(d.tail, "", a.moreOfTrial(e, t))
	}
	return d.String()
}

// moreOfTrial names the commands that show what a trial has written. The output of one that a worker asked for is kept there.
func (a *app) moreOfTrial(e hone.Experiment, t hone.Trial) string {
	name := trialReference(nameOf(e), t.Number)
	readings := "its readings: " + a.hint("metrics", name)
	if e.Spec.External() {
		return readings
	}
	follow := ""
	if t.State == hone.TrialRunning {
		follow = " -f"
	}
	return "its output: " + a.hint("logs", name) + follow + "   " + readings
}

func originText(t hone.Trial) string {
	switch t.Origin {
	case hone.OriginInitial:
		return "the initial points of the file"
	case hone.OriginEnqueued:
		return "hone enqueue"
	case hone.OriginImported:
		return "hone import"
	}
	return "the algorithm"
}

func retryLimit(s hone.Spec) int {
	if s.Trial == nil {
		return 0
	}
	return s.Trial.RetryLimit()
}
