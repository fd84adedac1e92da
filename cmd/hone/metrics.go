package main

import (
	"context"
	"strings"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
	"github.com/spf13/cobra"
)

func newMetricsCommand(a *app) *cobra.Command {
	var metric string
	var r arrange
	cmd := &cobra.Command{
		Use:   "metrics TRIAL",
		Short: "Show a trial's readings: every metric, step by step",
		Long:  "Show a trial's readings: every metric, step by step." + columnsHelp("metric", "step", "value", "time"),
		Example: `  hone metrics digits-0017
  hone metrics digits-0017 --metric loss -o csv`,
		Args:              needs("TRIAL"),
		ValidArgsFunction: a.completeTrials,
	}
	format := outputFlag(cmd, listFormats())
	cmd.Flags().StringVar(&metric, "metric", "", "only this metric")
	r.flags(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		name, number, err := a.trialName(args[0])
		if err != nil {
			return err
		}
		return a.with(cmd.Context(), func(s connection) error {
			readings, err := s.Measurements(cmd.Context(), name, number, metric)
			if err != nil {
				return err
			}
			if len(readings) == 0 && metric != "" {
				if err := noSuchMetric(cmd.Context(), s, name, number, metric); err != nil {
					return err
				}
			}
			l, err := r.apply(a.readingListing(name, number, readings))
			if err != nil {
				return err
			}
			return a.print(l, *format)
		})
	}
	return cmd
}

// noSuchMetric says of which metrics there are readings, if there are any.
func noSuchMetric(ctx context.Context, s hone.MeasurementService, n hone.Name, number int, metric string) error {
	readings, err := s.Measurements(ctx, n, number, "")
	if err != nil || len(readings) == 0 {
		return err
	}
	known := map[string]bool{}
	for _, m := range readings {
		known[m.Metric] = true
	}
	names := sortedNames(known)
	hint := ""
	if near := hone.Nearest(metric, names); near != "" {
		hint = "; did you mean " + near + "?"
	}
	return hone.Errorf(hone.NotFound, "%s has no readings of %q%s (it has of %s)", trialReference(n, number), metric, hint, strings.Join(names, ", "))
}

func (a *app) readingListing(name hone.Name, number int, readings []hone.Measurement) listing {
	trial := hone.TrialName(name.Name, number)
	l := listing{
		empty:   "no readings; `" + a.hint("logs", trialReference(name, number)) + "` shows what the trial wrote",
		columns: []column{{name: "metric"}, {name: "step", right: true}, {name: "value", right: true}, {name: "time"}},
		document: func(keys []int) any {
			d := wire.Readings{Trial: trial, Measurements: make([]hone.Measurement, len(keys))}
			for i, k := range keys {
				d.Measurements[i] = readings[k]
			}
			return d
		},
	}
	for i, m := range readings {
		step := cell{}
		if m.Step != nil {
			step = intCell(int(*m.Step))
		}
		l.rows = append(l.rows, row{key: i, cells: []cell{textCell(m.Metric), step, floatCell(m.Value), timeCell(&m.Time)}})
	}
	return l
}
