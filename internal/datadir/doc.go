// Package datadir is what all programs that open a data directory agree on: the names of its files, and the
// lock that makes one process its owner. It imports the root and golang.org/x/sys.
package datadir
