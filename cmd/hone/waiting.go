package main

import (
	"time"

	"github.com/hone-tuner/hone"
)

// waitingText is what is said of an experiment that nobody runs at the moment, beside its state Running.
const waitingText = "waiting for hone run"

// waiting reports whether an experiment is Running only by its state: it was interrupted, or its process has
// not been heard of for a while.
func waiting(e hone.Experiment, now time.Time) bool {
	if e.Status.State != hone.ExperimentRunning || e.Spec.External() {
		return false
	}
	return e.Status.Seen.IsZero() || now.Sub(e.Status.Seen) > 3*hone.HeartbeatInterval
}

// shownReason is what stands behind the state of an experiment, for people.
func shownReason(e hone.Experiment, now time.Time) hone.Reason {
	if waiting(e, now) {
		return waitingText
	}
	return e.Status.Reason
}

// sayWaiting tells, after something was done to an experiment, that nobody runs it.
func (a *app) sayWaiting(e hone.Experiment) {
	if waiting(e, a.now()) {
		a.stderr.print("no process runs it at the moment: `%s` goes on with it", a.hint("run", "FILE"))
	}
}
