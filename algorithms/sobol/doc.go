// Package sobol proposes the points of a scrambled Sobol sequence: at random, but more evenly spread than
// independent draws are. New is its entry point.
//
// It imports the root, internal/points and algorithms/internal/lowdisc.
package sobol
