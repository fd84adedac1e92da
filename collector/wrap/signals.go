package wrap

import (
	"os"
	"os/signal"
	"syscall"
)

// forwardable are the signals that are passed on: all but those that cannot be caught, those that say something about
// this very process (a fault in it, a child of it, a pipe of it), and those that runtimes use themselves.
func forwardable() (all []os.Signal) {
	const realtime, last = 34, 64
	for n := syscall.Signal(1); n <= last; n++ {
		switch n {
		case syscall.SIGKILL, syscall.SIGSTOP, syscall.SIGCHLD, syscall.SIGURG, syscall.SIGPIPE,
			syscall.SIGSEGV, syscall.SIGBUS, syscall.SIGFPE, syscall.SIGILL, syscall.SIGPROF:
			continue
		}
		if n < syscall.Signal(32) || n >= realtime {
			all = append(all, n)
		}
	}
	return all
}

// listen begins to hear signals. SIGPIPE is heard so that it does not end this process, and goes nowhere.
func listen() (heard chan os.Signal, stop func()) {
	heard = make(chan os.Signal, 64)
	signal.Notify(heard, forwardable()...)
	broken := make(chan os.Signal, 1)
	signal.Notify(broken, syscall.SIGPIPE)
	return heard, func() { signal.Stop(heard); signal.Stop(broken) }
}

// ending reports whether a signal asks a program to end.
func ending(s syscall.Signal) bool {
	return s == syscall.SIGTERM || s == syscall.SIGINT || s == syscall.SIGQUIT || s == syscall.SIGHUP
}
