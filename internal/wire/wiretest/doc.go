// Package wiretest helps to test what goes over HTTP: Recorder is a hone.Service that notes how it is called
// and answers what a test wants, Draw generates any noun of the root, and Same compares what went in with
// what came out. Only tests import it; it imports the root, rapid and the standard library.
package wiretest
