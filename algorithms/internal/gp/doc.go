// Package gp is Gaussian process regression. The kernel is the sum of a Matérn-5/2 over all coordinates, with a
// length scale for each (equality for categories), and of one for each single coordinate. Hyperparameters
// are found by maximum a posteriori (Fit); predictions are extended by a row at a time (Posterior).
//
// Sums run in a fixed order: the same numbers in give the same numbers out, to the last bit. A posterior
// that was extended row by row equals one that was extended by the same rows in another call.
//
// It imports gonum and algorithms/internal/lbfgs.
package gp
