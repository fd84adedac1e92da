// Package e2e tests the program as its users run it: the built binary, real processes, a real data
// directory.
package e2e
