package local

import (
	"fmt"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	hone "github.com/hone-tuner/hone"
)

// ending is what is known of a program's end besides its status.
type ending struct {
	start, end time.Time
	requested  bool          // there was a Stop
	timedOut   bool          // the timeout came first
	shutdown   bool          // the supervisor was asked to end
	killed     bool          // we sent SIGKILL
	timeout    time.Duration // of the program
	grace      time.Duration // between SIGTERM and SIGKILL
	memory     bool          // the kernel killed something for want of memory meanwhile
}

// Shells add 128 to a signal's number for a program of theirs that it killed.
const shellSignal = 128

// exit says how a program ended.
func (e ending) exit(ws syscall.WaitStatus) hone.Exit {
	x := hone.Exit{Code: -1, Start: e.start, End: e.end, Requested: e.requested}
	switch {
	case ws.Signaled():
		x.Reason = hone.Killed
		x.Message = fmt.Sprintf("killed by signal %d (%s)", int(ws.Signal()), ws.Signal())
		if ownFault(ws.Signal()) {
			x.Reason = hone.NonZeroExit
			x.Message = fmt.Sprintf("it broke off with signal %d (%s, %s)", int(ws.Signal()), unix.SignalName(ws.Signal()), ws.Signal())
		}
	default:
		x.Code = ws.ExitStatus()
		if x.Code != 0 {
			x.Reason = hone.NonZeroExit
			x.Message = fmt.Sprintf("exit status %d", x.Code) + statusHint(x.Code)
		}
	}
	e.explain(&x, ws)
	return x
}

// ownFault reports whether a signal is the program's own failure, such as a wrong address or a broken pipe,
// which another attempt would only repeat.
func ownFault(sig syscall.Signal) bool {
	switch sig {
	case syscall.SIGSEGV, syscall.SIGABRT, syscall.SIGFPE, syscall.SIGILL, syscall.SIGBUS, syscall.SIGSYS,
		syscall.SIGTRAP, syscall.SIGPIPE:
		return true
	}
	return false
}

// explain puts what the status cannot say over it.
func (e ending) explain(x *hone.Exit, ws syscall.WaitStatus) {
	killed := ws.Signaled() && ws.Signal() == syscall.SIGKILL
	switch {
	case e.timedOut:
		x.Reason = hone.TimedOut
		x.Message = fmt.Sprintf("it ran longer than trial.timeout (%s)%s", hone.Duration(e.timeout), e.hard())
	case e.requested && e.killed && killed:
		x.Message = fmt.Sprintf("killed, for it had not ended %s after SIGTERM", hone.Duration(e.grace))
	case e.requested:
	case e.shutdown:
		x.Reason = hone.Killed
		x.Message = "the process that watches over the trials was told to end"
	case e.memory && (killed || x.Code == shellSignal+int(syscall.SIGKILL)):
		x.Reason = hone.OutOfMemory
		x.Message = "killed by the kernel, because the machine or its control group was out of memory; make the trial smaller or lower the parallelism"
	case killed:
		x.Message += "; nobody here sent it, so perhaps the kernel was out of memory (see dmesg)"
	}
}

func (e ending) hard() string {
	if e.killed {
		return fmt.Sprintf(" and did not end within %s of SIGTERM", hone.Duration(e.grace))
	}
	return ""
}

// statusHint says what an exit status most often means, where that is not the program's own choice.
func statusHint(code int) string {
	switch {
	case code == 126:
		return " (so says a shell that may not execute a program)"
	case code == 127:
		return " (so says a shell that does not find a program)"
	case code > shellSignal && code <= shellSignal+31:
		s := syscall.Signal(code - shellSignal)
		return fmt.Sprintf(" (so says a shell whose program was killed by %s)", unix.SignalName(s))
	}
	return ""
}
