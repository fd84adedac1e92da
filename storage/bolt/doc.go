// Package bolt remembers experiments in one bbolt file. Open is its entry point.
//
// Everything that belongs to an experiment lies under its slot, a number that is never used again. Keys
// are sorted so that each question is a short range: the leaderboard by value, events by sequence,
// readings by (trial, attempt, source, sequence). schema.go lists the buckets.
//
// Writers that come at the same time share one transaction and its fsync (commit.go). A file that is
// damaged, foreign, in use or full gives an error that says what to do (errors.go); it never becomes a
// silent fresh start: a new file appears under its name only when it is complete, so that one that exists
// and is empty is known to be damaged.
//
// The package imports the root, storage/codec and bbolt.
package bolt
