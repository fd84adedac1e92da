// Package algorithmtest is the conformance suite that every algorithm passes: points lie in the space and
// satisfy its constraints, whatever the results are; the same request gets the same answer, with a cache
// or without, in a batch or one by one; no point is proposed twice while there are others. Run is its entry
// point.
//
// It imports the root and libraries for tests.
package algorithmtest
