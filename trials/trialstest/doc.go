// Package trialstest is the conformance suite of hone.Runner. A runner's test calls Run with a function that
// makes a Place for each test: a runner, and what it does in a way of its own. The programs that the suite lets the
// runner start are the test binary itself, or another one that calls Main: in TestMain, or where the trials run.
//
// It imports the root only.
package trialstest
