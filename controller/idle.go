package controller

import (
	"time"

	"github.com/hone-tuner/hone"
)

// idleAfter is how long a service keeps the loop of an external experiment of which nobody wants anything.
const idleAfter = 10 * time.Minute

// idle reports whether the loop may end though the experiment has not: who resumes it, or asks for a trial,
// begins another one. The clock of a time budget needs a loop. The lock is held.
func (s *session) idle(f facts) bool {
	spec, state := f.exp.Spec, f.exp.Status.State
	switch {
	case !s.c.Service || s.interrupted || f.exp.Status.Draining || s.waiting():
		return false
	case state == hone.ExperimentPaused:
		return s.launch.own || spec.External()
	case state != hone.ExperimentRunning || !spec.External() || spec.Budget.Duration > 0:
		return false
	}
	return f.now.Sub(s.moved) >= idleAfter
}
