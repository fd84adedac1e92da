// Package timerslack makes the kernel's timers less exact for a process of Go.
//
// While a program of Go has anything to do, its runtime looks after its threads every 20 microseconds. Where
// many short trials are run, those looks cost more than the work: they interrupt it, and on a virtual machine
// each is a switch of context that takes 10 microseconds. With timers that may be half a millisecond late they
// become rare, at a price that nobody here notices. Only Linux can; elsewhere nothing is done.
//
// It imports nothing of the project.
package timerslack
