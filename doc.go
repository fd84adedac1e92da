// Package hone is the front page of the Hone hyperparameter tuning service: it says what an
// experiment is. It holds the nouns (Experiment, Trial, Measurement, …), their validation, the rules
// by which status follows from events (Fold), the small interfaces that the rooms share, the kinds
// of error, and the builders for search spaces.
//
// Every other package imports this one, and this one imports none of them. What needs a library
// (compiling CEL, decoding files, storing bytes) is an interface here and is implemented in its room.
// docs/ARCHITECTURE.md draws the house and follows one trial through it.
package hone
