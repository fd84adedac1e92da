package local

import (
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// sessionAttr makes a process the leader of a session and group, which dies with the supervisor.
func sessionAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
}

// adoptOrphans makes what trials leave behind children of this process.
func adoptOrphans() error { return unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) }

// How exact the kernel's timers are for a process. Go's runtime looks after its threads every 20 microseconds
// while there is anything to do, which costs the supervisor more than its work. Here, where half a
// millisecond does not matter, it may look less often.
const (
	looseTimers  = 500_000 // nanoseconds
	normalTimers = 50_000
)

// withTimerSlack calls start with loose timers, which the process that it starts inherits.
func withTimerSlack(start func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before, err := unix.PrctlRetInt(unix.PR_GET_TIMERSLACK, 0, 0, 0, 0)
	if err != nil || before <= 0 {
		return start()
	}
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, looseTimers, 0, 0, 0) // it only saves time
	defer func() { _ = unix.Prctl(unix.PR_SET_TIMERSLACK, uintptr(before), 0, 0, 0) }()
	return start()
}

// restoreTimerSlack makes the timers of this thread, and of what it starts, as exact as is normal.
func restoreTimerSlack() { _ = unix.Prctl(unix.PR_SET_TIMERSLACK, normalTimers, 0, 0, 0) }
