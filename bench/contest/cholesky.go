package contest

import (
	"math"
	"slices"
	"time"

	"gonum.org/v1/gonum/mat"
)

// choleskyTime times the factorization of a covariance matrix of n points with gonum: the median of five. The time
// of a suggestion as a multiple of it says more than seconds do, on whatever machine.
func choleskyTime(n int) time.Duration {
	k := mat.NewSymDense(n, nil)
	for i := range n {
		for j := range i + 1 {
			k.SetSym(i, j, math.Exp(-math.Abs(float64(i-j))/10))
		}
	}
	times := make([]time.Duration, 5)
	for i := range times {
		var c mat.Cholesky
		begin := time.Now()
		c.Factorize(k)
		times[i] = time.Since(begin)
	}
	slices.Sort(times)
	return times[len(times)/2]
}
