// Package lbfgs minimises smooth functions inside a box: limited-memory BFGS (Nocedal and Wright, Numerical
// Optimization, 2nd ed., algorithm 7.4) on the coordinates that are not held by a bound, with a projected
// backtracking line search (Bertsekas 1982). Minimize is its entry point.
//
// It imports the standard library only.
package lbfgs
