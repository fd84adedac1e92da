// Package memory remembers experiments in maps, until its process ends. It is for tests: it behaves as
// storage/bolt does, and passes the same suite. New is its entry point.
//
// What it keeps are encoded records, so that nothing is shared with its callers and everything is read back
// exactly as from a disk.
//
// The package imports the root and storage/codec.
package memory
