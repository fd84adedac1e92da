package main

import (
	"context"

	"github.com/hone-tuner/hone"
)

// showEnded shows an experiment that had ended before it was run again.
func (a *app) showEnded(ctx context.Context, s hone.Service, e hone.Experiment, o runOptions) error {
	if !o.quiet {
		how := "another --name or `hone delete " + e.Name + "` begins anew"
		if e.Status.Reason.Reopens() {
			how = "a larger budget goes on with it; " + how
		}
		a.stderr.print("%s had ended before: %s", e.Name, how)
	}
	return a.finish(ctx, s, e, o)
}

// finish shows the result, and makes the exit code of how the experiment ended.
func (a *app) finish(ctx context.Context, s hone.Service, e hone.Experiment, o runOptions) error {
	name := hone.Name{Namespace: e.Namespace, Name: e.Name}
	b := boardOptions{format: o.format}
	if o.format == asTable || o.format == asWide || o.format == asMD {
		b.query.Top = topOfRun
	}
	if err := a.showLeaderboard(ctx, s, name, b); err != nil {
		return err
	}
	if !o.quiet {
		a.sayWhereToLook(e, name)
	}
	if e.Status.State == hone.ExperimentSucceeded {
		return nil
	}
	a.stderr.print("hone: %s is %s", name, cleanLines(standing(string(e.Status.State), e.Status.Reason, e.Status.Message)))
	return saidError{hone.Errorf(hone.Conflict, "the experiment did not succeed")}
}

func (a *app) sayWhereToLook(e hone.Experiment, name hone.Name) {
	a.stderr.print("")
	a.stderr.print("%s: %s; %s", name, clean(standing(string(e.Status.State), e.Status.Reason, "")), countsText(e.Status.Counts))
	trial := hone.TrialName(e.Name, 1)
	if b := e.Status.Best; b != nil {
		trial = b.Trial
		a.stderr.print("best: %s with %s %s", b.Trial, e.Spec.Objective.Metric, b.Value)
		a.stderr.print("      %s", clean(b.Parameters.String()))
	}
	if folder := a.experimentFolder(e); folder != "" && !e.Spec.External() {
		a.stderr.print("logs and files: %s", folder)
	}
	a.stderr.print("see more: hone leaderboard %s, hone best %s, hone logs %s", name, name, trial)
}
