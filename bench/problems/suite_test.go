package problems_test

import (
	"math"
	"math/rand/v2"
	"os"
	"regexp"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/bench/problems"
)

// suite is all problems that need nothing, and those of the tables whose folder HONE_BENCH_TABLES names.
func suite(t testing.TB) []*problems.Problem {
	all, err := made()
	require.NoError(t, err)
	return all
}

var made = sync.OnceValues(build)

func build() ([]*problems.Problem, error) {
	return problems.Suite(problems.Options{Tables: os.Getenv("HONE_BENCH_TABLES")})
}

// forEach runs a test for each problem.
func forEach(t *testing.T, test func(t *testing.T, p *problems.Problem)) {
	for _, p := range suite(t) {
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			test(t, p)
		})
	}
}

// tolerance allows for rounding: a problem's values are of the size of its typical value.
func tolerance(p *problems.Problem) float64 { return 1e-9 * math.Max(1, math.Abs(p.Optimum)) }

func TestTheBestPointHasTheValueOfTheOptimum(t *testing.T) {
	forEach(t, func(t *testing.T, p *problems.Problem) {
		require.NotNil(t, p.Best)
		require.NoError(t, p.Space.Check(p.Best))
		require.InDelta(t, p.Optimum, p.Value(p.Best), tolerance(p))
	})
}

func TestNothingIsBelowTheOptimum(t *testing.T) {
	forEach(t, func(t *testing.T, p *problems.Problem) {
		rng := rand.New(rand.NewPCG(1, uint64(len(p.Name))))
		least := p.Optimum - tolerance(p)
		starts := [][]float64{}
		for range 300 {
			u := draw(p.Space, rng)
			if v, ok := value(p, u); ok {
				require.False(t, math.IsInf(v, 0))
				require.GreaterOrEqual(t, v, least, "at random")
				if len(starts) < 2 {
					starts = append(starts, u)
				}
			}
		}
		// Where the best point is not truly the best, the way down leads below it.
		starts = append(starts, coordinates(p.Space, p.Best))
		for _, u := range starts {
			require.GreaterOrEqual(t, descend(p, u, rng), least, "by a way down")
		}
	})
}

// draw takes a point of the unit cube.
func draw(s *hone.Space, rng *rand.Rand) []float64 {
	u := make([]float64, s.Len())
	for i := range u {
		u[i] = rng.Float64()
	}
	return u
}

// coordinates is a point in the unit cube, with the middle for what is not active.
func coordinates(s *hone.Space, a hone.Assignments) []float64 {
	u := s.ToUnit(a)
	for i := range u {
		if math.IsNaN(u[i]) {
			u[i] = 0.5
		}
	}
	return u
}

// value looks at a point of the unit cube; ok is false where a tuner may not go or finds nothing.
func value(p *problems.Problem, u []float64) (v float64, ok bool) {
	a := p.Space.FromUnit(u)
	if !p.Space.Satisfies(a) {
		return 0, false
	}
	v = p.Value(a)
	return v, !math.IsNaN(v)
}

// descend is an evolution strategy of one parent and one child, with the one-fifth rule.
func descend(p *problems.Problem, start []float64, rng *rand.Rand) float64 {
	best, ok := value(p, start)
	if !ok {
		return math.Inf(1)
	}
	at := append([]float64(nil), start...)
	width := 0.1
	for range 400 {
		u := append([]float64(nil), at...)
		for i := range u {
			if rng.IntN(4) > 0 {
				u[i] = math.Min(1, math.Max(0, u[i]+width*rng.NormFloat64()))
			}
		}
		if v, ok := value(p, u); ok && v < best {
			best, at, width = v, u, width*1.5
		} else {
			width *= 0.92
		}
		if width < 1e-9 {
			width = 0.1
		}
	}
	return best
}

func TestASecondSuiteIsTheSame(t *testing.T) {
	one := suite(t)
	two, err := build()
	require.NoError(t, err)
	require.Len(t, two, len(one))
	for i, p := range one {
		q := two[i]
		require.Equal(t, p.Name, q.Name)
		require.Equal(t, p.Optimum, q.Optimum)
		require.Equal(t, p.Noise, q.Noise)
		require.Equal(t, p.Space.Parameters(), q.Space.Parameters())
		rng := rand.New(rand.NewPCG(2, 2))
		for range 5 {
			a := p.Space.Draw(rng)
			v, w := p.Value(a), q.Value(a)
			require.True(t, v == w || math.IsNaN(v) && math.IsNaN(w), p.Name)
			v, w = p.Observe(a, rand.New(rand.NewPCG(3, 3))), q.Observe(a, rand.New(rand.NewPCG(3, 3)))
			require.True(t, v == w || math.IsNaN(v) && math.IsNaN(w), p.Name)
		}
	}
}

func TestManyMayAskAtOnce(t *testing.T) {
	for _, p := range suite(t) {
		rng := rand.New(rand.NewPCG(4, 4))
		points := make([]hone.Assignments, 8)
		want := make([]float64, len(points))
		for i := range points {
			points[i] = p.Space.Draw(rng)
			want[i] = p.Value(points[i])
		}
		got := make([]float64, len(points))
		var all sync.WaitGroup
		for i, a := range points {
			all.Go(func() { got[i] = p.Value(a) })
		}
		all.Wait()
		for i := range want {
			require.True(t, got[i] == want[i] || math.IsNaN(got[i]) && math.IsNaN(want[i]), p.Name)
		}
	}
}

func TestPointsSurviveTheUnitCube(t *testing.T) {
	forEach(t, func(t *testing.T, p *problems.Problem) {
		rng := rand.New(rand.NewPCG(5, 5))
		for range 50 {
			a := p.Space.FromUnit(draw(p.Space, rng))
			b := p.Space.FromUnit(coordinates(p.Space, a))
			require.Len(t, b, len(a))
			v, w := p.Value(a), p.Value(b)
			if p.Group == problems.Infeasible || math.IsNaN(v) && math.IsNaN(w) {
				continue // the border may lie between them
			}
			require.InDelta(t, v, w, 1e-4*math.Max(1, math.Abs(v)))
		}
	})
}

func TestTypicalIsAboveTheOptimum(t *testing.T) {
	forEach(t, func(t *testing.T, p *problems.Problem) {
		require.Greater(t, p.Typical(), p.Optimum)
		require.Zero(t, p.Regret(p.Optimum))
		require.InDelta(t, 1, p.Regret(p.Typical()), 1e-12)
		require.Equal(t, 1.0, p.Regret(math.NaN()))
		require.Equal(t, 1.0, p.Regret(math.Inf(1)))
		require.Equal(t, 1.0, p.Regret(2*p.Typical()-p.Optimum), "nothing is worse than nothing")
	})
}

func TestNamesAndMarks(t *testing.T) {
	all := suite(t)
	seen := map[string]bool{}
	name := regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)+$`)
	size, reserve := map[problems.Group]int{}, map[problems.Group]int{}
	small, smallReserve := 0, 0
	for _, p := range all {
		require.Regexp(t, name, p.Name)
		require.False(t, seen[p.Name], "%s is there twice", p.Name)
		seen[p.Name] = true
		size[p.Group]++
		if p.Reserve {
			reserve[p.Group]++
		}
		if p.Small {
			small++
			if p.Reserve {
				smallReserve++
			}
		}
	}
	for g, n := range size {
		require.InDelta(t, 1.0/3, float64(reserve[g])/float64(n), 0.18, "the part of %s that is set aside: %d of %d", g, reserve[g], n)
	}
	require.Len(t, size, 8+min(1, size[problems.Table]), "every group has problems")
	require.InDelta(t, 20, small, 2)
	require.Equal(t, small/2, smallReserve)
}

func TestFind(t *testing.T) {
	all := suite(t)
	some, err := problems.Find(all, "^bbob-f8-d(2|5)-")
	require.NoError(t, err)
	require.Len(t, some, 2)
	_, err = problems.Find(all, "(")
	require.ErrorIs(t, err, hone.InvalidArgument)
}

func TestTablesThatAreNotThere(t *testing.T) {
	_, err := problems.Suite(problems.Options{Tables: t.TempDir()})
	require.ErrorIs(t, err, hone.NotFound)
}

func BenchmarkValue(b *testing.B) {
	for _, p := range suite(b) {
		b.Run(p.Name, func(b *testing.B) {
			a := p.Space.Draw(rand.New(rand.NewPCG(6, 6)))
			for b.Loop() {
				p.Value(a)
			}
		})
	}
}

func BenchmarkSuite(b *testing.B) {
	for b.Loop() {
		_, err := build()
		require.NoError(b, err)
	}
}
