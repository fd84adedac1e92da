package main

import (
	"cmp"
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
	page     string
	images   string
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
			if f.page != "" {
				return f.writePage(records)
			}
			return writeReports(cmd.OutOrStdout(), records, f)
		},
	}
	c.Flags().StringVar(&f.page, "page", "", "write Markdown between the markers of this page, and not to the terminal")
	c.Flags().StringVar(&f.images, "images", "docs/img", "folder for the plots of the page")
	c.Flags().IntSliceVar(&f.at, "at", nil, "numbers of trials to look at, 0 for the whole budget (default 25, 50 and 100, as far as the runs have them, and the whole budget)")
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
	reports, err := f.reports(records)
	for _, m := range reports {
		fmt.Fprintf(w, "%s; %s\n\n", strings.ToUpper(string(m.mode)), aside(m.Records))
		if err := contest.WriteText(w, m.Tables()); err != nil {
			return err
		}
	}
	return err
}

// aside says whether the figures are those of the final table.
func aside(records []contest.Record) string {
	if slices.ContainsFunc(records, func(r contest.Record) bool { return r.Reserve }) {
		return "the problems that are set aside are among them"
	}
	return "without the problems that are set aside for the final table"
}

// modeReport is the report of one mode.
type modeReport struct {
	mode contest.Mode
	contest.Report
}

// reports makes a report for each mode that has results.
func (f tableFlags) reports(records []contest.Record) (reports []modeReport, err error) {
	for _, mode := range contest.Modes() {
		some := slices.DeleteFunc(slices.Clone(records), func(r contest.Record) bool { return r.Mode != mode })
		if slices.ContainsFunc(some, contest.Record.Good) {
			reports = append(reports, modeReport{mode, f.report(some)})
		}
	}
	if len(reports) == 0 {
		err = hone.Errorf(hone.NotFound, "there are no results to show")
	}
	return reports, err
}

// report fills in what was not said.
func (f tableFlags) report(records []contest.Record) contest.Report {
	r := contest.Report{Records: records, At: slices.Clone(f.at), Base: f.base}
	slices.SortFunc(r.At, func(a, b int) int { // 0 is the whole budget
		return cmp.Compare(uint(a-1), uint(b-1))
	})
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
