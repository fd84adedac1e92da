// Package bench measures Hone as a whole, from the outside: what a trial costs beside the program that it
// runs. `make bench` runs it together with the benchmarks of the rooms. docs/benchmarks.md has the figures.
package bench
