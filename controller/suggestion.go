package controller

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/hone-tuner/hone"
)

// The reasons of the notes about an algorithm that does not answer.
const (
	// SuggestionsUnavailable begins an outage: the message says what is wrong, and what will be done.
	SuggestionsUnavailable hone.Reason = "SuggestionsUnavailable"
	// SuggestionsResumed ends it.
	SuggestionsResumed hone.Reason = "SuggestionsResumed"
)

// patience is how long the loop waits for a suggestion before it goes on with other things: ends of trials,
// what the user asks for.
const patience = 250 * time.Millisecond

// briefly is the same for an external experiment, where every worker waits for the loop.
const briefly = 10 * time.Millisecond

// introducer is a suggester that wants to know more of an experiment than stands in a request.
type introducer interface{ Introduce(e hone.Experiment) }

// question is what the algorithm is asked. It is put beside the loop.
type question struct {
	number, count int
	began         time.Time
	cancel        context.CancelFunc
	left          atomic.Bool   // the loop no longer waits for it
	answered      chan struct{} // closed when the rest is there

	suggestions []hone.Suggestion
	err         error
	took        time.Duration
}

// outage is the time for which the algorithm does not answer.
type outage struct {
	tries int
	since time.Time
	until time.Time // it is not asked before
}

// answer is what an algorithm said to a question.
type answer struct {
	proposals []proposal
	notes     []hone.Event
}

// put asks the algorithm, unless it is being asked for the same trials already.
func (s *session) put(ctx context.Context, algorithm hone.AlgorithmSpec, r hone.Request) *question {
	if s.asking != nil && s.asking.number == r.Number {
		return s.asking
	}
	s.unask()
	ctx, cancel := context.WithCancel(ctx)
	a := &question{number: r.Number, count: r.Count, began: s.c.now(), cancel: cancel, answered: make(chan struct{})}
	s.asking = a
	s.askers.Go(func() {
		defer cancel()
		a.suggestions, a.err = s.c.Suggester.Suggest(ctx, s.uid, algorithm, r)
		a.took = s.c.now().Sub(a.began)
		s.c.counters.suggested(a)
		close(a.answered)
		if a.left.Load() {
			s.nudge()
		}
	})
	return a
}

// atWork reports whether the algorithm has yet to answer.
func (q *question) atWork() bool {
	if q == nil {
		return false
	}
	select {
	case <-q.answered:
		return false
	default:
		return true
	}
}

// unask gives up the question that is being asked.
func (s *session) unask() {
	if s.asking != nil {
		s.asking.cancel()
		s.asking = nil
	}
}

// hear waits for an answer, if it comes soon. Once it has not, the loop is nudged when it comes.
func (s *session) hear(ctx context.Context, a *question) bool {
	limit := patience
	if s.external {
		limit = briefly
	}
	timer := time.NewTimer(max(0, limit-s.c.now().Sub(a.began)))
	defer timer.Stop()
	select {
	case <-a.answered:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	a.left.Store(true)
	select { // it may have come just before that was said
	case <-a.answered:
		return true
	default:
		return false
	}
}

// take makes proposals of an answer. An algorithm that cannot answer now is asked again later.
func (s *session) take(ctx context.Context, exp hone.Experiment, a *question, count int) (answer, error) {
	s.asking = nil
	switch {
	case a.err == nil:
	case ctx.Err() != nil:
		return answer{}, ctx.Err()
	case later(a.err):
		return answer{notes: s.away(exp, a.err)}, nil
	case errors.Is(a.err, hone.Internal):
		return answer{}, hone.Errorf(hone.Internal, "the algorithm %q failed: %w", exp.Spec.Algorithm.Name, a.err)
	default:
		return answer{}, a.err
	}
	out := answer{notes: s.back()}
	s.mu.Lock()
	s.exhausted, s.took = len(a.suggestions) < a.count, a.took
	s.mu.Unlock()
	for _, g := range a.suggestions[:min(count, len(a.suggestions))] {
		out.proposals = append(out.proposals, proposal{note: g.Note,
			Event: hone.Event{Parameters: g.Parameters, Labels: g.Labels, Parent: g.Parent, Fidelity: g.Fidelity}})
	}
	return out, nil
}

// later reports whether an algorithm may well answer when it is asked again.
func later(err error) bool {
	switch hone.KindOf(err) {
	case hone.Unavailable, hone.DeadlineExceeded, hone.ResourceExhausted:
		return true
	}
	return false
}

// away puts the next question off. The first time of an outage it is told to the user.
func (s *session) away(exp hone.Experiment, err error) (notes []hone.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.c.now()
	if s.outage.tries == 0 {
		s.outage.since = now
		notes = []hone.Event{{Type: hone.EventNote, Reason: SuggestionsUnavailable, Message: fmt.Sprintf(
			"no suggestions: %v; running trials go on, and it is asked again until it answers", err)}}
	}
	s.outage.tries++
	s.outage.until = now.Add(s.outage.pause(*exp.Spec.Algorithm.Seed))
	s.c.Logger.Warn("no suggestions", "experiment", s.name, "tries", s.outage.tries, "next", s.outage.until, "error", err)
	return notes
}

// pause grows from a second to half a minute. It is spread a little, so that experiments that lost the same
// service do not all come back at once.
func (o outage) pause(seed uint64) time.Duration {
	d := min(time.Second<<min(o.tries-1, 5), 30*time.Second)
	rng := rand.New(rand.NewPCG(seed, uint64(o.tries))) //nolint:gosec // spreads, keeps no secret; never negative
	return time.Duration(float64(d) * (0.8 + 0.4*rng.Float64()))
}

// back ends an outage, if there was one.
func (s *session) back() (notes []hone.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.outage.tries > 0 {
		notes = []hone.Event{{Type: hone.EventNote, Reason: SuggestionsResumed,
			Message: fmt.Sprintf("suggestions come again, after %s", hone.Duration(s.c.now().Sub(s.outage.since).Round(time.Second)))}}
	}
	s.outage = outage{}
	return notes
}

// checkAlgorithm has the algorithm of a new experiment look at its settings. What cannot be found out now is
// a warning.
func (c *Controller) checkAlgorithm(ctx context.Context, e hone.Experiment) (warnings []string, err error) {
	checker, ok := c.Suggester.(hone.Checker)
	if !ok {
		return nil, nil
	}
	switch err := checker.Check(ctx, e); {
	case err == nil:
		return nil, nil
	case later(err):
		return []string{fmt.Sprintf("the settings of the algorithm %s could not be checked: %v", e.Spec.Algorithm.Name, err)}, nil
	default:
		return nil, err
	}
}
