package lbfgs

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func box(n int, lo, hi float64) ([]float64, []float64) {
	l, h := make([]float64, n), make([]float64, n)
	for i := range l {
		l[i], h[i] = lo, hi
	}
	return l, h
}

func rosenbrock(x, g []float64) float64 {
	f := 0.0
	clear(g)
	for i := range len(x) - 1 {
		a, b := 1-x[i], x[i+1]-x[i]*x[i]
		f += a*a + 100*b*b
		g[i] += -2*a - 400*x[i]*b
		g[i+1] += 200 * b
	}
	return f
}

func TestTheValleyOfRosenbrock(t *testing.T) {
	lo, hi := box(5, -2, 2)
	x, f := Minimize(Problem{F: rosenbrock, Lo: lo, Hi: hi, Evaluations: 500, Gradient: 1e-8}, []float64{-1, 1, 0.5, -1, 2})
	require.Less(t, f, 1e-10)
	for _, v := range x {
		require.InDelta(t, 1, v, 1e-4)
	}
}

func TestAMinimumOutsideTheBoxIsMetAtItsSide(t *testing.T) {
	lo, hi := box(3, -2, 0.5)
	x, _ := Minimize(Problem{F: rosenbrock, Lo: lo, Hi: hi, Evaluations: 500, Gradient: 1e-8}, []float64{-1, -1, -1})
	require.InDelta(t, 0.5, x[0], 1e-6)
	require.InDelta(t, 0.25, x[1], 1e-2)
}

// A convex quadratic in a box: the answer satisfies the conditions of Karush, Kuhn and Tucker.
func TestQuadraticsInABox(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 8).Draw(t, "n")
		centre := rapid.SliceOfN(rapid.Float64Range(-2, 2), n, n).Draw(t, "centre")
		weight := rapid.SliceOfN(rapid.Float64Range(0.1, 50), n, n).Draw(t, "weight")
		lo, hi := box(n, -1, 1)
		f := func(x, g []float64) float64 {
			sum := 0.0
			for i := range x {
				d := x[i] - centre[i]
				sum += weight[i] * d * d
				g[i] = 2 * weight[i] * d
			}
			return sum
		}
		x, _ := Minimize(Problem{F: f, Lo: lo, Hi: hi, Evaluations: 400, Gradient: 1e-9}, make([]float64, n))
		for i := range x {
			require.InDelta(t, math.Min(math.Max(centre[i], -1), 1), x[i], 1e-5)
		}
	})
}

func TestWhatIsNotFiniteIsKeptAwayFrom(t *testing.T) {
	lo, hi := box(1, -10, 10)
	f := func(x, g []float64) float64 {
		g[0] = 1 - 1/x[0]
		return x[0] - math.Log(x[0]) // NaN below 0
	}
	x, _ := Minimize(Problem{F: f, Lo: lo, Hi: hi, Evaluations: 200, Gradient: 1e-8}, []float64{9})
	require.InDelta(t, 1, x[0], 1e-5)
}

func TestTheNumberOfEvaluationsIsKept(t *testing.T) {
	lo, hi := box(5, -2, 2)
	calls := 0
	f := func(x, g []float64) float64 { calls++; return rosenbrock(x, g) }
	Minimize(Problem{F: f, Lo: lo, Hi: hi, Evaluations: 17}, make([]float64, 5))
	require.LessOrEqual(t, calls, 17)
}
