package gp

import "math"

// Hyper are the hyperparameters of the process.
type Hyper struct {
	// Weights are the inverse squared length scales, one for each coordinate.
	Weights []float64
	// Scale is the variance of the function, Noise that of a reading.
	Scale, Noise float64
}

// matern is the Matérn-5/2 correlation at a squared weighted distance q, and its derivative by q
// (Rasmussen and Williams 2006, eq. 4.17, with r = √q).
func matern(q float64) (m, slope float64) {
	r := math.Sqrt(5 * q)
	e := math.Exp(-r)
	return (1 + r + 5.0/3*q) * e, -5.0 / 6 * (1 + r) * e
}

// squared is the squared distance of two values of one coordinate: of categories, 1 when they differ.
func squared(a, b float64, categorical bool) float64 {
	if categorical {
		if a == b {
			return 0
		}
		return 1
	}
	return (a - b) * (a - b)
}
