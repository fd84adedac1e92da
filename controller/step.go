package controller

import (
	"context"
	"errors"
	"time"

	"github.com/hone-tuner/hone"
)

// quick is how long a suggestion may take for the ends of trials to wait for it, so that they are recorded
// together with the beginnings of their successors.
const quick = 5 * time.Millisecond

// step does everything that can be done now: it concludes attempts that have ended, decides, and applies
// the plan, until there is nothing left to do.
func (s *session) step(ctx context.Context, watch *watcher) (plan, error) {
	const patience = 1000 // decisions in a row that old facts spoil: far more than happens
	for range patience {
		p, acted, err := s.once(ctx, watch)
		if errors.Is(err, hone.Conflict) {
			if err := s.renew(ctx); err != nil {
				return plan{}, err
			}
			continue // something changed in between: decide anew
		}
		if err != nil || !acted {
			return p, err
		}
	}
	s.nudge()
	return plan{}, nil
}

// renew makes the history anew, since an algorithm may have seen an end that was not recorded.
func (s *session) renew(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.loadHistory(ctx)
}

// once concludes, decides and applies one time.
func (s *session) once(ctx context.Context, watch *watcher) (p plan, acted bool, err error) {
	if s.external {
		return s.round(ctx, watch)
	}
	s.mu.Lock()
	if err := s.keepAttached(ctx); err != nil {
		s.mu.Unlock()
		return plan{}, false, err
	}
	ends := s.conclusions()
	v, err := s.foresee(ctx, ends.events)
	var f facts
	if err == nil {
		f, err = s.facts(ctx, v)
	}
	together := s.took < quick
	s.mu.Unlock()
	if err != nil {
		return plan{}, false, err
	}
	p = s.within(f, decide(f))
	if ends.taken == 0 {
		if acted, err = s.tellWaiting(ctx, f, p); !acted && err == nil {
			acted, err = s.apply(ctx, p, v, watch)
		}
		return p, acted, err
	}
	return s.succeed(ctx, ends, p, v, watch, together)
}

// succeed records the ends of attempts, together with what follows if the algorithm is quick.
func (s *session) succeed(ctx context.Context, ends ends, p plan, v sight, watch *watcher, together bool) (_ plan, acted bool, err error) {
	var next []hone.Event
	if together && ends.failed == nil && p.end == nil && len(p.stop)+len(p.drop)+len(p.kill) == 0 {
		if next, err = s.beginnings(ctx, p, v); err != nil {
			return p, false, err
		}
	}
	if err := s.settleEnds(ctx, ends, next, v, watch); err != nil {
		return p, false, err
	}
	s.attendAll(ctx, watch)
	return p, true, ends.failed
}

// keepAttached says anew that this process runs the experiment, after it had ended and was reopened. The
// lock is held.
func (s *session) keepAttached(ctx context.Context) error {
	if !s.attached || s.exp.Status.State != hone.ExperimentRunning || !s.exp.Status.Seen.IsZero() {
		return nil
	}
	return s.record(ctx, hone.Event{Type: hone.EventAttached})
}

// ends are the conclusions of attempts that have ended.
type ends struct {
	events   []hone.Event
	readings []hone.Batch         // that are recorded with them
	curves   [][]hone.Measurement // of the trials that succeeded
	taken    int                  // entries of the inbox
	failed   error                // why an attempt could not be started, or was lost sight of
}

// conclusions turns the attempts that have ended into events. The lock is held.
func (s *session) conclusions() ends {
	e := ends{taken: len(s.inbox)}
	for _, f := range s.inbox {
		l, ok := s.live[f.number]
		switch {
		case f.unknown != nil:
			e.failed = f.unknown
		case !ok || l.State != hone.TrialRunning || l.Attempt != f.attempt: // superseded
		case f.notStarted != nil:
			e.failed = f.notStarted
			e.events = append(e.events, requeue(l.Trial, hone.StartFailed, f.notStarted.Error(), false))
		default:
			ev := conclude(s.exp, l.Trial, f.outcome)
			e.events, e.readings = append(e.events, ev), append(e.readings, f.last...)
			if hone.TrialState(ev.State) == hone.TrialSucceeded {
				e.curves = append(e.curves, l.curve.objective(s.objective.Metric))
			}
		}
	}
	return e
}

// settleEnds records the ends of attempts with what begins in their places. If the history has grown since
// v was seen, what begins was suggested for another one: that is a Conflict.
func (s *session) settleEnds(ctx context.Context, e ends, next []hone.Event, v sight, watch *watcher) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.history.Len() != v.base {
		return hone.Errorf(hone.Conflict, "other trials have ended in the meantime")
	}
	if events := append(e.events, next...); len(events) > 0 {
		if err := s.recordWith(ctx, e.readings, events...); err != nil {
			return err
		}
	}
	for _, f := range s.inbox[:e.taken] {
		known := f.notStarted == nil && f.unknown == nil
		watch.forget(f.number, known)
		if known && s.c.releaser != nil {
			s.c.releaser.Release(hone.AttemptID{UID: s.uid, Number: f.number, Attempt: f.attempt})
		}
	}
	s.inbox = append(s.inbox[:0], s.inbox[e.taken:]...)
	s.learn(e.curves)
	return nil
}

// learns reports whether there is a rule that learns from curves.
func (s *session) learns() bool {
	s.stopMu.Lock()
	defer s.stopMu.Unlock()
	return s.stopper != nil
}

// learn shows the early stopping rule whole curves.
func (s *session) learn(curves [][]hone.Measurement) {
	s.stopMu.Lock()
	defer s.stopMu.Unlock()
	if s.stopper == nil {
		return
	}
	for _, curve := range curves {
		s.stopper.Finished(curve)
	}
}
