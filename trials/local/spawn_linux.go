package local

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// sessionAttr makes a process the leader of a session and group, which dies with the supervisor.
func sessionAttr() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
}

// adoptOrphans makes what trials leave behind children of this process.
func adoptOrphans() error { return unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) }
