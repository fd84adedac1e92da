// Package grid proposes every combination of values once: all values of discrete parameters, evenly spaced
// ones of continuous parameters. It knows its end, counts conditional spaces exactly, and computes points
// by their index, so that the size of the grid costs nothing. New is its entry point.
//
// It imports the root and internal/points.
package grid
