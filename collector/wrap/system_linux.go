package wrap

import (
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// widen lets a program print ahead so many bytes. A pipe that is less wide does too.
func widen(pipe, size int) { _, _ = unix.FcntlInt(uintptr(pipe), unix.F_SETPIPE_SZ, size) }

// killedForMemory counts what the kernel has killed in this container for want of memory; 0 where that is not known.
func killedForMemory() int64 {
	for _, path := range []string{"/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control"} {
		data, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(data)) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
			if n, err := strconv.ParseInt(value, 10, 64); name == "oom_kill" && err == nil {
				return n
			}
		}
	}
	return 0
}
