package tpe

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/algorithms/algorithmtest"
	"github.com/hone-tuner/hone/internal/points"
)

var minimize = hone.Objective{Metric: "f", Goal: hone.Minimize}

// everything has a parameter of each sort, two of them conditional.
func everything() *hone.Space {
	return algorithmtest.Compile(hone.NewSpace(hone.Double("x", -1, 1), hone.Categorical("c", "a", "b", "d"), hone.Int("n", 1, 9).Log(),
		hone.Int("many", 0, 999), hone.Double("s", 0, 1).By(0.25), hone.Discrete("d", 1, 4, 9),
		hone.Double("y", 1e-4, 1).Log().When("c", "a", "b"), hone.Categorical("e", 1, 2).When("c", "b")))
}

// trial draws a trial of a space; every eighth one fails.
func trial(space *hone.Space, rng *rand.Rand, number int) hone.Outcome {
	o := hone.Outcome{Number: number, Parameters: space.Draw(rng), Value: math.Round(20 * rng.Float64()), State: hone.TrialSucceeded}
	if rng.IntN(8) == 0 {
		o.Value, o.State = math.NaN(), hone.TrialFailed
	}
	return o
}

func turnOf(space *hone.Space, h hone.History, pending ...hone.Pending) points.Turn {
	var index points.Index
	return points.Turn{Request: hone.Request{Space: space, Objective: minimize, Seed: 1, Number: 1 + h.Len() + len(pending), History: h, Pending: pending},
		Taken: index.Taken(h, pending)}
}

// learned is a search that knows some random trials.
func learned(space *hone.Space, rng *rand.Rand, n int) *search {
	h := hone.NewHistory("h")
	for i := range n {
		h = h.Append(trial(space, rng, i+1))
	}
	s := newSearch(space, defaultTuning())
	s.memory.follow(turnOf(space, h))
	s.learn(anySet)
	return s
}

func (s *search) cellsOf(a hone.Assignments) []cell {
	cells := make([]cell, len(s.memory.columns))
	encode(s.memory.space, s.memory.columns, a, cells)
	return cells
}

func TestDensitiesAddUpToOne(t *testing.T) {
	for _, p := range []hone.Parameter{hone.Double("p", 2, 5), hone.Double("p", 1e-3, 1).Log(), hone.Int("p", 1, 9), hone.Int("p", 1, 9).Log(),
		hone.Int("p", 1, 999), hone.Discrete("p", 1, 5, 6, 8), hone.Categorical("p", "a", "b", "c")} {
		t.Run(fmt.Sprint(p.Type, p.Scale, p.Cardinality()), func(t *testing.T) {
			space := algorithmtest.Compile(hone.NewSpace(p))
			s := learned(space, rand.New(rand.NewPCG(1, 2)), 40)
			const steps = 4_000
			good, bad := 0.0, 0.0
			for i := range steps {
				cells := s.cellsOf(space.FromUnit([]float64{(float64(i) + 0.5) / steps}))
				good += math.Exp(s.good.log(cells, math.Inf(1))) / steps
				bad += math.Exp(s.bad.log(cells, math.Inf(1))) / steps
			}
			require.InDelta(t, 1, good, 0.01)
			require.InDelta(t, 1, bad, 0.01)
		})
	}
}

// In a column where a trial had no value its kernel is uniform, so that the density adds up there too.
func TestDensitiesOfConditionalSpacesAddUpToOne(t *testing.T) {
	space := everything()
	rng := rand.New(rand.NewPCG(3, 4))
	s := learned(space, rng, 6)
	const draws = 60_000
	sum := 0.0
	for range draws {
		sum += math.Exp(s.bad.log(s.cellsOf(space.Draw(rng)), math.Inf(1))) / draws
	}
	require.InDelta(t, 1, sum, 0.05)
}

func TestACandidateBesideAnotherIsComputedFromTheDifference(t *testing.T) {
	space := everything()
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		s := learned(space, rng, rapid.IntRange(2, 700).Draw(t, "trials"))
		a := space.Draw(rng)
		u := space.ToUnit(a)
		for i, p := range space.Parameters() {
			if p.Name != "c" && rng.IntN(2) == 0 {
				u[i] = rng.Float64()
			}
		}
		b := space.FromUnit(u)
		for _, d := range []*density{s.good, s.bad} {
			d.hold(s.cellsOf(a))
			want := d.log(s.cellsOf(b), math.Inf(1))
			require.InDelta(t, want, d.logBeside(s.cellsOf(b), math.Inf(1)), 1e-6)
			for _, enough := range []float64{want - 3, want + 1e-6} {
				if got := d.log(s.cellsOf(b), enough); got <= enough {
					require.InDelta(t, want, got, 1e-6, "it is exact unless it is enough")
				} else {
					require.Greater(t, want, enough)
				}
			}
		}
	})
}

func TestTheWidthOfAKernelIsTheFartherGap(t *testing.T) {
	u := []float64{0.9, 0.1, 0.4, 0.45, 0.2}
	parts := []uint8{bad, bad, bad, bad, good}
	got := make([]float64, len(u))
	gapWidths(u, []int32{1, 4, 2, 3, 0}, parts, 0.05, func(row int32, width float64) { got[row] = width })
	require.InDeltaSlice(t, []float64{0.45, 0.3, 0.3, 0.45, 0}, got, 1e-12)
	gapWidths(u, []int32{2}, nil, 0.05, func(row int32, width float64) { got[row] = width })
	require.InDelta(t, 0.6, got[2], 1e-12, "a single one reaches to the farther border")
}

// A memory that has followed other requests holds what a new one does.
func TestTheMemoryForgetsNothingAndNobody(t *testing.T) {
	space := everything()
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		kept := newSearch(space, defaultTuning())
		h := hone.NewHistory("0")
		var pending []hone.Pending
		for step := range rapid.IntRange(1, 12).Draw(t, "steps") {
			switch rapid.IntRange(0, 4).Draw(t, "what") {
			case 0, 1: // some end
				for range rapid.IntRange(1, 9).Draw(t, "ends") {
					h = h.Append(trial(space, rng, h.Len()+1))
				}
			case 2: // some begin
				for range rapid.IntRange(1, 4).Draw(t, "begins") {
					pending = append(pending, hone.Pending{Number: 1000 + step, Parameters: space.Draw(rng)})
				}
			case 3: // one is withdrawn
				if n := len(pending); n > 0 {
					pending = append(pending[:n/2:n/2], pending[n/2+1:]...)
				}
			case 4: // one is retried
				if h.Len() > 0 {
					h = hone.NewHistory(fmt.Sprint(step+1), append([]hone.Outcome(nil), h.Outcomes()[1:]...)...)
				}
			}
			turn := turnOf(space, h, pending...)
			fresh := newSearch(space, defaultTuning())
			for _, s := range []*search{kept, fresh} {
				s.memory.follow(turn)
				s.learn(anySet)
			}
			require.True(t, slices.Equal(fresh.memory.rank, kept.memory.rank))
			for j := range fresh.memory.data {
				require.True(t, slices.Equal(fresh.memory.data[j].order, kept.memory.data[j].order))
			}
			cells := fresh.cellsOf(space.Draw(rng))
			require.Equal(t, fresh.good.log(cells, math.Inf(1)), kept.good.log(cells, math.Inf(1)))
			require.Equal(t, fresh.bad.log(cells, math.Inf(1)), kept.bad.log(cells, math.Inf(1)))
		}
	})
}
