// Package promtext reads what a program exposes to Prometheus: its text format, and the OpenMetrics form of it. Its
// entry point is Read. It takes any io.Reader, and passes over lines that it cannot read.
//
// It imports the standard library only.
package promtext
