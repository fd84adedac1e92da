package local

import (
	"time"

	"golang.org/x/sys/unix"
)

// killLeftovers kills what a dead supervisor left of an attempt and waits until it has gone. It reports
// whether it has.
func killLeftovers(r record, m mark) bool {
	dying := map[int]time.Duration{} // a process loses its mark a while before it has gone
	calm := 0
	for wait := time.Millisecond; wait < 4*time.Second; wait *= 2 {
		calm++
		processes(func(p process) {
			started, ok := dying[p.pid]
			switch {
			case belongs(p, r, m):
				calm = 0
				dying[p.pid] = p.started
				killVerified(p, r, m)
			case ok && started == p.started:
				calm = 0
			}
		})
		if calm == 2 { // one look could miss a process that is just being replaced by a program
			return true
		}
		time.Sleep(wait)
	}
	return false
}

// belongs reports whether a process is of the attempt: it is not older, and it carries its mark, which
// holds the whole path, so that a copy of a data directory has no claim on what runs for the original.
func belongs(p process, r record, m mark) bool {
	if r.Intent == nil || p.started+tick < time.Duration(r.Intent.Clock) {
		return false
	}
	found, ok := readMark(p.pid)
	return ok && found == m
}

func isLeader(p process, r record) bool {
	return r.Birth != nil && p.pid == r.Birth.PID && p.started <= time.Duration(r.Birth.Clock)
}

// killVerified kills a process, and its group if it leads one. The descriptor holds on to the process, so
// that what is killed is what was looked at.
func killVerified(p process, r record, m mark) {
	fd, err := unix.PidfdOpen(p.pid, 0)
	if err != nil {
		if err == unix.ENOSYS {
			_ = unix.Kill(p.pid, unix.SIGKILL) // a kernel before 5.3; it was looked at just now
		}
		return
	}
	defer func() { _ = unix.Close(fd) }()
	if again, ok := readProcess(p.pid); !ok || !belongs(again, r, m) {
		return
	}
	if isLeader(p, r) {
		_ = unix.Kill(-p.pid, unix.SIGKILL) // while the leader is there, the group is its own
	}
	_ = unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0)
}

// abandoned lists the attempts of which there are processes.
func abandoned() map[mark]bool {
	found := map[mark]bool{}
	processes(func(p process) {
		if m, ok := readMark(p.pid); ok {
			found[m] = true
		}
	})
	return found
}
