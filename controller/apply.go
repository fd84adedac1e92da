package controller

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/hone-tuner/hone"
)

// apply does what the plan says and reports whether anything changed, so that it is worth deciding anew.
// An error of kind Conflict means that the plan was made of old facts.
func (s *session) apply(ctx context.Context, p plan, v sight, watch *watcher) (acted bool, err error) {
	if p.end != nil {
		return true, s.recordLocked(ctx, *p.end)
	}
	if p.create == 0 && p.waits == 0 {
		s.unask()
	}
	if events := append(p.stop, s.drops(p.drop)...); len(events) > 0 {
		return true, s.recordLocked(ctx, events...)
	}
	s.attendAll(ctx, watch)
	for _, number := range p.kill {
		if err := s.stopAttempt(ctx, number); err != nil {
			return false, err
		}
	}
	events, err := s.beginnings(ctx, p, v)
	if err != nil {
		return false, err
	}
	if len(events) == 0 {
		return p.create > 0 && s.asking == nil, nil // asked, and got nothing: the space is exhausted now, or the algorithm away
	}
	if err := s.recordLocked(ctx, events...); err != nil {
		return false, err
	}
	s.attendAll(ctx, watch)
	return true, nil
}

// beginnings are the events that start pending trials and create new ones.
func (s *session) beginnings(ctx context.Context, p plan, v sight) ([]hone.Event, error) {
	events := starts(p.start, v)
	created, err := s.propose(ctx, p.create, v)
	if s.asking.atWork() { // others may have the places in the meantime
		s.c.places.lend(s.uid, begun(events)+begun(created))
	}
	return append(events, created...), err
}

func (s *session) recordLocked(ctx context.Context, events ...hone.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.record(ctx, events...)
}

// drops end pending trials as Stopped.
func (s *session) drops(trials []int) []hone.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	var events []hone.Event
	for _, number := range trials {
		if l, ok := s.live[number]; ok {
			events = append(events, hone.Event{Type: hone.EventTrialEnded, Trial: number, Attempt: l.Attempt,
				State: string(hone.TrialStopped), Reason: hone.ExperimentEnded, Message: "the experiment ended before it was started"})
		}
	}
	return events
}

// starts begin the next attempt of pending trials.
func starts(trials []int, v sight) []hone.Event {
	var events []hone.Event
	for _, t := range v.live {
		if slices.Contains(trials, t.Number) {
			events = append(events, hone.Event{Type: hone.EventTrialStarted, Trial: t.Number, Attempt: t.Attempt + 1})
		}
	}
	return events
}

// stopAttempt asks the runner to end a running trial.
func (s *session) stopAttempt(ctx context.Context, number int) error {
	s.mu.Lock()
	l, ok := s.live[number]
	if !ok || !l.started { // one that is just being started is stopped as soon as it is
		s.mu.Unlock()
		return nil
	}
	id := hone.AttemptID{UID: s.uid, Number: number, Attempt: l.Attempt}
	grace := s.grace()
	s.mu.Unlock()
	return s.c.Runner.Stop(ctx, id, grace)
}

func (s *session) grace() time.Duration {
	if s.exp.Spec.Trial == nil {
		return hone.DefaultGrace
	}
	return s.exp.Spec.Trial.GraceTime()
}

// propose finds points for new trials: enqueued ones first, then the initial ones, then the algorithm's.
// The events create the trials and begin their first attempts.
func (s *session) propose(ctx context.Context, count int, v sight) ([]hone.Event, error) {
	if count <= 0 {
		return nil, nil
	}
	points, err := s.given(v.exp, count)
	if err != nil {
		return nil, err
	}
	var events []hone.Event
	if missing := count - len(points); missing > 0 && !s.muted() {
		suggested, err := s.suggest(ctx, v, points, missing)
		if err != nil {
			return nil, err
		}
		points, events = append(points, suggested.proposals...), suggested.notes
	}
	for i, p := range points {
		if p.note != "" {
			events = append(events, hone.Event{Type: hone.EventNote, Message: p.note})
		}
		p.Type, p.Trial = hone.EventTrialCreated, v.exp.Status.Trials()+1+i
		events = append(events, p.Event, hone.Event{Type: hone.EventTrialStarted, Trial: p.Trial, Attempt: 1})
	}
	return events, nil
}

// proposal is a TrialCreated event in the making.
type proposal struct {
	hone.Event
	note string
}

// given are the points that the user asked for.
func (s *session) given(exp hone.Experiment, count int) ([]proposal, error) {
	var out []proposal
	for _, a := range exp.Status.Queue {
		if len(out) == count {
			return out, nil
		}
		out = append(out, proposal{Event: hone.Event{Parameters: a, Origin: hone.OriginEnqueued}})
	}
	for i := exp.Status.InitialUsed; i < len(exp.Spec.Initial) && len(out) < count; i++ {
		rng := rand.New(rand.NewPCG(*exp.Spec.Algorithm.Seed, uint64(i))) //nolint:gosec // reproducible, not secret
		a, err := s.space.Complete(exp.Spec.Initial[i], rng)
		if err != nil {
			return nil, hone.Errorf(hone.InvalidArgument, "spec.initial[%d]: %w", i, err)
		}
		out = append(out, proposal{Event: hone.Event{Parameters: a, Origin: hone.OriginInitial}})
	}
	return out, nil
}

// suggest asks the algorithm, with what is about to be tried among the pending. There is no answer yet when it
// takes its time: the loop is nudged when it comes.
func (s *session) suggest(ctx context.Context, v sight, before []proposal, count int) (answer, error) {
	exp, next := v.exp, v.exp.Status.Trials()+1
	r := hone.Request{Space: s.space, Objective: exp.Spec.Objective, Settings: exp.Spec.Algorithm.Settings,
		Seed: *exp.Spec.Algorithm.Seed, Number: next + len(before), Count: count, Budget: exp.Spec.Budget.Trials, History: v.history}
	for _, t := range v.live {
		r.Pending = append(r.Pending, hone.Pending{Number: t.Number, Parameters: t.Parameters, Labels: t.Labels})
	}
	for i, p := range before {
		r.Pending = append(r.Pending, hone.Pending{Number: next + i, Parameters: p.Parameters})
	}
	if s.c.introducer != nil {
		s.c.introducer.Introduce(exp)
	}
	a := s.put(ctx, exp.Spec.Algorithm, r)
	if !s.hear(ctx, a) {
		s.mu.Lock()
		s.took = max(s.took, patience)
		s.mu.Unlock()
		return answer{}, ctx.Err()
	}
	return s.take(ctx, exp, a, count)
}

// muted reports whether the algorithm is away and not to be asked yet.
func (s *session) muted() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.c.now().Before(s.outage.until)
}
