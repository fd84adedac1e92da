// Package trialstest is the conformance suite of hone.Runner. A runner's test calls Run with a function that
// makes a runner, and Main from its TestMain: the programs that the suite lets the runner start are the test
// binary itself.
//
// It imports the root only.
package trialstest
