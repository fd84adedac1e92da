package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hone-tuner/hone"
	"github.com/spf13/cobra"
)

// runOptions are the flags of hone run.
type runOptions struct {
	file      string
	overrides overrideFlags
	keepAge   ageValue
	keepSize  sizeValue
	quiet     bool
	format    string
	again     string // the command that goes on
}

const (
	topOfRun    = 10       // trials of the leaderboard at the end
	defaultKeep = 10 << 30 // bytes that the folders of an experiment's ended trials may take
)

func newRunCommand(a *app) *cobra.Command {
	o := runOptions{keepSize: defaultKeep}
	cmd := &cobra.Command{
		Use:   "run FILE",
		Short: "Run an experiment here, to its end",
		Long: `Run the experiment of a file on this machine, to its end, and show its progress. FILE may be - for
standard input.

The same command again goes on where the experiment stopped: after Ctrl-C, a crash, or with a larger
budget. One that has ended is shown. Ctrl-C stops the running trials; they are run again next time.`,
		Example: `  hone run experiment.yaml
  hone run experiment.yaml --trials 100 --parallelism 4
  hone run experiment.yaml --name digits-sobol --algorithm sobol --seed 7
  hone run experiment.yaml -o json > result.json`,
		Args:        needs("FILE"),
		Annotations: map[string]string{worksHere: ""},
	}
	format := outputFlag(cmd, listFormats())
	o.overrides.register(cmd)
	cmd.Flags().Var(&o.keepAge, "keep-age", "keep folders and logs of ended trials for so long, such as 30d; 0 for ever (the best three are always kept)")
	cmd.Flags().Var(&o.keepSize, "keep-size", "keep so much of them in all, such as 500MiB; 0 for no limit")
	cmd.Flags().BoolVarP(&o.quiet, "quiet", "q", false, "show no progress, only the leaderboard at the end")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		o.file, o.format, o.again = args[0], *format, sameAgain(cmd, args...)
		return a.runExperiment(cmd.Context(), o)
	}
	return cmd
}

func (a *app) runExperiment(ctx context.Context, o runOptions) error {
	file, err := a.readFile(o.file)
	if err != nil {
		return err
	}
	request := hone.RunRequest{Document: file.content, Directory: file.folder, Environment: a.environ(),
		Overrides: o.overrides.overrides(a.namespace),
		Retention: hone.Retention{Age: time.Duration(o.keepAge), Size: int64(o.keepSize)}}
	a.succeeds = true
	return a.withCreating(ctx, func(s connection) error {
		// An interrupt that comes during this call is seen by follow, which knows what to interrupt.
		reply, err := s.RunExperiment(context.WithoutCancel(ctx), request)
		if err != nil {
			return inFile(file.name, err)
		}
		for _, w := range reply.Warnings {
			a.stderr.print("warning: %s", clean(w))
		}
		if !reply.Created && reply.Experiment.Status.State.Ended() && reply.Experiment.Status.Counts.Running == 0 {
			return a.showEnded(ctx, s, reply.Experiment, o)
		}
		if !o.quiet {
			a.greet(s, reply)
		}
		e, err := a.follow(ctx, s, reply, a.shower(o.quiet), func(ctx context.Context) error {
			_, err := s.RunExperiment(ctx, request)
			return err
		})
		if errors.Is(err, errInterrupted) {
			return a.sayInterrupted(e, o, err)
		}
		if err != nil {
			return err
		}
		return a.finish(context.WithoutCancel(ctx), s, e, o)
	})
}

// shower chooses how progress is shown.
func (a *app) shower(quiet bool) shower {
	switch {
	case quiet:
		return silent{}
	case a.isTTY:
		return &liveView{screen: a.stderr, look: look{colour: true, unicode: a.look.unicode}}
	}
	return plainLines{out: bufio.NewWriterSize(a.stderr, 64<<10)}
}

// greet says what begins, or goes on.
func (a *app) greet(s connection, reply hone.RunReply) {
	e := reply.Experiment
	a.stderr.print("%s", clean(summary(e)))
	if !reply.Created {
		a.stderr.print("going on with %s: %s", nameOf(e), countsText(e.Status.Counts))
	}
	if pid, self := s.Owner(); !self && pid > 0 {
		a.stderr.print("process %d, which owns %s, runs it", pid, a.dataDir)
	}
	if e.Status.State == hone.ExperimentPaused {
		a.stderr.print("it is paused: `%s` goes on", a.hint("resume", nameOf(e).String()))
	}
}

// summary says in one line what an experiment is.
func summary(e hone.Experiment) string {
	s := fmt.Sprintf("%s: %s over %s, %s, algorithm %s", nameOf(e), objectiveText(e.Spec.Objective),
		plural(len(e.Spec.Parameters), "parameter"), budgetText(e.Spec.Budget), algorithmText(e.Spec.Algorithm))
	if n := e.Spec.Parallelism; n > 1 {
		s += fmt.Sprintf(", %d at once", n)
	}
	return s
}

func (a *app) sayInterrupted(e hone.Experiment, o runOptions, err error) error {
	how := ""
	if errors.Is(err, errInterruptedElsewhere) {
		how = " from another terminal"
	}
	with := ""
	if o.file == standardInput {
		with = ", with the same file on standard input,"
	}
	a.stderr.print("hone: interrupted%s; %s. Everything is saved: `%s`%s goes on", how, countsText(e.Status.Counts), clean(o.again), with)
	for _, e := range unjoin(err) {
		if !errors.Is(e, errInterrupted) {
			a.stderr.print("hone: %s", cleanLines(e.Error()))
		}
	}
	return saidError{errInterrupted}
}

// unjoin takes apart what errors.Join has joined.
func unjoin(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return []error{err}
}
