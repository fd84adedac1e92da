package gp

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/lapack64"
)

// Posterior predicts from readings. It is made for some rows, extended by further ones, and cut back. One
// goroutine at a time may use it.
type Posterior struct {
	hyper       Hyper
	categorical []bool
	x           [][]float64
	chol        []float64 // lower triangle by rows, stride apart
	stride      int
	alpha       []float64 // covariance⁻¹ · y
	k, v        []float64 // room for one prediction
	slope       []float64
}

// New makes the posterior of some rows, with room for more.
func New(h Hyper, categorical []bool, x [][]float64, room int) *Posterior {
	p := &Posterior{hyper: h, categorical: categorical, stride: len(x) + room}
	p.chol = make([]float64, p.stride*p.stride)
	n := len(x)
	p.x = append(make([][]float64, 0, p.stride), x...)
	fill := func(jitter float64) {
		for i := range n {
			for j := range i {
				p.chol[i*p.stride+j] = h.Scale * p.correlation(x[i], x[j])
			}
			p.chol[i*p.stride+i] = h.Scale + h.Noise + jitter
		}
	}
	fill(0)
	for jitter := 1e-8 * h.Scale; n > 0; jitter *= 10 {
		if _, ok := lapack64.Potrf(blas64.Symmetric{N: n, Stride: p.stride, Data: p.chol, Uplo: blas.Lower}); ok {
			break
		}
		fill(jitter)
	}
	return p
}

// Len counts the rows.
func (p *Posterior) Len() int { return len(p.x) }

// Hyper returns the hyperparameters.
func (p *Posterior) Hyper() Hyper { return p.hyper }

// Row returns the i-th row. It must not be changed.
func (p *Posterior) Row(i int) []float64 { return p.x[i] }

func (p *Posterior) correlation(a, b []float64) float64 {
	m, _ := matern(p.distance(a, b))
	return m
}

func (p *Posterior) distance(a, b []float64) float64 {
	q := 0.0
	for d, w := range p.hyper.Weights {
		q += w * squared(a[d], b[d], p.categorical[d])
	}
	return q
}

// Append adds a row. What was read there is told by SetValues, or stays what was expected: then the
// expectations remain as they are, and only the uncertainty shrinks.
func (p *Posterior) Append(x []float64) {
	n := len(p.x)
	if n == p.stride {
		p.grow()
	}
	row := p.chol[n*p.stride : n*p.stride+n+1]
	for i, r := range p.x {
		row[i] = p.hyper.Scale * p.correlation(r, x)
	}
	p.solve(row[:n])
	rest := p.hyper.Scale + p.hyper.Noise
	for _, v := range row[:n] {
		rest -= v * v
	}
	row[n] = math.Sqrt(math.Max(rest, 1e-10*p.hyper.Scale))
	p.x = append(p.x, x)
	p.alpha = append(p.alpha, 0)
}

func (p *Posterior) grow() {
	n, stride := len(p.x), 2*p.stride+8
	chol := make([]float64, stride*stride)
	for i := range n {
		copy(chol[i*stride:], p.chol[i*p.stride:i*p.stride+n])
	}
	p.chol, p.stride = chol, stride
}

// Truncate drops all rows but the first n. The values must be set again, unless the dropped rows had none.
func (p *Posterior) Truncate(n int) {
	p.x = p.x[:n]
	p.alpha = p.alpha[:min(n, len(p.alpha))]
}

// triangle is the factor of the first n rows.
func (p *Posterior) triangle(n int) blas64.Triangular {
	return blas64.Triangular{N: n, Stride: p.stride, Data: p.chol, Uplo: blas.Lower, Diag: blas.NonUnit}
}

// solve turns b into L⁻¹·b, for the first len(b) rows.
func (p *Posterior) solve(b []float64) {
	if len(b) > 0 {
		blas64.Trsv(blas.NoTrans, p.triangle(len(b)), blas64.Vector{N: len(b), Data: b, Inc: 1})
	}
}

// solveBack turns b into L⁻ᵀ·b.
func (p *Posterior) solveBack(b []float64) {
	if len(b) > 0 {
		blas64.Trsv(blas.Trans, p.triangle(len(b)), blas64.Vector{N: len(b), Data: b, Inc: 1})
	}
}

// SetValues tells what was read at all rows.
func (p *Posterior) SetValues(y []float64) {
	p.alpha = append(p.alpha[:0], y...)
	p.solve(p.alpha)
	p.solveBack(p.alpha)
}

// Fitted returns the mean of the function at row i, given that y was read there.
func (p *Posterior) Fitted(i int, y float64) float64 { return y - p.hyper.Noise*p.alpha[i] }

// Predict returns the mean and the variance of the function at x. Into the gradients, unless they are nil,
// it writes their derivatives; those by categories are 0.
func (p *Posterior) Predict(x, gradMean, gradVariance []float64) (mean, variance float64) {
	n := len(p.x)
	p.k, p.v, p.slope = resize(p.k, n), resize(p.v, n), resize(p.slope, n)
	for i, r := range p.x {
		m, s := matern(p.distance(r, x))
		p.k[i], p.slope[i] = p.hyper.Scale*m, p.hyper.Scale*s
		mean += p.k[i] * p.alpha[i]
	}
	copy(p.v, p.k)
	p.solve(p.v)
	variance = p.hyper.Scale
	for _, v := range p.v {
		variance -= v * v
	}
	if gradMean != nil {
		p.solveBack(p.v)
		p.gradients(x, gradMean, gradVariance)
	}
	return mean, math.Max(variance, 1e-12*p.hyper.Scale)
}

// gradients sums up the derivatives; v is covariance⁻¹·k.
func (p *Posterior) gradients(x, gradMean, gradVariance []float64) {
	clear(gradMean)
	clear(gradVariance)
	for i, r := range p.x {
		a, b := p.slope[i]*p.alpha[i], p.slope[i]*p.v[i]
		for d := range x {
			if !p.categorical[d] {
				delta := x[d] - r[d]
				gradMean[d] += a * delta
				gradVariance[d] += b * delta
			}
		}
	}
	for d, w := range p.hyper.Weights {
		gradMean[d] *= 2 * w
		gradVariance[d] *= -4 * w
	}
}

// block is how many points are predicted at once.
const block = 32

// PredictAll returns the means and variances at many points.
func (p *Posterior) PredictAll(xs [][]float64) (means, variances []float64) {
	means, variances = make([]float64, len(xs)), make([]float64, len(xs))
	n := len(p.x)
	v := blas64.General{Rows: n, Cols: block, Stride: block, Data: make([]float64, n*block)}
	for from := 0; from < len(xs); from += block {
		part := xs[from:min(from+block, len(xs))]
		for i, r := range p.x {
			row := v.Data[i*block : (i+1)*block]
			for c, x := range part {
				row[c] = p.hyper.Scale * p.correlation(r, x)
				means[from+c] += row[c] * p.alpha[i]
			}
		}
		if n > 0 {
			blas64.Trsm(blas.Left, blas.NoTrans, 1, p.triangle(n), v)
		}
		for c := range part {
			rest := p.hyper.Scale
			for i := range n {
				rest -= v.Data[i*block+c] * v.Data[i*block+c]
			}
			variances[from+c] = math.Max(rest, 1e-12*p.hyper.Scale)
		}
	}
	return means, variances
}

func resize(s []float64, n int) []float64 {
	if cap(s) < n {
		return make([]float64, n, 2*n)
	}
	return s[:n]
}
