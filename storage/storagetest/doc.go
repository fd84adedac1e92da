// Package storagetest is the suite that every hone.Store passes. Run is its entry point.
//
// It imports the root and what tests need.
package storagetest
