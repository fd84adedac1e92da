// Package random proposes points at random. A point depends on the experiment's seed and the trial's number,
// and on what is taken already: nothing is learned. New is its entry point.
//
// It imports the root and internal/points.
package random
