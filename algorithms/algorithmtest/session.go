package algorithmtest

import (
	"context"
	"math"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
)

// session plays an experiment: it asks an algorithm and tells it results.
type session struct {
	space   *hone.Space
	seed    uint64
	budget  int
	goal    hone.Goal
	history hone.History
	pending []hone.Pending
	next    int
}

func newSession(id string, space *hone.Space) *session {
	return &session{space: space, seed: 11, budget: 100, goal: hone.Minimize, history: hone.NewHistory(id), next: 1}
}

func (s *session) request(count int) hone.Request {
	return hone.Request{Space: s.space, Objective: hone.Objective{Metric: "loss", Goal: s.goal, Reduce: hone.ReduceBest},
		Seed: s.seed, Number: s.next, Count: count, Budget: s.budget, History: s.history, Pending: s.pending}
}

// ask asks, checks what comes back, and makes it pending.
func (s *session) ask(t require.TestingT, algorithm hone.Algorithm, count int) []hone.Suggestion {
	got, err := algorithm.Suggest(context.Background(), s.request(count))
	require.NoError(t, err)
	require.LessOrEqual(t, len(got), count, "no more than were asked for")
	s.take(t, got)
	return got
}

// take checks suggestions and makes them pending.
func (s *session) take(t require.TestingT, got []hone.Suggestion) {
	for _, g := range got {
		require.NoError(t, s.space.Check(g.Parameters))
		require.False(t, s.has(g.Parameters), "(%s) was proposed twice", g.Parameters)
		require.GreaterOrEqual(t, g.Fidelity, 0.0)
		s.enqueue(g.Parameters, g.Labels)
	}
}

// enqueue makes a point pending that need not be the algorithm's.
func (s *session) enqueue(a hone.Assignments, labels map[string]string) {
	s.pending = append(s.pending[:len(s.pending):len(s.pending)], hone.Pending{Number: s.next, Parameters: a, Labels: labels})
	s.next++
}

func (s *session) has(a hone.Assignments) bool {
	for _, o := range s.history.Outcomes() {
		if o.Parameters.Equal(a) {
			return true
		}
	}
	for _, p := range s.pending {
		if p.Parameters.Equal(a) {
			return true
		}
	}
	return false
}

// finish ends the i-th pending trial with a value; one that is not finite is a failure.
func (s *session) finish(i int, value float64) {
	p := s.pending[i]
	o := hone.Outcome{Number: p.Number, Parameters: p.Parameters, Labels: p.Labels, State: hone.TrialSucceeded, Value: value, Finished: s.history.Len() + 1}
	if !o.Feasible() {
		o.State = hone.TrialFailed
	}
	s.history = s.history.Append(o)
	s.pending = append(append([]hone.Pending(nil), s.pending[:i]...), s.pending[i+1:]...)
}

// finishAll ends all pending trials with their values.
func (s *session) finishAll(value func(number int, u []float64) float64) {
	for len(s.pending) > 0 {
		p := s.pending[0]
		s.finish(0, value(p.Number, s.space.ToUnit(p.Parameters)))
	}
}

// withImported puts points into the history that no algorithm proposed.
func (s *session) withImported(points ...hone.Assignments) *session {
	for _, a := range points {
		s.enqueue(a, nil)
		s.finish(len(s.pending)-1, bowl(0, s.space.ToUnit(a)))
	}
	return s
}

// bowl has its minimum at 0.3 in every coordinate.
func bowl(_ int, u []float64) float64 {
	sum := 0.0
	for _, x := range u {
		if !math.IsNaN(x) {
			sum += (x - 0.3) * (x - 0.3)
		}
	}
	return sum
}

// awkward results: failures, what is not finite, what nearly is not, and many equal ones.
func awkward(number int, u []float64) float64 {
	return []float64{math.NaN(), 1, math.Inf(1), 1, math.Inf(-1), 1e300, -1e300, 1, bowl(0, u), math.MaxFloat64, -math.MaxFloat64}[number%11]
}
