//go:build unix && !linux

package local

import (
	"time"

	"golang.org/x/sys/unix"
)

// bootID tells this run of the machine from any other.
func bootID() string {
	id, err := unix.Sysctl("kern.bootsessionuuid")
	if err != nil {
		return "unknown"
	}
	return id
}

// bootClock is the time since the machine was started, by its wall clock.
func bootClock() time.Duration {
	tv, err := unix.SysctlTimeval("kern.boottime")
	if err != nil {
		return 0
	}
	return time.Since(time.Unix(tv.Unix()))
}

// mark is what tells of a process to which attempt it belongs. Here it cannot be read.
type mark struct {
	dir     string
	attempt int
}

// killLeftovers kills what a dead supervisor left of an attempt: the group of its leader, as long as the
// leader lives and was started in the moment that the record tells of.
func killLeftovers(r record, _ mark) bool {
	if r.Intent == nil || r.Birth == nil {
		return true
	}
	for wait := time.Millisecond; wait < 4*time.Second; wait *= 2 {
		info, err := unix.SysctlKinfoProc("kern.proc.pid", r.Birth.PID)
		if err != nil || int(info.Proc.P_pid) != r.Birth.PID {
			return true
		}
		started := time.Unix(info.Proc.P_starttime.Unix())
		if started.Before(r.Intent.Start.Add(-time.Second)) || started.After(r.Intent.Start.Add(2*time.Second)) {
			return true
		}
		_ = unix.Kill(-r.Birth.PID, unix.SIGKILL)
		time.Sleep(wait)
	}
	return false
}

func abandoned() map[mark]bool { return nil }
