// Package storage is the room that remembers: storage/bolt in a file, storage/memory for tests. Both
// implement hone.Store, share storage/codec, and pass storage/storagetest. It has no code of its own.
package storage
