package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"io"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
	"github.com/spf13/cobra"
)

// exportedTrial is a line of an export: a trial with its readings.
type exportedTrial struct {
	wire.Trial
	Measurements []hone.Measurement `json:"measurements"`
}

func newExportCommand(a *app) *cobra.Command {
	var readings bool
	cmd := &cobra.Command{
		Use:   "export NAME",
		Short: "Write every trial and reading, for other programs and for hone import",
		Long: `Write every trial of an experiment to stdout: as JSON lines, each a trial with all its readings, or as CSV
with a line for each trial. With --readings the CSV has a line for each reading. Both forms of trials can be
imported again.`,
		Example: `  hone export digits > digits.jsonl
  hone export digits -o csv > digits.csv
  hone export digits -o csv --readings > curves.csv`,
		Args:              needs("NAME"),
		ValidArgsFunction: a.completeExperiments,
	}
	format := outputFlag(cmd, []string{asJSONL, asCSV})
	cmd.Flags().BoolVar(&readings, "readings", false, "with -o csv: a line for each reading: trial, metric, step, value, time")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		name, err := a.experimentName(args[0])
		if err != nil {
			return err
		}
		if readings && *format != asCSV {
			return usagef("--readings goes with -o csv: JSON lines hold the readings anyway")
		}
		return a.with(cmd.Context(), func(s connection) error {
			out := bufio.NewWriterSize(a.stdout, 64<<10)
			switch {
			case *format == asJSONL:
				err = a.exportLines(cmd.Context(), s, name, out)
			case readings:
				err = a.exportReadings(cmd.Context(), s, name, out)
			default:
				err = a.exportCSV(cmd.Context(), s, name, out)
			}
			if err != nil {
				return err
			}
			return out.Flush()
		})
	}
	return cmd
}

func (a *app) exportLines(ctx context.Context, s hone.Service, n hone.Name, w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	if _, err := s.GetExperiment(ctx, n); err != nil {
		return err
	}
	return eachTrial(ctx, s, n, hone.TrialFilter{}, func(t hone.Trial) error {
		readings, err := s.Measurements(ctx, n, t.Number, "")
		if err != nil {
			return err
		}
		if readings == nil {
			readings = []hone.Measurement{}
		}
		return enc.Encode(exportedTrial{Trial: wire.TrialOf(t, a.now()), Measurements: readings})
	})
}

// exportCSV goes through the trials twice: the first time to find out which metrics there are.
func (a *app) exportCSV(ctx context.Context, s hone.Service, n hone.Name, w io.Writer) error {
	e, err := s.GetExperiment(ctx, n)
	if err != nil {
		return err
	}
	metrics := map[string]bool{}
	if err := eachTrial(ctx, s, n, hone.TrialFilter{}, func(t hone.Trial) error {
		for name := range t.Metrics {
			metrics[name] = true
		}
		return nil
	}); err != nil {
		return err
	}
	names := []string{"trial", "number", "attempt", "state", "reason", allParameters, allMetrics, "origin", "startTime", "endTime", "duration", "message"}
	fields := trialFields(e.Spec, sortedNames(metrics), names, a.look, a.now)
	out := csv.NewWriter(w)
	record := make([]string, len(fields))
	for i, f := range fields {
		record[i] = f.name
	}
	if err := out.Write(record); err != nil {
		return err
	}
	return errorOf(out, eachTrial(ctx, s, n, hone.TrialFilter{}, func(t hone.Trial) error {
		for i, f := range fields {
			record[i] = f.cell(shownTrial{Trial: t}).full
		}
		return out.Write(record)
	}))
}

func (a *app) exportReadings(ctx context.Context, s hone.Service, n hone.Name, w io.Writer) error {
	out := csv.NewWriter(w)
	if err := out.Write([]string{"trial", "metric", "step", "value", "time"}); err != nil {
		return err
	}
	return errorOf(out, eachTrial(ctx, s, n, hone.TrialFilter{}, func(t hone.Trial) error {
		readings, err := s.Measurements(ctx, n, t.Number, "")
		if err != nil {
			return err
		}
		for _, r := range a.readingListing(n, t.Number, readings).rows {
			record := []string{t.Name()}
			for _, c := range r.cells {
				record = append(record, c.full)
			}
			if err := out.Write(record); err != nil {
				return err
			}
		}
		return nil
	}))
}

// errorOf flushes a CSV file and returns what went wrong first.
func errorOf(out *csv.Writer, err error) error {
	out.Flush()
	if err != nil {
		return err
	}
	return out.Error()
}

// exportColumns are the columns of an export that are neither parameters nor metrics.
func exportColumns() []string {
	return []string{"trial", "number", "attempt", "state", "reason", "origin", "startTime", "endTime", "duration", "message"}
}

// reservedColumns are all such columns that an import may find: of exports, and of other tables.
func reservedColumns() []string {
	return append(exportColumns(), "rank", objectiveColumn, "imported", "client")
}
