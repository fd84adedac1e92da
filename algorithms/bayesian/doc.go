// Package bayesian models the results by a Gaussian process, and failures by another, and proposes where the
// expected improvement is greatest. New is its entry point. docs/algorithms.md says what is modelled and where the formulas are from.
//
// A suggestion follows from the request alone: the hyperparameters are fitted to the history up to the last
// refit (schedule.go), later trials are added to that model row by row, pending ones after them. The model
// is kept between requests to save time.
//
// It imports the root, internal/points, algorithms/internal and gonum.
package bayesian
