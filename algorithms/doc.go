// Package algorithms lists the search algorithms. Builtin is its entry point: a table from the name that
// experiments use to what makes the algorithm. There is one child package for each of them; algorithmtest is
// the suite that all of them pass. docs/algorithms.md says what each is for.
//
// It imports the root and its children, which import internal/points and gonum besides.
package algorithms
