package problems

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// The values are those of instance 1 of COCO's own code (coco-experiment 2.8.2), less the least value.
func TestFunctionsWithoutRotationHaveTheValuesOfCOCO(t *testing.T) {
	for _, c := range []struct {
		f      int
		opt, x []float64
		want   float64
	}{
		{1, []float64{0.2528, -1.1568, -0.724}, []float64{0.5, -1, 2}, 7.50587008},
		{1, []float64{0.2528, -1.1568, -0.724}, []float64{-4, 3.5, -0.25}, 39.99677008},
		{2, []float64{1.2072, 0.448, 3.5544}, []float64{0.5, -1, 2}, 2838670.035},
		{2, []float64{1.2072, 0.448, 3.5544}, []float64{-4, 3.5, -0.25}, 14529854.13},
		{3, []float64{-2.3408, 2.3, 2.2136}, []float64{0.5, -1, 2}, 67.53251613},
		{3, []float64{-2.3408, 2.3, 2.2136}, []float64{-4, 3.5, -0.25}, 113.024756},
		{4, []float64{2.3408, 2.3, 2.2136}, []float64{0.5, -1, 2}, 60.58609223},
		{4, []float64{2.3408, 2.3, 2.2136}, []float64{-4, 3.5, -0.25}, 133.6759671},
		{5, []float64{5, 5, 5}, []float64{0.5, -1, 2}, 53.47366596},
		{5, []float64{5, 5, 5}, []float64{-4, 3.5, -0.25}, 66.24341649},
		{8, []float64{-0.0552, -0.3708, 0.0192}, []float64{0.5, -1, 2}, 1228.511564},
		{8, []float64{-0.0552, -0.3708, 0.0192}, []float64{-4, 3.5, -0.25}, 54347.25027},
		{20, []float64{-2.1, 2.1, 2.1}, []float64{0.5, -1, 2}, 1722.220035},
		{20, []float64{-2.1, 2.1, 2.1}, []float64{-4, 3.5, -0.25}, 5538.037774},
	} {
		l := bbob(c.f, 3, generator("test"), slices.Clone(c.opt))
		require.InEpsilon(t, c.want, l.f(c.x), 1e-8, "f%d at %v", c.f, c.x)
	}
}

// The medians are those of COCO's own code (coco-experiment 2.8.2) over 30 random points of each of 200 instances. f8 has its
// optimum nearer to the middle there.
func TestRandomPointsAreAsGoodAsThoseOfCOCO(t *testing.T) {
	medians := []float64{
		64.82, 7.707e+06, 384.4, 686.1, 109.3, 2.623e+05, 576.6, 9.314e+04, 4.993e+04, 7.361e+06, 6.634e+06, 1.06e+08,
		1441, 56.76, 390.8, 78.36, 27.62, 118.2, 41.86, 4.059e+04, 65.29, 77.02, 19.46, 140.1,
	}
	for i, want := range medians {
		f, reach := i+1, 4.0
		if f == 8 {
			reach = 3
		}
		var values []float64
		for k := range 200 {
			rng := generator(fmt.Sprint("median", f, k))
			l := bbob(f, 5, rng, uniform(rng, 5, -reach, reach))
			for range 20 {
				values = append(values, l.f(uniform(rng, 5, -5, 5)))
			}
		}
		slices.Sort(values)
		require.InEpsilon(t, want, values[len(values)/2], 0.2, "f%d", f)
	}
}

func TestWithoutTheirRotationsFunctionsAreTheSeparableOnes(t *testing.T) {
	rng := generator("test")
	for _, d := range []int{2, 5} {
		opt := uniform(rng, d, -3, 3)
		straight := func(f int) func([]float64) float64 {
			s := &setting{d: d, opt: slices.Clone(opt), r: identity(d), q: identity(d), rng: rng}
			return bbobFunctions()[f-1](s)
		}
		for range 20 {
			x := uniform(rng, d, -5, 5)
			require.InEpsilon(t, straight(2)(x), straight(10)(x), 1e-9)
			// f15 scales after f3 has been skewed, by the same.
			require.InEpsilon(t, straight(3)(x), straight(15)(x), 1e-9)
			z := make([]float64, d)
			for i := range z {
				z[i] = x[i] + 0.5
			}
			require.InEpsilon(t, valley(z), straight(9)(x), 1e-9)
		}
	}
}

func TestTheSphereLooksTheSameFromEverywhere(t *testing.T) {
	rng := generator("test")
	l := bbob(1, 5, rng, nil)
	for range 20 {
		x := uniform(rng, 5, -1, 1)
		turned := rotation(rng, 5).times(x)
		a, b := make([]float64, 5), make([]float64, 5)
		for i := range a {
			a[i], b[i] = l.opt[i]+x[i], l.opt[i]+turned[i]
		}
		require.InEpsilon(t, l.f(a), l.f(b), 1e-9)
		require.InEpsilon(t, squares(x), l.f(a), 1e-9)
	}
}

func TestARotationKeepsLengthsAndCanBeTakenBack(t *testing.T) {
	rng := generator("test")
	for _, d := range []int{2, 5, 20, 40} {
		m := rotation(rng, d)
		for i := range m {
			for j := range m {
				want := 0.0
				if i == j {
					want = 1
				}
				require.InDelta(t, want, dot(m[i], m[j]), 1e-13)
			}
		}
		x := uniform(rng, d, -1, 1)
		require.InDeltaSlice(t, x, m.transposedTimes(m.times(x)), 1e-13)
		require.InDeltaSlice(t, m.times(x), product(identity(d), repeat(1, d), m).times(x), 1e-13)
	}
}

func TestTheOptimumIsWhereTheFunctionSaysAndElsewhereInOtherInstances(t *testing.T) {
	for f := 1; f <= 24; f++ {
		for _, d := range bbobDimensions() {
			one := bbob(f, d, generator(fmt.Sprint("a", f, d)), nil)
			two := bbob(f, d, generator(fmt.Sprint("b", f, d)), nil)
			require.InDelta(t, 0, one.f(one.opt), 1e-9, "f%d in %d dimensions", f, d)
			for _, x := range one.opt {
				require.LessOrEqual(t, math.Abs(x), 5.0)
			}
			if d >= 10 {
				require.NotEqual(t, one.opt, two.opt, "f%d", f)
			}
			// A step away is worse in all functions: none is flat there.
			step := rotation(rand.New(rand.NewPCG(1, 1)), d)[0]
			for i, x := range one.opt {
				step[i] = x - math.Copysign(step[i], x)
			}
			require.Greater(t, one.f(step), 1e-3, "f%d in %d dimensions", f, d)
		}
	}
}

func TestPlacedOptima(t *testing.T) {
	for _, f := range []int{1, 2, 3, 6, 7, 8, 10, 11, 12, 13, 14, 15, 16, 17, 18, 21, 22, 23} {
		opt := []float64{1, -2, 0.5, 3}
		l := bbob(f, 4, generator("test"), opt)
		require.Equal(t, []float64{1, -2, 0.5, 3}, l.opt, "f%d", f)
		require.InDelta(t, 0, l.f(l.opt), 1e-9, "f%d", f)
	}
}

func TestOscillate(t *testing.T) {
	require.Zero(t, oscillate(0))
	require.Equal(t, 1.0, oscillate(1))
	require.Equal(t, -1.0, oscillate(-1))
	require.InDelta(t, 2.7795556903563563, oscillate(math.E), 1e-12)
	require.InDelta(t, -2.6312683084530915, oscillate(-math.E), 1e-12)
}

func TestSkew(t *testing.T) {
	require.InDeltaSlice(t, []float64{4, -3, 16}, skew([]float64{4, -3, 4}, 0.5), 1e-12)
}

func TestClassicsByHand(t *testing.T) {
	require.InDelta(t, 20.25, ripples([]float64{0.5, 0}), 1e-12)
	require.InDelta(t, 4, valley([]float64{-1, 1}), 1e-12)
	require.InDelta(t, 101, valley([]float64{0, 1}), 1e-12)
	require.InDelta(t, 3.6253849384403627, ackley([]float64{1, 1}), 1e-12)
	require.InDelta(t, 0.7158445541169746, levy([]float64{0, 0}), 1e-12)
	require.InDelta(t, 2+math.Pi*math.Pi/4000, griewank([]float64{math.Pi, 0}), 1e-12)
	require.InDelta(t, 1, cosine([]float64{1, 0}), 1e-12) // 1 + 0.1, less 0.1 of the second direction
	require.InDelta(t, 10, styblinski([]float64{1, 1})+20, 1e-12)
	for _, x := range [][]float64{{-math.Pi, 12.275}, {math.Pi, 2.275}, {3 * math.Pi, 2.475}} {
		require.InDelta(t, 0.397887357729739, branin().f(x), 1e-9)
	}
	require.InDelta(t, 55.602112642270262, branin().f([]float64{0, 0}), 1e-9)
}

func TestTheClassicsHaveTheirPublishedOptima(t *testing.T) {
	want := map[string]float64{
		"classic-branin2": 0.397887, "classic-hartmann3": -3.86278, "classic-hartmann6": -3.32237, "classic-ackley10": 0,
		"classic-levy10": 0, "classic-rosenbrock5": 0, "classic-griewank8": 0, "classic-rastrigin5": 0,
		"classic-styblinski6": -39.16617 * 6, "classic-michalewicz5": -4.687658, "classic-cosine8": -0.8,
		"classic-shekel4": -10.5364, "classic-camel2": -1.0316, "classic-ellipsoid10": 0,
	}
	all := classicProblems()
	require.Len(t, all, len(want))
	for _, p := range all {
		require.InDelta(t, want[p.Name], p.Optimum, 5e-5, p.Name)
	}
}
