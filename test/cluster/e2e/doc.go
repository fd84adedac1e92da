// Package e2e holds the tests that need the cluster: `make e2e` starts it, runs them and takes it down again.
package e2e
