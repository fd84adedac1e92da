package cmaes

import (
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// leastVariance bounds the eigenvalues of the covariance matrix from below.
const leastVariance = 1e-30

// distribution is where the members of a generation are drawn from: mean + sigma · scale ∘ N(0, C) in the unit
// cube, and for each category the chances of its values.
type distribution struct {
	mean  []float64
	sigma float64
	scale []float64 // the diagonal matrix A of the margin; 1 for continuous axes
	basis *basis
	odds  [][]float64 // by category and value
}

// basis is the eigendecomposition of the covariance matrix. It is never changed once it is made.
type basis struct {
	n       int
	vectors []float64 // column k, at [i*n+k], belongs to lengths[k]
	lengths []float64 // square roots of the eigenvalues, ascending
}

// newBasis decomposes a symmetric matrix.
func newBasis(c *mat.SymDense) *basis {
	n := c.SymmetricDim()
	b := &basis{n: n, lengths: make([]float64, n), vectors: make([]float64, n*n)}
	var eigen mat.EigenSym
	if !eigen.Factorize(c, true) {
		return nil
	}
	eigen.Values(b.lengths)
	for i, v := range b.lengths {
		b.lengths[i] = math.Sqrt(math.Max(v, leastVariance))
	}
	eigen.VectorsTo(mat.NewDense(n, n, b.vectors))
	return b
}

// step turns a standard normal vector into one with the covariances of the basis.
func (b *basis) step(z, y []float64) {
	for k, d := range b.lengths {
		z[k] *= d
	}
	for i := range y {
		y[i] = floats.Dot(b.vectors[i*b.n:(i+1)*b.n], z)
	}
}

// whiten turns y into C^(-1/2) y.
func (b *basis) whiten(y []float64) []float64 {
	t := make([]float64, b.n)
	for i, v := range y {
		floats.AddScaled(t, v, b.vectors[i*b.n:(i+1)*b.n])
	}
	floats.Div(t, b.lengths)
	out := make([]float64, b.n)
	for i := range out {
		out[i] = floats.Dot(b.vectors[i*b.n:(i+1)*b.n], t)
	}
	return out
}

// condition is the ratio of the largest to the least eigenvalue.
func (b *basis) condition() float64 {
	if b.n == 0 {
		return 1
	}
	r := b.lengths[b.n-1] / b.lengths[0]
	return r * r
}
