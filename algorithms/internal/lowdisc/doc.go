// Package lowdisc makes points that cover the unit cube evenly: Sobol's sequence with nested uniform
// (Owen) scrambling. New is its entry point.
//
// The direction numbers of the first dimensions are those of Joe and Kuo (joekuo.txt, with their licence
// beside it). Further dimensions take the next primitive polynomials, found at run time, with initial
// numbers drawn from a fixed hash: each of them alone is as even as the others, but pairs of them were
// not chosen to be.
//
// It imports the standard library only.
package lowdisc
