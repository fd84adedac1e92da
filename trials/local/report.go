package local

import (
	"errors"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	hone "github.com/hone-tuner/hone"
)

// reportVariable tells a new supervisor the descriptor on which whoever started it waits to hear that it is
// ready.
const reportVariable = "HONE_SUPERVISOR_REPORT"

// What is reported: a word, or the kind of an error and its message.
const (
	reportReady = "ready"
	reportBusy  = "busy"
)

type report struct{ file *os.File }

// takeReport finds the descriptor. There is none when the supervisor was started by hand.
func takeReport() report {
	fd, err := strconv.Atoi(os.Getenv(reportVariable))
	if err != nil || fd < 3 {
		return report{}
	}
	_ = os.Unsetenv(reportVariable)
	syscall.CloseOnExec(fd)
	return report{file: os.NewFile(uintptr(fd), "report")}
}

func (r report) fd() int {
	if r.file == nil {
		return -1
	}
	return int(r.file.Fd())
}

// send says how the start went. Whoever waited may have gone.
func (r report) send(err error) {
	if r.file == nil {
		return
	}
	text := reportReady
	switch {
	case errors.Is(err, errBusy):
		text = reportBusy
	case err != nil:
		text = string(hone.KindOf(err)) + "\n" + err.Error()
	}
	_, _ = r.file.WriteString(text)
	_ = r.file.Close()
}

// closeInherited closes the descriptors that the caller's caller left open, which would otherwise stay open
// as long as any trial runs: the end of a pipe, say, that somebody waits for. Our own are all marked to be
// closed at exec; inherited ones are not.
func closeInherited(keep int) {
	entries, err := os.ReadDir("/dev/fd")
	if err != nil {
		return
	}
	for _, e := range entries {
		fd, err := strconv.Atoi(e.Name())
		if err != nil || fd < 3 || fd == keep {
			continue
		}
		if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err == nil && flags&unix.FD_CLOEXEC == 0 {
			_ = unix.Close(fd)
		}
	}
}
