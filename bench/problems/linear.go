package problems

import (
	"math"
	"math/rand/v2"
)

// matrix is a square matrix by rows.
type matrix [][]float64

// rotation draws an orthogonal matrix: the Q of the QR decomposition of a matrix of normal numbers, by
// Gram-Schmidt, which is done twice because once leaves errors that grow with the dimension.
func rotation(rng *rand.Rand, n int) matrix {
	m := make(matrix, n)
	for i := range m {
		m[i] = make([]float64, n)
		for j := range m[i] {
			m[i][j] = rng.NormFloat64()
		}
		for range 2 {
			for k := range i {
				along := dot(m[i], m[k])
				for j := range m[i] {
					m[i][j] -= along * m[k][j]
				}
			}
			length := math.Sqrt(dot(m[i], m[i]))
			for j := range m[i] {
				m[i][j] /= length
			}
		}
	}
	return m
}

func dot(a, b []float64) float64 {
	s := 0.0
	for i, x := range a {
		s += x * b[i]
	}
	return s
}

// times maps a vector.
func (m matrix) times(v []float64) []float64 {
	out := make([]float64, len(m))
	for i, row := range m {
		out[i] = dot(row, v)
	}
	return out
}

// transposedTimes maps a vector by the transposed matrix, which takes a rotation back.
func (m matrix) transposedTimes(v []float64) []float64 {
	out := make([]float64, len(m))
	for i, row := range m {
		for j, x := range row {
			out[j] += x * v[i]
		}
	}
	return out
}

// product is a·diag(scale)·b.
func product(a matrix, scale []float64, b matrix) matrix {
	out := make(matrix, len(a))
	for i := range a {
		out[i] = make([]float64, len(a))
		for k, s := range scale {
			for j, x := range b[k] {
				out[i][j] += a[i][k] * s * x
			}
		}
	}
	return out
}

// ramp is base to the power of exponents that grow evenly from 0 to top.
func ramp(base, top float64, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = math.Pow(base, top*fraction(i, n))
	}
	return out
}

// fraction is how far along i is among n: from 0 to 1.
func fraction(i, n int) float64 { return float64(i) / float64(n-1) }
