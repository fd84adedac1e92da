package local

import (
	"errors"
	"syscall"
)

// Signals to the group of a leader. While the leader is not reaped its number is its own, and so is the
// group's. Afterwards the group keeps the number as long as there is anybody in it; should another process
// have got it, then that process exists.

// groupLeft reports whether members of a group are there whose leader has been reaped.
func groupLeft(leader int) bool {
	return errors.Is(syscall.Kill(leader, 0), syscall.ESRCH) && !errors.Is(syscall.Kill(-leader, 0), syscall.ESRCH)
}

// signalGroup sends a signal to the group of a leader.
func signalGroup(leader int, reaped bool, sig syscall.Signal) {
	if reaped && !groupLeft(leader) {
		return
	}
	_ = syscall.Kill(-leader, sig) // who has gone meanwhile needs none
	if sig != syscall.SIGKILL {
		_ = syscall.Kill(-leader, syscall.SIGCONT) // one that was halted could not hear it
	}
}
