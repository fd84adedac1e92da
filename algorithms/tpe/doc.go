// Package tpe is a multivariate tree-structured Parzen estimator: one density is laid over the good trials and
// one over all others, and the point is tried where the first is highest beside the second. New is its entry
// point. docs/algorithms.md says where the formulas are from and what was tried.
//
// A suggestion follows from the request alone. memory.go keeps the trials by columns and in sorted order from
// one request to the next, which saves time and changes nothing.
//
// It imports the root, internal/points and algorithms/internal.
package tpe
