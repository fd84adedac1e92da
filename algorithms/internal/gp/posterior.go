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
	*kernel
	rows    []point
	inverse []float64 // of the covariance's lower Cholesky factor: itself a lower triangle, by rows, stride apart
	stride  int
	alpha   []float64 // covariance⁻¹ · y
	at      point     // room for one prediction
	k, v, w []float64
	joint   []float64
	single  []float64
	lanes   []float64
}

// New makes the posterior of some rows, with room for more.
func New(h Hyper, kinds []Kind, x [][]float64, room int) *Posterior {
	p := &Posterior{kernel: newKernel(h, kinds), stride: len(x) + room}
	p.inverse = make([]float64, p.stride*p.stride)
	n := len(x)
	p.rows = make([]point, n, p.stride)
	for i := range x {
		p.rows[i] = p.lift(x[i], point{})
	}
	fill := func(jitter float64) {
		for i := range n {
			for j := range i {
				p.inverse[i*p.stride+j] = p.covariance(p.rows[i], p.rows[j])
			}
			p.inverse[i*p.stride+i] = p.variance() + h.Noise + jitter
		}
	}
	fill(0)
	for jitter := 1e-8 * h.variance(); n > 0; jitter *= 10 {
		factor, ok := lapack64.Potrf(blas64.Symmetric{N: n, Stride: p.stride, Data: p.inverse, Uplo: blas.Lower})
		if ok && lapack64.Trtri(factor) {
			break
		}
		fill(jitter)
	}
	return p
}

// Len counts the rows.
func (p *Posterior) Len() int { return len(p.rows) }

// Row returns the i-th row. It must not be changed.
func (p *Posterior) Row(i int) []float64 { return p.rows[i].x }

// Append adds a row. What was read there is told by SetValues, or stays what was expected: then the
// expectations remain as they are, and only the uncertainty shrinks.
func (p *Posterior) Append(x []float64) {
	n := len(p.rows)
	if n == p.stride {
		p.grow()
	}
	added := p.lift(x, point{})
	p.k, p.v = resize(p.k, n), resize(p.v, n)
	for i, r := range p.rows {
		p.k[i] = p.covariance(added, r)
	}
	p.times(p.k, p.v)
	rest := p.variance() + p.Noise
	for _, v := range p.v {
		rest -= v * v
	}
	diagonal := 1 / math.Sqrt(math.Max(rest, 1e-10*p.variance()))
	row := p.inverse[n*p.stride : n*p.stride+n+1]
	p.timesBack(p.v, row[:n])
	for i := range row[:n] {
		row[i] *= -diagonal
	}
	row[n] = diagonal
	p.rows = append(p.rows, added)
	p.alpha = append(p.alpha, 0)
}

func (p *Posterior) grow() {
	n, stride := len(p.rows), 2*p.stride+8
	inverse := make([]float64, stride*stride)
	for i := range n {
		copy(inverse[i*stride:], p.inverse[i*p.stride:i*p.stride+n])
	}
	p.inverse, p.stride = inverse, stride
}

// Truncate drops all rows but the first n. The values must be set again, unless the dropped rows had none.
func (p *Posterior) Truncate(n int) {
	p.rows = p.rows[:n]
	p.alpha = p.alpha[:min(n, len(p.alpha))]
}

// times computes out = L⁻¹·b.
func (p *Posterior) times(b, out []float64) {
	for i := range out {
		row := p.inverse[i*p.stride : i*p.stride+i+1]
		out[i] = dot(row, b[:len(row)])
	}
}

// timesBack computes out = L⁻ᵀ·b.
func (p *Posterior) timesBack(b, out []float64) {
	clear(out)
	i := 0
	for ; i+1 < len(b); i += 2 { // two rows in one go
		one, two := p.inverse[i*p.stride:i*p.stride+i+1], p.inverse[(i+1)*p.stride:(i+1)*p.stride+i+2]
		f, g := b[i], b[i+1]
		to, two2 := out[:len(one)], two[:len(one)]
		for j, v := range one {
			to[j] += f*v + g*two2[j]
		}
		out[i+1] += g * two[i+1]
	}
	if i < len(b) {
		for j, v := range p.inverse[i*p.stride : i*p.stride+i+1] {
			out[j] += b[i] * v
		}
	}
}

func dot(a, b []float64) float64 {
	b = b[:len(a)]
	var s0, s1, s2, s3 float64
	i := 0
	for ; i+3 < len(a); i += 4 {
		s0 += a[i] * b[i]
		s1 += a[i+1] * b[i+1]
		s2 += a[i+2] * b[i+2]
		s3 += a[i+3] * b[i+3]
	}
	for ; i < len(a); i++ {
		s0 += a[i] * b[i]
	}
	return (s0 + s1) + (s2 + s3)
}

// SetValues tells what was read at all rows.
func (p *Posterior) SetValues(y []float64) {
	p.v, p.alpha = resize(p.v, len(y)), resize(p.alpha, len(y))
	p.times(y, p.v)
	p.timesBack(p.v, p.alpha)
}

// Fitted returns the mean of the function at row i, given that y was read there.
func (p *Posterior) Fitted(i int, y float64) float64 { return y - p.Noise*p.alpha[i] }

// Distance is the squared distance of the joint part.
func (p *Posterior) Distance(a, b []float64) float64 {
	sum := 0.0
	for d, w := range p.Joint {
		delta := apart(a[d], b[d], p.kinds[d])
		sum += w * delta * delta
	}
	return sum
}

// Coefficients are what Mean takes for the values that were set.
func (p *Posterior) Coefficients() []float64 { return p.alpha }

// Imagine returns the coefficients under the values that were set for the first len(y) rows, and such values
// at the others as the normal deviates z say, and what the function is expected to be at those.
func (p *Posterior) Imagine(y, z []float64) (coefficients, fitted []float64) {
	n, known := len(p.rows), len(y)
	white := make([]float64, n)
	p.times(y, white[:known])
	copy(white[known:], z)
	coefficients = make([]float64, n)
	p.timesBack(white, coefficients)
	values := make([]float64, n)
	copy(values, y)
	for i := known; i < n; i++ {
		row := p.inverse[i*p.stride : i*p.stride+i+1]
		values[i] = (white[i] - dot(row[:i], values[:i])) / row[i]
		fitted = append(fitted, values[i]-p.Noise*coefficients[i])
	}
	return coefficients, fitted
}
