// Package controller moves every experiment one step closer to its end. decide is pure: facts in,
// actions out. The session of an experiment applies the actions: it records events, asks for
// suggestions, and starts and stops attempts through the root's interfaces.
//
// Controller is the entry point; it implements hone.Service. The package imports the root and its own
// child earlystop, never another room: cmd hands in the store, the runner, the collector, the suggester
// and the decoder.
package controller
