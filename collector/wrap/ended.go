package wrap

import (
	"fmt"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Exit codes of what is no program's own end, as shells use them.
const (
	CodeNotFound      = 127
	CodeNotExecutable = 126
	codeSignal        = 128
)

// Ended is how the program ended. It is what the file "exit" holds, as JSON.
type Ended struct {
	// Code is the exit code: the program's own, 128 and the number of the signal that ended it, or 126 or 127 where it
	// could not be executed or found.
	Code int `json:"code"`
	// Signal is the name of the signal that ended it, such as SIGKILL.
	Signal string `json:"signal,omitempty"`
	// OutOfMemory reports whether the kernel has killed something in the container for want of memory while it ran.
	OutOfMemory bool `json:"outOfMemory,omitempty"`
	// Message says it for people, where the code alone does not.
	Message string    `json:"message,omitempty"`
	Start   time.Time `json:"start"`
	End     time.Time `json:"end"`
	// Lost is how many bytes of the standard output were not copied, because there was no room for them.
	Lost int64 `json:"lost,omitempty"`
}

// endedBy translates how the kernel says it.
func endedBy(status syscall.WaitStatus) (e Ended) {
	if !status.Signaled() {
		e.Code = status.ExitStatus()
		return e
	}
	number := status.Signal()
	e.Code, e.Signal = codeSignal+int(number), unix.SignalName(number)
	e.Message = fmt.Sprintf("the program was ended by signal %d (%s)", int(number), e.Signal)
	if status.CoreDump() {
		e.Message += " and left a core dump"
	}
	return e
}
