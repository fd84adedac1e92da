package main

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/bench/contest"
)

// tableFlags are the flags of contest table.
type tableFlags struct {
	at       []int
	mode     string
	tuners   string
	problems string
	base     string
	reserve  bool
}

func newTable() *cobra.Command {
	var f tableFlags
	c := &cobra.Command{
		Use:   "table FILE…",
		Short: "turn files of results into tables",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			records, err := contest.ReadFiles(args...)
			if err != nil {
				return err
			}
			if records, err = f.choose(records); err != nil {
				return err
			}
			return writeReports(cmd.OutOrStdout(), records, f)
		},
	}
	c.Flags().IntSliceVar(&f.at, "at", nil, "numbers of trials to look at (default 25, 50 and 100, or what the runs have)")
	c.Flags().StringVar(&f.mode, "mode", "", "only runs of this mode")
	c.Flags().StringVar(&f.tuners, "tuners", "", "only contestants that match this expression")
	c.Flags().StringVar(&f.problems, "problems", "", "only problems and groups that match this expression from their beginning")
	c.Flags().StringVar(&f.base, "base", "", "contestant that the others are compared with (default auto, bayesian, or the first)")
	c.Flags().BoolVar(&f.reserve, "reserve", false, "also the part of the suite that is set aside for the final table")
	return c
}

// choose keeps the records that were asked for.
func (f tableFlags) choose(records []contest.Record) ([]contest.Record, error) {
	tuners, err := regexp.Compile("^(" + orAny(f.tuners) + ")$")
	if err != nil {
		return nil, hone.Errorf(hone.InvalidArgument, "--tuners: %w", err)
	}
	wanted, err := regexp.Compile("^(" + f.problems + ")")
	if err != nil {
		return nil, hone.Errorf(hone.InvalidArgument, "--problems: %w", err)
	}
	records = slices.DeleteFunc(records, func(r contest.Record) bool {
		return f.mode != "" && string(r.Mode) != f.mode || r.Reserve && !f.reserve || !tuners.MatchString(r.Contestant) ||
			!wanted.MatchString(r.Problem) && !wanted.MatchString(r.Group)
	})
	return records, nil
}

func orAny(expression string) string {
	if expression == "" {
		return ".*"
	}
	return expression
}

// writeReports shows the tables, for each mode its own.
func writeReports(w io.Writer, records []contest.Record, f tableFlags) error {
	if !slices.ContainsFunc(records, contest.Record.Good) {
		return hone.Errorf(hone.NotFound, "there are no results to show")
	}
	for _, mode := range contest.Modes() {
		some := slices.DeleteFunc(slices.Clone(records), func(r contest.Record) bool { return r.Mode != mode })
		if !slices.ContainsFunc(some, contest.Record.Good) {
			continue
		}
		report := f.report(some)
		aside := "without the problems that are set aside"
		if slices.ContainsFunc(some, func(r contest.Record) bool { return r.Reserve }) {
			aside = "with the problems that are set aside"
		}
		fmt.Fprintf(w, "%s, %s\n\n", strings.ToUpper(string(mode)), aside)
		if err := contest.WriteText(w, report.Tables()); err != nil {
			return err
		}
	}
	return nil
}

// report fills in what was not said.
func (f tableFlags) report(records []contest.Record) contest.Report {
	r := contest.Report{Records: records, At: slices.Sorted(slices.Values(f.at)), Base: f.base}
	if len(r.At) == 0 {
		r.At = contest.Checkpoints(records)
	}
	names := r.Contestants()
	for _, name := range append([]string{"auto", "bayesian"}, names...) {
		if r.Base == "" && slices.Contains(names, name) {
			r.Base = name
		}
	}
	return r
}
