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

var kinds = []Kind{Number, Number, Optional, Category}

// data are readings of a smooth function of a number and a category; another number has no influence, and
// one that has some is there only sometimes.
func data(n int, seed uint64) Data {
	rng := rand.New(rand.NewPCG(seed, 1))
	d := Data{Kinds: kinds}
	for range n {
		row := []float64{rng.Float64(), rng.Float64(), math.NaN(), float64(rng.IntN(3))}
		y := 0.3*math.Sin(5*row[0]) + 0.1*row[3] + 0.01*rng.NormFloat64()
		if rng.IntN(2) == 0 {
			row[2] = rng.Float64()
			y += 0.2 * row[2]
		}
		d.X, d.Y = append(d.X, row), append(d.Y, y)
	}
	return d
}

var hyperparameters = Hyper{Joint: []float64{3, 0.5, 1, 2}, Scale: 0.7, Single: []float64{5, 0.2, 2, 4}, Sum: 0.4, Noise: 0.01}

var prior = Prior{Joint: LogNormal{0.5, 0.5}, Scale: LogNormal{0.1, 0.1}, Single: LogNormal{0.3, 0.5}, Sum: LogNormal{0.2, 0.1}, Noise: LogNormal{0.001, 0.1}, Categories: 2}

func TestTheGradientOfTheLikelihood(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := newLikelihood(data(rapid.IntRange(1, 15).Draw(t, "n"), rapid.Uint64().Draw(t, "seed")), prior)
		theta := rapid.SliceOfN(rapid.Float64Range(-2, 2), 11, 11).Draw(t, "theta")
		theta[10] -= 4
		got, scratch := make([]float64, 11), make([]float64, 11)
		l.loss(theta, got)
		want := fd.Gradient(nil, func(theta []float64) float64 { return l.loss(theta, scratch) }, theta, &fd.Settings{Formula: fd.Central})
		for i := range got {
			require.InDelta(t, want[i], got[i], 1e-4*(1+math.Abs(want[i])), "derivative %d", i)
		}
	})
}

// slowly is the covariance as the formulas have it.
func slowly(h Hyper, a, b []float64) float64 {
	q, sum := 0.0, 0.0
	for d, kind := range kinds {
		delta := apart(a[d], b[d], kind)
		q += h.Joint[d] * delta * delta
		sum += textbook(h.Single[d]*delta*delta) / float64(len(kinds))
	}
	return h.Scale*textbook(q) + h.Sum*sum
}

// textbook is the Matérn-5/2 correlation at a squared distance.
func textbook(q float64) float64 {
	r := math.Sqrt(5 * q)
	return (1 + r + 5.0/3*q) * math.Exp(-r)
}

func TestTheCorrelationIsExactAndItsSlopeToo(t *testing.T) {
	d := newDecay()
	rapid.Check(t, func(t *rapid.T) {
		q := rapid.OneOf(rapid.Float64Range(0, 2), rapid.Float64Range(0, 1000)).Draw(t, "q")
		m, slope := d.matern(q)
		require.InDelta(t, textbook(q), m, 1e-11)
		require.InDelta(t, (textbook(q+1e-6)-textbook(q))/1e-6, slope, 1e-4)
	})
	m, slope := d.matern(1e9)
	require.Equal(t, []float64{0, 0}, []float64{m, math.Abs(slope)})
}

func TestPredictionsAreThoseOfTheTextbook(t *testing.T) {
	d := data(12, 3)
	x, y := d.X, d.Y
	h := hyperparameters
	p := New(h, kinds, x, 0)
	p.SetValues(y)
	at := []float64{0.4, 0.6, 0.1, 1}
	k, v := mat.NewSymDense(12, nil), mat.NewVecDense(12, nil)
	for i := range x {
		for j := range x {
			k.SetSym(i, j, slowly(h, x[i], x[j]))
		}
		k.SetSym(i, i, h.Scale+h.Sum+h.Noise)
		v.SetVec(i, slowly(h, x[i], at))
	}
	var solved mat.VecDense
	require.NoError(t, solved.SolveVec(k, v))
	mean, variance := p.Predict(at, nil, nil)
	require.InDelta(t, mat.Dot(&solved, mat.NewVecDense(12, y)), mean, 1e-9)
	require.InDelta(t, h.Scale+h.Sum-mat.Dot(&solved, v), variance, 1e-9)
	twice := make([]float64, 12)
	for i, c := range p.Coefficients() {
		twice[i] = 2 * c
	}
	p.PredictAll([][]float64{x[3], at, x[3], x[4], at}, [][]float64{p.Coefficients(), twice}, func(i int, means []float64, v float64) {
		if i == 1 || i == 4 {
			require.InDeltaSlice(t, []float64{mean, 2 * mean, variance}, []float64{means[0], means[1], v}, 1e-12)
		}
	})
	atRow, _ := p.Predict(x[3], nil, nil)
	require.InDelta(t, atRow, p.Fitted(3, y[3]), 1e-9)
}

func TestTheGradientsOfPredictions(t *testing.T) {
	d := data(20, 5)
	x, y := d.X, d.Y
	p := New(hyperparameters, kinds, x, 0)
	p.SetValues(y)
	rapid.Check(t, func(t *rapid.T) {
		at := []float64{rapid.Float64Range(0, 1).Draw(t, "a"), rapid.Float64Range(0, 1).Draw(t, "b"), rapid.Float64Range(0, 1).Draw(t, "c"), 1}
		gm, gv := make([]float64, 4), make([]float64, 4)
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
			require.InDeltaSlice(t, want[:3], c.got[:3], 1e-5)
			require.Zero(t, c.got[3])
		}
	})
}

// Rows that come later change nothing but what they tell: the same to the last bit, however they came.
func TestExtendingIsExact(t *testing.T) {
	d := data(30, 9)
	x, y := d.X, d.Y
	h := hyperparameters
	all := New(h, kinds, x[:10], 30)
	for _, row := range x[10:] {
		all.Append(row)
	}
	all.SetValues(y)
	steps := New(h, kinds, x[:10], 0)
	for i, row := range x[10:] {
		steps.Append(row)
		if i%7 == 0 {
			steps.SetValues(y[:steps.Len()])
			steps.Append([]float64{0.5, 0.5, math.NaN(), 0})
			steps.Predict(x[0], nil, nil)
			steps.Truncate(steps.Len() - 1)
		}
	}
	steps.SetValues(y)
	at := []float64{0.2, 0.9, 0.3, 2}
	m1, v1 := all.Predict(at, nil, nil)
	m2, v2 := steps.Predict(at, nil, nil)
	require.Equal(t, []float64{m1, v1}, []float64{m2, v2})
	whole := New(h, kinds, x, 0)
	whole.SetValues(y)
	m3, v3 := whole.Predict(at, nil, nil)
	require.InDelta(t, m1, m3, 1e-9)
	require.InDelta(t, v1, v3, 1e-9)
}

func TestAnExpectedReadingMovesNoExpectation(t *testing.T) {
	d := data(15, 2)
	x, y := d.X, d.Y
	p := New(hyperparameters, kinds, x, 0)
	p.SetValues(y)
	at, near := []float64{0.2, 0.9, 0.3, 2}, []float64{0.25, 0.9, 0.3, 2}
	m1, v1 := p.Predict(near, nil, nil)
	p.Append(at)
	m2, v2 := p.Predict(near, nil, nil)
	require.InDelta(t, m1, m2, 1e-12)
	require.Less(t, v2, v1)
}

// What is imagined at rows without values is as if it had been read there.
func TestImaginedReadingsAreConsistent(t *testing.T) {
	d := data(15, 6)
	p := New(hyperparameters, kinds, d.X, 0)
	coefficients, fitted := p.Imagine(d.Y[:12], []float64{0, 0.7, -1.2})
	require.Len(t, fitted, 3)
	y := append([]float64(nil), d.Y[:12]...)
	for i, f := range fitted {
		y = append(y, f+hyperparameters.Noise*coefficients[12+i])
	}
	p.SetValues(y)
	require.InDeltaSlice(t, p.Coefficients(), coefficients, 1e-8)
	// The deviate 0 is what is expected.
	q := New(hyperparameters, kinds, d.X[:12], 0)
	q.SetValues(d.Y[:12])
	mean, _ := q.Predict(d.X[12], nil, nil)
	require.InDelta(t, mean, y[12], 1e-9)
}

func TestDuplicatesDoNoHarm(t *testing.T) {
	x := [][]float64{{0.5}, {0.5}, {0.5}, {0.1}}
	p := New(Hyper{Joint: []float64{1}, Scale: 1, Single: []float64{1}, Sum: 1e-9, Noise: 1e-18}, []Kind{Number}, x, 0)
	p.Append([]float64{0.5})
	p.SetValues([]float64{1, 1, 1, 0, 1})
	m, v := p.Predict([]float64{0.5}, nil, nil)
	require.InDelta(t, 1, m, 1e-3)
	require.InDelta(t, 0, v, 1e-6)
}

func TestFittingFindsWhatMatters(t *testing.T) {
	d := data(80, 4)
	start := prior.Median(kinds)
	h, likely, err := Fit(context.Background(), d, prior, start, 100)
	require.NoError(t, err)
	require.Greater(t, h.Single[0], 10*h.Single[1], "the second number has no influence")
	require.Less(t, h.Noise, 0.001)
	again, _, err := Fit(context.Background(), d, prior, start, 100)
	require.NoError(t, err)
	require.Equal(t, h, again)
	_, unlikely, err := Fit(context.Background(), d, prior, start, 3)
	require.NoError(t, err)
	require.Greater(t, likely, unlikely)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, _, err = Fit(ctx, d, prior, start, 100)
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

func TestTheLogarithmOfTheNormalDistribution(t *testing.T) {
	for _, u := range []float64{-40, -24.99, -10, -3, -1.001, -0.999, 0, 2, 9} {
		value, slope := LogCDF(u)
		if u > -20 {
			require.InDelta(t, math.Log(0.5*math.Erfc(-u/math.Sqrt2)), value, 1e-9)
		}
		below, _ := LogCDF(u - 1e-5)
		above, _ := LogCDF(u + 1e-5)
		require.InDelta(t, (above-below)/2e-5, slope, 1e-4*(1+math.Abs(slope)))
	}
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
