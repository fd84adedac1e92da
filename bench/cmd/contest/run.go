package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"regexp"
	"runtime"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/bench/contest"
)

// runFlags are the flags of contest run.
type runFlags struct {
	chosen
	modes                []string
	trials, perDimension int
	seeds, slowSeeds     int
	out                  string
	jobs, cores          int
	budget, limit        time.Duration
	again, table         bool
	redo                 string
}

func newRun() *cobra.Command {
	var f runFlags
	c := &cobra.Command{
		Use:   "run",
		Short: "play contestants on problems, and keep what they did",
		Long: `Play contestants on problems, and keep what they did in a file of JSON lines. Runs that the file has
are not played again, so that a plan that was stopped goes on where it was.`,
		Example: `  contest run --tuners bayesian,sobol --problems 'classic|bbob-.*-d5' --seeds 5 --out results.jsonl
  contest run --tuners eight=bayesian:start=8,peers --mode batch8 --out results.jsonl --for 20m`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.run(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f.chosen.flags(c)
	c.Flags().StringSliceVar(&f.modes, "mode", []string{string(contest.Sequential)}, "how trials follow each other: sequential, batch8, async10")
	c.Flags().IntVar(&f.trials, "trials", 100, "trials of each run")
	c.Flags().IntVar(&f.perDimension, "per-dimension", 0, "trials for each parameter, in place of --trials")
	c.Flags().IntVar(&f.seeds, "seeds", 5, "runs on each problem, with seeds from 1")
	c.Flags().IntVar(&f.slowSeeds, "slow-seeds", 5, "runs of slow contestants on each of the small problems; they play no others")
	c.Flags().StringVar(&f.out, "out", "", "file of results; needed")
	c.Flags().IntVar(&f.jobs, "jobs", 1, "runs at once")
	c.Flags().IntVar(&f.cores, "cores", 0, "cores for Hone's algorithms; as many as --jobs by default, so that each has one, as peers have")
	c.Flags().DurationVar(&f.budget, "for", 0, "begin no further run after this time")
	c.Flags().DurationVar(&f.limit, "limit", 20*time.Minute, "longest time for one run; longer ones are given up and do not count")
	c.Flags().BoolVar(&f.again, "again", false, "play again the runs that did not count")
	c.Flags().StringVar(&f.redo, "redo", "", "play again all runs of contestants that match this expression")
	c.Flags().BoolVar(&f.table, "table", true, "show the tables at the end")
	c.MarkFlagRequired("out")
	return c
}

func (f *runFlags) run(ctx context.Context, stdout, stderr io.Writer) error {
	plan, again, err := f.plan(ctx, stderr)
	if err != nil {
		return err
	}
	defer closeAll(plan.Contestants)
	file, err := contest.OpenFile(f.out)
	if err != nil {
		return err
	}
	defer file.Close()
	if f.cores <= 0 {
		f.cores = f.jobs
	}
	runtime.GOMAXPROCS(f.cores)
	tasks := plan.Tasks()
	warnOfOthers(stderr, file, tasks, plan.revision)
	show := newProgress(stderr)
	options := contest.Options{Jobs: f.jobs, Limit: f.limit, Again: again, Now: time.Now, Progress: show.update}
	if f.budget > 0 {
		options.Until = time.Now().Add(f.budget)
	}
	gone, err := contest.Run(ctx, tasks, file, options)
	show.end()
	for _, name := range slices.Sorted(maps.Keys(gone)) {
		fmt.Fprintf(stderr, "%v\n", gone[name])
	}
	if err != nil || !f.table {
		return err
	}
	return f.tables(stdout, tasks)
}

// tables shows what the file says about the tasks of this plan.
func (f *runFlags) tables(stdout io.Writer, tasks []contest.Task) error {
	records, err := contest.ReadFiles(f.out)
	if err != nil {
		return err
	}
	planned := map[contest.Key]bool{}
	for _, t := range tasks {
		planned[t.Key()] = true
	}
	records = slices.DeleteFunc(records, func(r contest.Record) bool { return !planned[r.Key()] })
	return writeReports(stdout, records, tableFlags{})
}

// planned is a plan and what the rest needs to know of it.
type planned struct {
	contest.Plan
	revision string
}

func (f *runFlags) plan(ctx context.Context, stderr io.Writer) (planned, func(contest.Record) bool, error) {
	p := planned{Plan: contest.Plan{Trials: f.trials, PerDimension: f.perDimension, Seeds: f.seeds, SlowSeeds: f.slowSeeds}, revision: revision(ctx)}
	if f.perDimension > 0 {
		p.Trials = 0
	}
	if f.perDimension <= 0 && f.trials <= 0 {
		return p, nil, hone.Errorf(hone.InvalidArgument, "a run needs a trial: give --trials or --per-dimension")
	}
	redo, err := regexp.Compile("^(" + f.redo + ")$")
	if err != nil {
		return p, nil, hone.Errorf(hone.InvalidArgument, "--redo: %w", err)
	}
	again := func(r contest.Record) bool {
		return f.again && !r.Good() || f.redo != "" && redo.MatchString(r.Contestant)
	}
	for _, name := range f.modes {
		mode, err := contest.ParseMode(name)
		if err != nil {
			return p, nil, err
		}
		p.Modes = append(p.Modes, mode)
	}
	if p.Contestants, err = f.contestants(ctx, p.revision, stderr); err != nil {
		return p, nil, err
	}
	p.Problems, err = f.suite()
	return p, again, err
}

// warnOfOthers says when the file has runs of another state of the source, for they are not played again.
func warnOfOthers(stderr io.Writer, file *contest.File, tasks []contest.Task, revision string) {
	others := map[string]int{}
	for _, t := range tasks {
		if r, done := file.Get(t.Key()); done && r.Own && r.Version != revision {
			others[r.Contestant]++
		}
	}
	for _, name := range slices.Sorted(maps.Keys(others)) {
		fmt.Fprintf(stderr, "the file has %d runs of %s from another revision; --redo %s plays them again\n", others[name], name, name)
	}
}
