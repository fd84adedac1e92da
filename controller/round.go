package controller

import (
	"context"
	"errors"

	"github.com/hone-tuner/hone"
)

// round is once for an external experiment: it answers everybody who waits with one transaction. What was
// told ends trials, and in their places begin those that are asked for.
func (s *session) round(ctx context.Context, watch *watcher) (p plan, acted bool, err error) {
	s.mu.Lock()
	if err := s.keepAttached(ctx); err != nil {
		s.mu.Unlock()
		return plan{}, false, s.refused(ctx, err)
	}
	s.receive()
	e, v, f, err := s.overlook(ctx)
	together := s.took < quick || len(e.events) == 0
	s.mu.Unlock()
	if err != nil {
		return plan{}, false, s.refused(ctx, err)
	}
	p = decide(f)
	if p.create == 0 {
		s.unask()
	}
	next, later, failed := s.successors(ctx, p, v, together)
	acted, err = s.commit(ctx, e, next, v, watch)
	if err != nil {
		return p, false, s.refused(ctx, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asksFirst = later
	if failed != nil && ctx.Err() == nil {
		s.refuse(failed, false)
	}
	s.settleAsks()
	return p, acted || p.create > 0 && s.asking == nil && !later, failed
}

// overlook gathers what a round is made of. The lock is held.
func (s *session) overlook(ctx context.Context) (e heard, v sight, f facts, err error) {
	if err = s.needHistory(ctx); err != nil { // with it the rule that learns from curves
		return e, v, f, err
	}
	if e, err = s.heed(ctx); err != nil {
		return e, v, f, err
	}
	if v, err = s.foresee(ctx, e.events); err != nil {
		return e, v, f, err
	}
	f, err = s.facts(ctx, v)
	return e, v, f, err
}

// successors are the events that follow the ends of trials: the experiment's own end, or the beginnings of
// those that are asked for. While the algorithm takes its time, the ends do not wait for it: it has its
// turn later.
func (s *session) successors(ctx context.Context, p plan, v sight, together bool) (next []hone.Event, later bool, failed error) {
	switch {
	case p.end != nil:
		s.mu.Lock()
		defer s.mu.Unlock()
		next, failed = s.halt(ctx, v, *p.end)
	case len(p.drop) > 0:
		s.mu.Lock()
		defer s.mu.Unlock()
		next, failed = s.halt(ctx, v)
	case together:
		next, failed = s.beginnings(ctx, p, v)
	default:
		later = p.create+len(p.start) > 0
	}
	if failed != nil {
		next = nil
	}
	return next, later, failed
}

// halt ends the experiment, unless it has ended, with all trials that live: there is no process to wait for.
// While it drains, running ones go on. The lock is held.
func (s *session) halt(ctx context.Context, v sight, end ...hone.Event) ([]hone.Event, error) {
	exp, events := v.exp, end
	for _, ev := range end {
		exp.Status.State = hone.ExperimentState(ev.State)
	}
	for _, t := range v.live {
		switch l, ok := s.live[t.Number]; {
		case !ok:
		case t.State == hone.TrialPending:
			events = append(events, hone.Event{Type: hone.EventTrialEnded, Trial: t.Number, Attempt: t.Attempt,
				State: string(hone.TrialStopped), Reason: hone.ExperimentEnded, Message: "the experiment ended before it was started"})
		case exp.Status.State.Ended():
			ev, err := s.cutShort(ctx, exp, l, hone.Exit{Requested: true})
			if err != nil {
				return nil, err
			}
			events = append(events, ev)
		}
	}
	return events, nil
}

// commit records what a round has come to, and then says so to those who wait. If the history has grown
// since v was seen, what begins was suggested for another one: that is a Conflict.
func (s *session) commit(ctx context.Context, e heard, next []hone.Event, v sight, watch *watcher) (acted bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(e.events) > 0 && s.history.Len() != v.base {
		return false, hone.Errorf(hone.Conflict, "other trials have ended in the meantime")
	}
	next, takers := s.assign(next)
	events := append(e.events, next...)
	var trials map[int]hone.Trial
	if len(events) > 0 {
		s.foreseen = v.history
		trials, err = s.recordAll(ctx, nil, events)
		s.foreseen = hone.History{}
		if err != nil {
			s.dropHistory() // the algorithm may have seen what did not come to pass
			return false, err
		}
		watch.moved = true
	}
	acted = len(events)+len(e.tells) > 0
	s.answerTells(e, trials)
	s.deliver(takers)
	s.learn(e.curves)
	return acted, nil
}

// refused answers those who wait with the error of a round. A Conflict is none: the round is begun anew.
func (s *session) refused(ctx context.Context, err error) error {
	if errors.Is(err, hone.Conflict) || ctx.Err() != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse(err, true)
	return err
}
