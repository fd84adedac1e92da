package gp

import (
	"context"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/diff/fd"
	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"
)

// data are readings of a smooth function of two numbers and a category.
func data(n int, seed uint64) (x [][]float64, y []float64, categorical []bool) {
	rng := rand.New(rand.NewPCG(seed, 1))
	for range n {
		row := []float64{rng.Float64(), rng.Float64(), float64(rng.IntN(3))}
		x = append(x, row)
		y = append(y, 0.3*math.Sin(5*row[0])+0.1*row[2]+0.01*rng.NormFloat64())
	}
	return x, y, []bool{false, false, true}
}

var prior = Prior{SquaredLength: LogNormal{0.5, 0.5}, Scale: LogNormal{0.1, 0.1}, Noise: LogNormal{0.001, 0.1}}

func TestTheGradientOfTheLikelihood(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, y, categorical := data(rapid.IntRange(1, 15).Draw(t, "n"), rapid.Uint64().Draw(t, "seed"))
		l := newLikelihood(x, y, categorical, prior)
		theta := rapid.SliceOfN(rapid.Float64Range(-2, 2), 5, 5).Draw(t, "theta")
		theta[4] -= 4
		got, scratch := make([]float64, 5), make([]float64, 5)
		l.loss(theta, got)
		want := fd.Gradient(nil, func(theta []float64) float64 { return l.loss(theta, scratch) }, theta, &fd.Settings{Formula: fd.Central})
		for i := range got {
			require.InDelta(t, want[i], got[i], 1e-4*(1+math.Abs(want[i])), "derivative %d", i)
		}
	})
}

func TestPredictionsAreThoseOfTheTextbook(t *testing.T) {
	x, y, categorical := data(12, 3)
	h := Hyper{Weights: []float64{3, 0.5, 2}, Scale: 0.7, Noise: 0.01}
	p := New(h, categorical, x, 0)
	p.SetValues(y)
	at := []float64{0.4, 0.6, 1}
	k, v := mat.NewSymDense(12, nil), mat.NewVecDense(12, nil)
	for i := range x {
		for j := range x {
			k.SetSym(i, j, h.Scale*p.correlation(x[i], x[j]))
		}
		k.SetSym(i, i, h.Scale+h.Noise)
		v.SetVec(i, h.Scale*p.correlation(x[i], at))
	}
	var solved mat.VecDense
	require.NoError(t, solved.SolveVec(k, v))
	mean, variance := p.Predict(at, nil, nil)
	require.InDelta(t, mat.Dot(&solved, mat.NewVecDense(12, y)), mean, 1e-9)
	require.InDelta(t, h.Scale-mat.Dot(&solved, v), variance, 1e-9)
	means, variances := p.PredictAll([][]float64{at, x[3], at})
	require.InDelta(t, mean, means[2], 1e-12)
	require.InDelta(t, variance, variances[2], 1e-12)
	atRow, _ := p.Predict(x[3], nil, nil)
	require.InDelta(t, atRow, p.Fitted(3, y[3]), 1e-9)
}

func TestTheGradientsOfPredictions(t *testing.T) {
	x, y, categorical := data(20, 5)
	p := New(Hyper{Weights: []float64{3, 0.5, 2}, Scale: 0.7, Noise: 0.01}, categorical, x, 0)
	p.SetValues(y)
	rapid.Check(t, func(t *rapid.T) {
		at := []float64{rapid.Float64Range(0, 1).Draw(t, "a"), rapid.Float64Range(0, 1).Draw(t, "b"), 1}
		gm, gv := make([]float64, 3), make([]float64, 3)
		p.Predict(at, gm, gv)
		for _, c := range []struct {
			got  []float64
			mean bool
		}{{gm, true}, {gv, false}} {
			want := fd.Gradient(nil, func(at []float64) float64 {
				m, v := p.Predict(at, nil, nil)
				if c.mean {
					return m
				}
				return v
			}, at, &fd.Settings{Formula: fd.Central})
			require.InDeltaSlice(t, want[:2], c.got[:2], 1e-5)
			require.Zero(t, c.got[2])
		}
	})
}

// Rows that come later change nothing but what they tell: the same to the last bit, however they came.
func TestExtendingIsExact(t *testing.T) {
	x, y, categorical := data(30, 9)
	h := Hyper{Weights: []float64{3, 0.5, 2}, Scale: 0.7, Noise: 0.01}
	all := New(h, categorical, x[:10], 30)
	for _, row := range x[10:] {
		all.Append(row)
	}
	all.SetValues(y)
	steps := New(h, categorical, x[:10], 0)
	for i, row := range x[10:] {
		steps.Append(row)
		if i%7 == 0 {
			steps.SetValues(y[:steps.Len()])
			steps.Append([]float64{0.5, 0.5, 0})
			steps.Predict(x[0], nil, nil)
			steps.Truncate(steps.Len() - 1)
		}
	}
	steps.SetValues(y)
	at := []float64{0.2, 0.9, 2}
	m1, v1 := all.Predict(at, nil, nil)
	m2, v2 := steps.Predict(at, nil, nil)
	require.Equal(t, []float64{m1, v1}, []float64{m2, v2})
	whole := New(h, categorical, x, 0)
	whole.SetValues(y)
	m3, v3 := whole.Predict(at, nil, nil)
	require.InDelta(t, m1, m3, 1e-9)
	require.InDelta(t, v1, v3, 1e-9)
}

func TestAnExpectedReadingMovesNoExpectation(t *testing.T) {
	x, y, categorical := data(15, 2)
	p := New(Hyper{Weights: []float64{3, 0.5, 2}, Scale: 0.7, Noise: 0.01}, categorical, x, 0)
	p.SetValues(y)
	at, near := []float64{0.2, 0.9, 2}, []float64{0.25, 0.9, 2}
	m1, v1 := p.Predict(near, nil, nil)
	p.Append(at)
	m2, v2 := p.Predict(near, nil, nil)
	require.InDelta(t, m1, m2, 1e-12)
	require.Less(t, v2, v1)
}

func TestDuplicatesDoNoHarm(t *testing.T) {
	x := [][]float64{{0.5}, {0.5}, {0.5}, {0.1}}
	p := New(Hyper{Weights: []float64{1}, Scale: 1, Noise: 1e-18}, []bool{false}, x, 0)
	p.Append([]float64{0.5})
	p.SetValues([]float64{1, 1, 1, 0, 1})
	m, v := p.Predict([]float64{0.5}, nil, nil)
	require.InDelta(t, 1, m, 1e-3)
	require.InDelta(t, 0, v, 1e-6)
}

func TestFittingFindsWhatMatters(t *testing.T) {
	x, y, categorical := data(60, 4)
	h, err := Fit(context.Background(), x, y, categorical, prior, []float64{1, 0.1}, 100)
	require.NoError(t, err)
	require.Greater(t, h.Weights[0], 10*h.Weights[1], "the second number has no influence")
	require.Less(t, h.Noise, 0.001)
	again, err := Fit(context.Background(), x, y, categorical, prior, []float64{1, 0.1}, 100)
	require.NoError(t, err)
	require.Equal(t, h, again)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err = Fit(ctx, x, y, categorical, prior, []float64{1}, 100)
	require.ErrorIs(t, err, context.Canceled)
}

// exactLogEI integrates with 200 digits: h(u) = ∫ φ over the tail, by the continued fraction of Mills' ratio.
func exactLogEI(u float64) float64 {
	const precision = 400
	a := new(big.Float).SetPrec(precision).SetFloat64(-u)
	f := new(big.Float).SetPrec(precision).Set(a)
	for k := 4000; k >= 1; k-- {
		f.Quo(new(big.Float).SetPrec(precision).SetInt64(int64(k)), f)
		f.Add(f, a)
	}
	// R = 1/f, and 1 - a·R = (f - a)/f.
	rest := new(big.Float).SetPrec(precision).Sub(f, a)
	rest.Quo(rest, f)
	r, _ := rest.Float64()
	return -u*u/2 - logRootTwoPi + math.Log(r)
}

func TestLogEIIsExactFarOut(t *testing.T) {
	for _, u := range []float64{-1.0001, -2, -5, -10, -20, -24.999, -25.001, -30, -100, -1e4, -1e8} {
		got, _, _ := LogEI(u, 1, 0)
		require.InEpsilon(t, exactLogEI(u), got, 1e-9, "u = %g", u)
	}
	got, _, _ := LogEI(0, 2, 0)
	require.InDelta(t, math.Log(2)-logRootTwoPi, got, 1e-12)
	large, _, _ := LogEI(1e6, 1, 0)
	require.InDelta(t, math.Log(1e6), large, 1e-9)
}

func TestTheGradientOfLogEI(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		mean := rapid.Float64Range(-50, 5).Draw(t, "mean")
		sigma := rapid.Float64Range(0.5, 3).Draw(t, "sigma")
		_, byMean, bySigma := LogEI(mean, sigma, 0)
		want := fd.Gradient(nil, func(z []float64) float64 { v, _, _ := LogEI(z[0], z[1], 0); return v }, []float64{mean, sigma}, &fd.Settings{Formula: fd.Central})
		require.InDelta(t, want[0], byMean, 1e-4*(1+math.Abs(want[0])))
		require.InDelta(t, want[1], bySigma, 1e-4*(1+math.Abs(want[1])))
	})
}
