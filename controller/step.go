package controller

import (
	"context"
	"errors"
	"math"

	"github.com/hone-tuner/hone"
)

// step does everything that can be done now: it concludes attempts that have ended, decides, and applies
// the plan, until the plan is empty.
func (s *session) step(ctx context.Context, watch *watcher) (plan, error) {
	const patience = 1000 // decisions in a row that old facts spoil: far more than happens
	for range patience {
		if err := s.concludeAll(ctx, watch); err != nil {
			return plan{}, err
		}
		p, err := s.plan(ctx)
		if err != nil {
			return plan{}, err
		}
		acted, err := s.apply(ctx, p, watch)
		if errors.Is(err, hone.Conflict) {
			continue // something changed in between: decide anew
		}
		if err != nil || !acted {
			return p, err
		}
	}
	return plan{}, nil
}

// concludeAll turns the attempts that have ended into events, all in one transaction.
func (s *session) concludeAll(ctx context.Context, watch *watcher) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var events []hone.Event
	var curves [][]hone.Measurement
	var failed error
	for _, f := range s.inbox {
		l, ok := s.live[f.number]
		switch {
		case f.unknown != nil:
			return f.unknown
		case !ok || l.State != hone.TrialRunning || l.Attempt != f.attempt: // superseded
		case f.notStarted != nil:
			failed = f.notStarted
			events = append(events, requeue(l.Trial, hone.StartFailed, f.notStarted.Error(), false))
		default:
			ev := conclude(s.exp, l.Trial, f.outcome)
			events = append(events, ev)
			if hone.TrialState(ev.State) == hone.TrialSucceeded {
				curves = append(curves, l.curve.objective(s.objective.Metric))
			}
		}
	}
	if len(events) > 0 {
		if err := s.record(ctx, events...); err != nil {
			return err
		}
	}
	for _, f := range s.inbox {
		watch.forget(f.number, f.notStarted == nil)
	}
	s.inbox = s.inbox[:0]
	s.learn(curves)
	return failed
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

// plan gathers the facts and decides.
func (s *session) plan(ctx context.Context) (plan, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := facts{exp: s.exp, live: s.liveTrials(), opening: s.opening(), attached: s.attached,
		interrupted: s.interrupted, exhausted: s.exhausted, free: -1, now: s.c.now()}
	if s.exp.Spec.Stop.Plateau != nil {
		f.values = s.values()
	}
	if limiter, ok := s.c.Runner.(hone.Limiter); ok && s.exp.Spec.Trial != nil && s.exp.Spec.Trial.GPUs > 0 {
		free, err := limiter.Free(ctx, s.exp)
		if err != nil {
			return plan{}, err
		}
		f.free = free
	}
	if f.now.Before(s.holdUntil) {
		f.free = 0
	}
	return decide(f), nil
}

// values are those of the finished trials that count for a plateau.
func (s *session) values() []float64 {
	out := make([]float64, 0, len(s.ended))
	for _, t := range s.ended {
		switch {
		case t.Origin == hone.OriginImported:
		case t.Ranked():
			out = append(out, float64(*t.Value))
		default:
			out = append(out, math.NaN())
		}
	}
	return out
}

// opening are the reasons of the first trials to end; "" for one that did not fail.
func (s *session) opening() []hone.Reason {
	var out []hone.Reason
	for _, t := range s.ended {
		if len(out) == hone.SameFailures {
			break
		}
		if t.Origin == hone.OriginImported {
			continue
		}
		reason := t.Reason
		if t.State != hone.TrialFailed {
			reason = ""
		}
		out = append(out, reason)
	}
	return out
}
