package algorithmtest

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/hone-tuner/hone"
)

// randomExperiments plays experiments over random spaces: imported points, batches of any size, trials that
// end in any order with any result. Every request is also put to an instance that has seen nothing.
func (s Subject) randomExperiments(t *testing.T) {
	checks := s.Checks
	if checks == 0 {
		checks = 60
	}
	failed := false
	rapid.Check(t, func(t *rapid.T) {
		// A slow algorithm plays fewer experiments; a failure is still made small.
		if checks--; checks < 0 && !failed {
			return
		}
		defer func() { failed = failed || t.Failed() }()
		s.experiment(t)
	})
}

func (s Subject) experiment(t *rapid.T) {
	e := newSession("random", anySpace(t))
	e.seed = rapid.Uint64().Draw(t, "seed")
	e.goal = rapid.SampledFrom([]hone.Goal{hone.Minimize, hone.Maximize}).Draw(t, "goal")
	e.budget = rapid.SampledFrom([]int{0, 8, 40, 100_000}).Draw(t, "budget")
	rng := rand.New(rand.NewPCG(e.seed, 1))
	e.withImported(somePoints(e.space, rapid.IntRange(0, s.trials()).Draw(t, "imported"), rng)...)
	size := e.space.Size()
	kept := s.New()
	for range rapid.IntRange(1, 4).Draw(t, "rounds") {
		count := rapid.IntRange(1, 5).Draw(t, "count")
		before := len(e.pending)
		e.sameAsFresh(t, kept, s.New(), count)
		if got := len(e.pending) - before; got < count && !s.Ends {
			require.False(t, math.IsInf(size, 1), "a continuous space has no end")
			require.Equal(t, e.free(), 0, "there are other points")
		}
		for range rapid.IntRange(0, len(e.pending)).Draw(t, "ends") {
			value := rapid.OneOf(rapid.Float64Range(-10, 10), rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), 1e308, 0})).Draw(t, "value")
			e.finish(rapid.IntRange(0, len(e.pending)-1).Draw(t, "which"), value)
		}
	}
}

// free counts the points of a finite space that have not been proposed.
func (s *session) free() int {
	n := 0
	for a := range s.space.Points() {
		if !s.has(a) {
			n++
		}
	}
	return n
}
