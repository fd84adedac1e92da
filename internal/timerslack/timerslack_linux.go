package timerslack

import (
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

const (
	loose  = 500_000 // nanoseconds
	normal = 50_000
)

// Restart begins the program anew, in the same process, with loose timers. The runtime's thread begins before
// any code of the program and keeps the slack of its beginning, so this is the only way. It must come before
// everything else in main, and does nothing the second time. What does not work is left as it was: it only
// saves time.
func Restart() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before := slack()
	if before <= 0 || before >= loose {
		return
	}
	program, err := os.Executable()
	if err != nil {
		return
	}
	set(loose)
	_ = syscall.Exec(program, os.Args, os.Environ()) //nolint:gosec // the program itself
	set(before)
}

// Loose calls start with loose timers, which the process that it starts inherits.
func Loose(start func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before := slack()
	if before <= 0 {
		return start()
	}
	set(loose)
	defer set(before)
	return start()
}

// Normal makes the timers of the calling thread, and of what it starts, as exact as is normal.
func Normal() { set(normal) }

func slack() int {
	n, err := unix.PrctlRetInt(unix.PR_GET_TIMERSLACK, 0, 0, 0, 0)
	if err != nil {
		return 0
	}
	return n
}

func set(nanoseconds int) { _ = unix.Prctl(unix.PR_SET_TIMERSLACK, uintptr(nanoseconds), 0, 0, 0) }
