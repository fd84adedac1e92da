// Package codec turns the nouns into the bytes that a store keeps, and back. It is shared by all stores, so
// that they lose, round and copy alike.
//
// Documents (experiments, their states, trials, events) are JSON: fields may be added to them at any time.
// Readings come by the hundred thousand a second and have a binary form (EncodeChunk). Every record carries
// a checksum and a version byte; what does not fit them is an error of kind hone.DataLoss.
//
// The package imports the root only.
package codec
