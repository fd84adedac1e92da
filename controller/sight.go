package controller

import (
	"context"
	"math"
	"slices"

	"github.com/hone-tuner/hone"
)

// sight is an experiment as it is, or as it will be when some events are recorded: what a decision and a
// suggestion are made of. Recording the ends of trials together with the beginnings of their successors
// costs one transaction instead of two.
type sight struct {
	exp     hone.Experiment
	live    []*hone.Trial // by number; nobody changes them
	ended   []hone.Trial  // in the order of finishing
	history hone.History
	base    int // entries of the history that are recorded
}

// foresee looks at the experiment as events will make it. The lock is held.
func (s *session) foresee(ctx context.Context, events []hone.Event) (sight, error) {
	if err := s.needHistory(ctx); err != nil {
		return sight{}, err
	}
	exp, trials, err := s.fold(ctx, events)
	if err != nil {
		return sight{}, err
	}
	v := sight{exp: exp, ended: s.ended, history: s.history, base: s.history.Len()}
	v.live = make([]*hone.Trial, 0, len(s.order))
	for _, t := range s.order {
		if after, changes := trials[t.Number]; !changes {
			v.live = append(v.live, t)
		} else if !after.State.Ended() {
			changed := after
			v.live = append(v.live, &changed)
		}
	}
	for _, ev := range events {
		if t := trials[ev.Trial]; ev.Trial != 0 && t.State.Ended() {
			v.ended = append(v.ended, t) // beyond what is recorded, under the lock
			v.history = v.history.Append(hone.OutcomeOf(t))
		}
	}
	return v, nil
}

// line puts a live trial into its place in the order; one that has ended is taken out. The lock is held.
func (s *session) line(t hone.Trial) {
	i, found := slices.BinarySearchFunc(s.order, t.Number, func(l *hone.Trial, number int) int { return l.Number - number })
	switch {
	case t.State.Ended() && found:
		s.order = slices.Delete(s.order, i, i+1)
	case t.State.Ended():
	case found:
		s.order[i] = &t
	default:
		s.order = slices.Insert(s.order, i, &t)
	}
}

// facts gathers what a decision depends on. The lock is held.
func (s *session) facts(ctx context.Context, v sight) (facts, error) {
	f := facts{exp: v.exp, live: v.live, opening: opening(v.ended), attached: s.attached,
		interrupted: s.interrupted, exhausted: s.exhausted, free: -1, now: s.c.now()}
	if f.now.Before(s.outage.until) {
		f.muted = s.outage.until
	}
	if s.external {
		f.wanted, f.lease = s.wanted(), s.leases.next()
	}
	if v.exp.Spec.Stop.Plateau != nil {
		f.values = values(v.ended)
	}
	if limiter, ok := s.c.Runner.(hone.Limiter); ok && v.exp.Spec.Trial != nil && v.exp.Spec.Trial.GPUs > 0 {
		free, err := limiter.Free(ctx, v.exp)
		if err != nil {
			return f, err
		}
		f.free = free
	}
	if f.now.Before(s.holdUntil) {
		f.free = 0
	}
	f.idle = s.idle(f)
	return f, nil
}

// values are those of the finished trials that count for a plateau, NaN where there is none.
func values(ended []hone.Trial) []float64 {
	out := make([]float64, 0, len(ended))
	for _, t := range ended {
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
func opening(ended []hone.Trial) []hone.Reason {
	var out []hone.Reason
	for _, t := range ended {
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
