package controller

import (
	"context"
	"fmt"

	"github.com/hone-tuner/hone"
)

// WaitingForPlaces is the reason of the note that says that an experiment can run no trial yet, because the
// service runs as many as it may.
const WaitingForPlaces hone.Reason = "WaitingForPlaces"

// within keeps a plan to the places that there are for trials of the experiment.
func (s *session) within(f facts, p plan) plan {
	want := len(p.start) + p.create
	if f.exp.Spec.External() {
		return p
	}
	got := s.c.places.claim(s.uid, s.name.Namespace, s.wake, f.exp.Status.Counts.Running, want)
	if got >= want {
		return p
	}
	f.free = got
	p = decide(f)
	p.waits = want - got
	return p
}

// tellWaiting tells the user, once, why nothing runs.
func (s *session) tellWaiting(ctx context.Context, f facts, p plan) (told bool, err error) {
	if p.waits == 0 || f.exp.Status.Counts.Running > 0 {
		return false, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.toldWaiting {
		return false, nil
	}
	s.toldWaiting = true
	return true, s.record(ctx, hone.Event{Type: hone.EventNote, Reason: WaitingForPlaces, Message: "its trials wait for places: " + s.c.Limits.text()})
}

func (l Limits) text() string {
	switch {
	case l.PerNamespace == 0:
		return fmt.Sprintf("this service runs no more than %d at once", l.Trials)
	case l.Trials == 0:
		return fmt.Sprintf("this service runs no more than %d of a namespace at once", l.PerNamespace)
	}
	return fmt.Sprintf("this service runs no more than %d at once, and %d of a namespace", l.Trials, l.PerNamespace)
}

// covered makes sure that no trial begins without a place. It cannot happen, unless a decision was made
// of old facts. The lock is held.
func (s *session) covered(exp hone.Experiment, events []hone.Event) error {
	if exp.Spec.External() || begun(events) == 0 || s.c.places.covers(s.uid, exp.Status.Counts.Running) {
		return nil
	}
	return hone.Errorf(hone.Conflict, "experiment %q has no place for another trial", s.name)
}

// placed tells how many trials run now. The lock is held.
func (s *session) placed() {
	if !s.exp.Spec.External() {
		s.c.places.recorded(s.uid, s.name.Namespace, s.exp.Status.Counts.Running)
	}
}

// begun counts the trials that events start.
func begun(events []hone.Event) (n int) {
	for _, ev := range events {
		if ev.Type == hone.EventTrialStarted {
			n++
		}
	}
	return n
}
