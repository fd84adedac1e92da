package main

import (
	"context"
	"strings"

	"github.com/hone-tuner/hone"
)

// showEnded shows an experiment that had ended before it was run again.
func (a *app) showEnded(ctx context.Context, s hone.Service, e hone.Experiment, o runOptions) error {
	if !o.quiet {
		begins := "another --name or `" + a.hint("delete", nameOf(e).String()) + "` begins anew"
		how := begins
		if e.Status.Reason.Reopens() {
			how = "a larger budget goes on with it; " + begins
		}
		if e.Status.Reason == hone.TooManyFailures {
			// More trials do not help here.
			how = "`" + a.hint("edit", nameOf(e).String(), "--failures", "N") + "` lets it go on until more than N have failed; `" +
				a.hint("retry-trial", "TRIAL") + "` runs a failed trial again; " + begins
		}
		a.stderr.print("%s had ended before: %s", nameOf(e), how)
	}
	return a.finish(ctx, s, e, o)
}

// finish shows the result, and makes the exit code of how the experiment ended.
func (a *app) finish(ctx context.Context, s hone.Service, e hone.Experiment, o runOptions) error {
	name := nameOf(e)
	b := boardOptions{format: o.format}
	if o.format == asTable || o.format == asWide || o.format == asMD {
		b.query.Top = topOfRun
	}
	if err := a.showLeaderboard(ctx, s, name, b); err != nil {
		return err
	}
	if !o.quiet {
		if err := a.sayFailures(ctx, s, e); err != nil {
			return err
		}
		a.sayWhereToLook(e, name)
	}
	if e.Status.State == hone.ExperimentSucceeded {
		return nil
	}
	if o.quiet && e.Status.State == hone.ExperimentFailed {
		if err := a.sayFailures(ctx, s, e); err != nil {
			return err
		}
	}
	a.stderr.print("hone: %s is %s", name, cleanLines(standing(string(e.Status.State), e.Status.Reason, e.Status.Message)))
	return saidError{hone.Errorf(hone.Conflict, "the experiment did not succeed")}
}

func (a *app) sayWhereToLook(e hone.Experiment, name hone.Name) {
	a.stderr.print("")
	a.stderr.print("%s: %s; %s", name, clean(standing(string(e.Status.State), e.Status.Reason, "")), countsText(e.Status.Counts))
	more := []string{a.hint("leaderboard", name.String())}
	if b := e.Status.Best; b != nil {
		more = append(more, a.hint("best", name.String()))
		if !e.Spec.External() {
			more = append(more, a.hint("logs", trialReference(name, b.Number)))
		}
		a.stderr.print("best: %s with %s %s", b.Trial, e.Spec.Objective.Metric, b.Value)
		a.stderr.print("      %s", clean(b.Parameters.String()))
	}
	if folder := a.experimentFolder(e); folder != "" {
		a.stderr.print("logs and files: %s", folder)
	}
	a.stderr.print("see more: %s", strings.Join(more, ", "))
}
