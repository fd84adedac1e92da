// Package problems is the suite that search algorithms are measured on. Suite is its entry point. Every problem
// is minimized, and defined here once for Hone and for its peers.
//
// It imports the root.
package problems
