package algorithmtest

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
)

// Subject is an algorithm under test.
type Subject struct {
	// New makes a fresh instance, without any cache.
	New func() hone.Algorithm
	// Ends says that the algorithm has finitely many points in a continuous space, as a grid has.
	Ends bool
	// Trials is how many trials a case runs at least, so that the algorithm gets past its start: 16 when 0.
	Trials int
	// Checks is how many random experiments are played: 60 when 0.
	Checks int
}

func (s Subject) trials() int {
	if s.Trials == 0 {
		return 16
	}
	return s.Trials
}

// Run checks everything that users and rooms rely on.
func Run(t *testing.T, s Subject) {
	t.Helper()
	for name, space := range namedSpaces() {
		t.Run("points lie in the space/"+name, func(t *testing.T) { s.bounds(t, space, bowl) })
	}
	for _, name := range []string{"doubles on both scales", "conditions upon conditions", "constraints, also over conditional parameters"} {
		t.Run("any result is taken/"+name, func(t *testing.T) { s.bounds(t, namedSpaces()[name], awkward) })
		t.Run("trials that all fail/"+name, func(t *testing.T) {
			s.bounds(t, namedSpaces()[name], func(int, []float64) float64 { return math.NaN() })
		})
		t.Run("results that are all the same/"+name, func(t *testing.T) {
			s.bounds(t, namedSpaces()[name], func(int, []float64) float64 { return 7 })
		})
	}
	for name, f := range finiteSpaces() {
		t.Run("every point once, then no more/"+name, func(t *testing.T) { s.exhausts(t, Compile(f.space), f.size) })
	}
	t.Run("a large batch takes what is left of a space", s.largeBatch)
	t.Run("points of others are not proposed again", s.othersPoints)
	t.Run("a batch of eight is eight in turn", s.batch)
	t.Run("the seed and the number decide", s.reproducible)
	t.Run("an older view of the history gets the older answer", s.olderView)
	t.Run("a withdrawn trial and a retried one", s.withdrawn)
	t.Run("pending trials that never end", s.manyPending)
	t.Run("one instance serves another space", s.otherSpace)
	t.Run("a cancelled context ends it", s.cancelled)
	t.Run("random experiments", s.randomExperiments)
}

// bounds runs an experiment; the session checks each point.
func (s Subject) bounds(t *testing.T, space hone.SearchSpace, value func(int, []float64) float64) {
	for _, goal := range []hone.Goal{hone.Minimize, hone.Maximize} {
		e := newSession("bounds", Compile(space))
		e.goal = goal
		algorithm := s.New()
		for range s.trials() {
			got := e.ask(t, algorithm, 1)
			if !s.Ends {
				require.Len(t, got, 1)
			}
			e.finishAll(value)
		}
	}
}

func (s Subject) exhausts(t *testing.T, space *hone.Space, size int) {
	e := newSession("finite", space)
	algorithm := s.New()
	for range size {
		require.Len(t, e.ask(t, algorithm, 1), 1, "%d of %d points so far", e.history.Len(), size)
		e.finishAll(bowl)
	}
	require.Empty(t, e.ask(t, algorithm, 1))
	require.Empty(t, e.ask(t, s.New(), 3))
}

func (s Subject) largeBatch(t *testing.T) {
	e := newSession("large", Compile(hone.NewSpace(hone.Int("n", 0, 11), hone.Categorical("c", "x", "y")).Where("n <= 9")))
	algorithm := s.New()
	require.Len(t, e.ask(t, algorithm, 5), 5)
	e.finish(2, 1)
	require.Len(t, e.ask(t, algorithm, 50), 15)
	require.Empty(t, e.ask(t, algorithm, 1))
}

func (s Subject) othersPoints(t *testing.T) {
	space := Compile(hone.NewSpace(hone.Int("n", 0, 9)))
	e := newSession("others", space)
	for _, k := range []int{0, 5, 9} {
		e.withImported(hone.Assignments{{Parameter: "n", Value: hone.Number(float64(k))}})
	}
	for _, k := range []int{1, 4} {
		e.enqueue(hone.Assignments{{Parameter: "n", Value: hone.Number(float64(k))}}, nil)
	}
	algorithm := s.New()
	for range 5 {
		require.Len(t, e.ask(t, algorithm, 1), 1)
	}
	require.Empty(t, e.ask(t, algorithm, 1))
}

// started is a session some trials into an experiment, with some pending.
func (s Subject) started(t require.TestingT, id string, space *hone.Space) *session {
	e := newSession(id, space)
	algorithm := s.New()
	for range s.trials() {
		e.ask(t, algorithm, 1)
		e.finishAll(bowl)
	}
	e.ask(t, algorithm, 2)
	return e
}

func (s Subject) batch(t *testing.T) {
	for _, name := range []string{"doubles on both scales", "conditions upon conditions", "constraints, also over conditional parameters"} {
		space := Compile(namedSpaces()[name])
		kept := s.New()
		for _, e := range []*session{newSession("new", space), s.started(t, "started", space)} {
			one := *e
			eight := e.ask(t, s.New(), 8)
			again, err := kept.Suggest(context.Background(), one.request(8))
			require.NoError(t, err)
			require.Equal(t, eight, again)
			for i, want := range eight {
				got := one.ask(t, kept, 1)
				require.Equal(t, []hone.Suggestion{want}, got, "%s: suggestion %d of the batch", name, i)
			}
		}
	}
}

func (s Subject) reproducible(t *testing.T) {
	space := Compile(namedSpaces()["conditions upon conditions"])
	var runs [3][]hone.Suggestion
	for i := range runs {
		e := newSession(fmt.Sprint("run", i), space)
		if i == 2 {
			e.seed = 12
		}
		algorithm := s.New()
		for range s.trials() {
			runs[i] = append(runs[i], e.ask(t, algorithm, 1)...)
			e.finishAll(bowl)
		}
	}
	require.Equal(t, runs[0], runs[1], "the name of the history is not a source of randomness")
	if !s.Ends {
		require.NotEqual(t, runs[0], runs[2], "another seed gives other points")
	}
}

func (s Subject) olderView(t *testing.T) {
	space := Compile(namedSpaces()["constraints, also over conditional parameters"])
	e := newSession("views", space)
	algorithm := s.New()
	var requests []hone.Request
	for range s.trials() {
		requests = append(requests, e.request(2))
		e.ask(t, algorithm, 2)
		e.finishAll(bowl)
	}
	for i := len(requests) - 1; i >= 0; i -= 3 {
		want, err := s.New().Suggest(context.Background(), requests[i])
		require.NoError(t, err)
		got, err := algorithm.Suggest(context.Background(), requests[i])
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

// withdrawn takes trials out: a pending one that is cancelled before it began, and one whose end is taken
// back for a retry, which gives the history another ID.
func (s Subject) withdrawn(t *testing.T) {
	e := s.started(t, "withdrawn", Compile(namedSpaces()["numbers in a list"]))
	algorithm := s.New()
	e.ask(t, algorithm, 3)
	e.pending = e.pending[:len(e.pending)-2]
	e.sameAsFresh(t, algorithm, s.New(), 2)
	outcomes := append([]hone.Outcome(nil), e.history.Outcomes()...)
	back := outcomes[3]
	e.history = hone.NewHistory("withdrawn/2", append(outcomes[:3], outcomes[4:]...)...)
	e.pending = append([]hone.Pending{{Number: back.Number, Parameters: back.Parameters}}, e.pending...)
	e.sameAsFresh(t, algorithm, s.New(), 2)
}

// sameAsFresh asks an instance that has seen much and one that has seen nothing.
func (s *session) sameAsFresh(t require.TestingT, kept, fresh hone.Algorithm, count int) {
	want, err := fresh.Suggest(context.Background(), s.request(count))
	require.NoError(t, err)
	require.Equal(t, want, s.ask(t, kept, count), "dropping the cache changes nothing")
}

func (s Subject) manyPending(t *testing.T) {
	e := newSession("pending", Compile(namedSpaces()["categories of any type"]))
	algorithm := s.New()
	for range 2 * s.trials() {
		require.Len(t, e.ask(t, algorithm, 1), 1)
	}
	e.finish(s.trials(), 3)
	e.finish(2, 1)
	e.sameAsFresh(t, algorithm, s.New(), 4)
}

func (s Subject) otherSpace(t *testing.T) {
	kept := s.New()
	for _, name := range []string{"doubles on both scales", "categories of any type", "a single double"} {
		e := s.started(t, name, Compile(namedSpaces()[name]))
		e.sameAsFresh(t, kept, s.New(), 2)
	}
}

func (s Subject) cancelled(t *testing.T) {
	e := s.started(t, "cancelled", Compile(namedSpaces()["doubles on both scales"]))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	got, err := s.New().Suggest(ctx, e.request(1000))
	require.ErrorIs(t, err, context.Canceled)
	require.Empty(t, got)
}

// somePoints draws points that satisfy the constraints, without looking for duplicates.
func somePoints(space *hone.Space, n int, rng *rand.Rand) (all []hone.Assignments) {
	for range 1000 {
		if a := space.Draw(rng); space.Satisfies(a) && len(all) < n {
			all = append(all, a)
		}
	}
	return all
}
