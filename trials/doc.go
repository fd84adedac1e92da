// Package trials renders what a trial runs: Render puts the values of a trial into the template of its
// experiment; Arguments and Environment are parts of it. It starts nothing. The packages below it run what was
// rendered, each somewhere else.
//
// It imports the root package and internal/template.
package trials
