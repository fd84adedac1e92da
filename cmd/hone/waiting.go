package main

import "github.com/hone-tuner/hone"

// waitingText is what is said of an experiment that nobody runs at the moment, beside its state Running.
const waitingText = "waiting for hone run"

// drainingText is what is said of an experiment that ends when its running trials have.
const drainingText = "draining"

// waiting reports whether an experiment is Running only by its state: it was interrupted, or its process has
// not been heard of for a while, or since this one took its place.
func (a *app) waiting(e hone.Experiment) bool {
	if e.Status.State != hone.ExperimentRunning || e.Spec.External() {
		return false
	}
	seen := e.Status.Seen
	return seen.IsZero() || a.now().Sub(seen) > 3*hone.HeartbeatInterval || seen.Before(a.owning)
}

// shownReason is what stands behind the state of an experiment, for people.
func (a *app) shownReason(e hone.Experiment) hone.Reason {
	if a.waiting(e) {
		return waitingText
	}
	if e.Status.Draining {
		return drainingText
	}
	return e.Status.Reason
}

// sayWaiting tells, after something was done to an experiment, that nobody runs it. Every event looks like a sign
// of life, so that it also counts how it was before.
func (a *app) sayWaiting(before, e hone.Experiment) {
	if e.Status.State == hone.ExperimentRunning && (a.waiting(before) || a.waiting(e)) {
		a.stderr.print("no process runs it at the moment: `%s` goes on with it", a.hint("run", "FILE"))
	}
}
