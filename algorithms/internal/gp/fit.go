package gp

import (
	"context"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/lapack64"

	"github.com/hone-tuner/hone/algorithms/internal/lbfgs"
)

// Prior says what hyperparameters are likely before anything is known.
type Prior struct {
	SquaredLength, Scale, Noise LogNormal
}

// LogNormal is the prior of one hyperparameter, inside its bounds.
type LogNormal struct {
	Median    float64
	Precision float64 // of the logarithm: one over its variance
}

// Bounds of the hyperparameters.
const (
	minSquaredLength, maxSquaredLength = 1e-2, 1e4
	minScale, maxScale                 = 1e-3, 10
	minNoise, maxNoise                 = 1e-8, 1
)

// Fit finds the hyperparameters under which the data are most likely, times the prior. x has a row for
// each reading. Each start gives the squared length that all coordinates begin with.
func Fit(ctx context.Context, x [][]float64, y []float64, categorical []bool, prior Prior, starts []float64, evaluations int) (Hyper, error) {
	l := newLikelihood(x, y, categorical, prior)
	n := len(categorical)
	lo, hi := make([]float64, n+2), make([]float64, n+2)
	for j := range n {
		lo[j], hi[j] = -math.Log(maxSquaredLength), -math.Log(minSquaredLength)
	}
	lo[n], hi[n] = math.Log(minScale), math.Log(maxScale)
	lo[n+1], hi[n+1] = math.Log(minNoise), math.Log(maxNoise)
	best, found := math.Inf(1), []float64(nil)
	for _, length := range starts {
		theta := make([]float64, n+2)
		for j := range n {
			theta[j] = -math.Log(length)
		}
		theta[n], theta[n+1] = math.Log(prior.Scale.Median), math.Log(prior.Noise.Median)
		f := func(theta, gradient []float64) float64 {
			if ctx.Err() != nil {
				return math.Inf(1)
			}
			return l.loss(theta, gradient)
		}
		at, loss := lbfgs.Minimize(lbfgs.Problem{F: f, Lo: lo, Hi: hi, Evaluations: evaluations, Gradient: 1e-3, Decrease: 1e-5}, theta)
		if found == nil || loss < best {
			best, found = loss, at
		}
	}
	return hyper(found), ctx.Err()
}

func hyper(theta []float64) Hyper {
	n := len(theta) - 2
	h := Hyper{Weights: make([]float64, n), Scale: math.Exp(theta[n]), Noise: math.Exp(theta[n+1])}
	for j := range n {
		h.Weights[j] = math.Exp(theta[j])
	}
	return h
}

// likelihood evaluates the loss for one set of data. The parameters are the logarithms of the weights, the
// scale and the noise.
type likelihood struct {
	n, dims int
	y       []float64
	prior   Prior
	apart   []float64 // for each pair i > j, the squared distance in each coordinate
	corr    []float64 // the correlation of each pair, and its slope
	slope   []float64
	k       blas64.Symmetric
	alpha   []float64
}

func newLikelihood(x [][]float64, y []float64, categorical []bool, prior Prior) *likelihood {
	n, dims := len(x), len(categorical)
	pairs := n * (n - 1) / 2
	l := &likelihood{n: n, dims: dims, y: y, prior: prior, apart: make([]float64, 0, pairs*dims),
		corr: make([]float64, pairs), slope: make([]float64, pairs), alpha: make([]float64, n),
		k: blas64.Symmetric{N: n, Stride: n, Data: make([]float64, n*n), Uplo: blas.Lower}}
	for i := range n {
		for j := range i {
			for d, c := range categorical {
				l.apart = append(l.apart, squared(x[i][d], x[j][d], c))
			}
		}
	}
	return l
}

// loss is minus the logarithm of likelihood and prior, with its gradient (Rasmussen and Williams 2006, eqs. 5.8
// and 5.9).
func (l *likelihood) loss(theta, gradient []float64) float64 {
	h := hyper(theta)
	l.build(h)
	chol, ok := lapack64.Potrf(l.k)
	if !ok {
		clear(gradient)
		return math.Inf(1)
	}
	loss := 0.0
	for i := range l.n {
		loss += math.Log(chol.Data[i*chol.Stride+i])
	}
	copy(l.alpha, l.y)
	a := blas64.Vector{N: l.n, Data: l.alpha, Inc: 1}
	blas64.Trsv(blas.NoTrans, chol, a)
	blas64.Trsv(blas.Trans, chol, a)
	for i, y := range l.y {
		loss += 0.5 * y * l.alpha[i]
	}
	inverse, ok := lapack64.Potri(chol)
	if !ok {
		clear(gradient)
		return math.Inf(1)
	}
	l.slopes(h, inverse, gradient)
	return loss + l.penalty(theta, gradient)
}

// build fills in the correlations and the lower half of the covariance.
func (l *likelihood) build(h Hyper) {
	pair := 0
	for i := range l.n {
		row := l.k.Data[i*l.n:]
		for j := range i {
			q := 0.0
			for d, s := range l.apart[pair*l.dims : (pair+1)*l.dims] {
				q += h.Weights[d] * s
			}
			l.corr[pair], l.slope[pair] = matern(q)
			row[j] = h.Scale * l.corr[pair]
			pair++
		}
		row[i] = h.Scale + h.Noise
	}
}

// slopes writes the gradient of minus the log likelihood: half the trace of G times the derivative of the
// covariance, where G is its inverse less ααᵀ.
func (l *likelihood) slopes(h Hyper, inverse blas64.Symmetric, gradient []float64) {
	clear(gradient)
	byWeight := gradient[:l.dims]
	trace, scale := 0.0, 0.0
	pair := 0
	for i := range l.n {
		row := inverse.Data[i*inverse.Stride:]
		for j := range i {
			g := row[j] - l.alpha[i]*l.alpha[j]
			scale += g * l.corr[pair]
			c := g * l.slope[pair]
			for d, s := range l.apart[pair*l.dims : (pair+1)*l.dims] {
				byWeight[d] += c * s
			}
			pair++
		}
		trace += row[i] - l.alpha[i]*l.alpha[i]
	}
	for d := range byWeight {
		byWeight[d] *= h.Scale * h.Weights[d]
	}
	gradient[l.dims] = h.Scale * (scale + 0.5*trace)
	gradient[l.dims+1] = 0.5 * h.Noise * trace
}

// penalty adds the prior.
func (l *likelihood) penalty(theta, gradient []float64) float64 {
	sum := 0.0
	for i, t := range theta {
		prior, median := l.prior.SquaredLength, -math.Log(l.prior.SquaredLength.Median)
		switch i {
		case l.dims:
			prior, median = l.prior.Scale, math.Log(l.prior.Scale.Median)
		case l.dims + 1:
			prior, median = l.prior.Noise, math.Log(l.prior.Noise.Median)
		}
		d := t - median
		sum += 0.5 * prior.Precision * d * d
		gradient[i] += prior.Precision * d
	}
	return sum
}
