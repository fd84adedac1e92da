// Package auto chooses the algorithm for an experiment from its space, its budget and its history, and says
// what it chose and why in the note of the first suggestion where the choice takes effect. New is its entry
// point.
//
// It imports the root and the algorithms that it chooses from.
package auto
