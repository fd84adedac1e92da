// Package suggest stands between an experiment and its algorithm: it finds the algorithm by name, keeps
// one instance for each experiment, and checks everything that it proposes. New is its entry point.
//
// It imports the root, internal/points and a logger.
package suggest
