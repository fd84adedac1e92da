// Package gp is Gaussian process regression: a Matérn-5/2 kernel with one length scale for each
// coordinate (equality for categories), hyperparameters by maximum a posteriori (Fit), and predictions that
// are extended by a row at a time (Posterior).
//
// Sums run in a fixed order: the same numbers in give the same numbers out, to the last bit. A posterior
// that was extended row by row equals one that was extended by the same rows in another call.
//
// It imports gonum and algorithms/internal/lbfgs.
package gp
