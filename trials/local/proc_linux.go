package local

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// tick is the unit of a process's start time in /proc: USER_HZ is 100 on every machine that Go knows.
const tick = 10 * time.Millisecond

// bootID tells this run of the machine from any other.
func bootID() string {
	data, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(data))
}

// bootClock is the time since the machine was started.
func bootClock() time.Duration {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts); err != nil {
		return 0
	}
	return time.Duration(ts.Nano())
}

// process is one process of the machine.
type process struct {
	pid, parent, group int
	started            time.Duration // since boot, rounded down to a tick
}

// readProcess looks a process up.
func readProcess(pid int) (process, bool) {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return process{}, false
	}
	return parseStat(pid, data)
}

// parseStat reads /proc/<pid>/stat of a process that lives. The name in it can hold anything, so what counts begins after the last
// parenthesis.
func parseStat(pid int, data []byte) (process, bool) {
	fields := bytes.Fields(data[bytes.LastIndexByte(data, ')')+1:])
	if len(fields) < 20 || bytes.ContainsAny(fields[0], "ZX") {
		return process{}, false // one that has died and only waits for its parent does nothing any more
	}
	var n [3]int64
	for i, field := range []int{1, 2, 19} { // parent, group, start time
		x, err := strconv.ParseInt(string(fields[field]), 10, 64)
		if err != nil {
			return process{}, false
		}
		n[i] = x
	}
	return process{pid: pid, parent: int(n[0]), group: int(n[1]), started: time.Duration(n[2]) * tick}, true
}

// processes calls f for every process of the machine but this one.
func processes(f func(process)) {
	dir, err := os.Open("/proc")
	if err != nil {
		return
	}
	names, _ := dir.Readdirnames(-1) // what was read of it counts
	_ = dir.Close()
	self := os.Getpid()
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil || pid == self {
			continue
		}
		if p, ok := readProcess(pid); ok {
			f(p)
		}
	}
}

// mark is what tells of a process to which attempt it belongs: its environment, handed on by whatever it
// starts.
type mark struct {
	dir     string // HONE_TRIAL_DIR
	attempt int    // HONE_ATTEMPT
}

// readMark reads the mark of a process. Only those of this user can be read, and only they can be ours.
func readMark(pid int) (mark, bool) {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ")
	if err != nil {
		return mark{}, false
	}
	return parseMark(data)
}

func parseMark(data []byte) (mark, bool) {
	var m mark
	for e := range bytes.SplitSeq(data, []byte{0}) {
		if value, ok := bytes.CutPrefix(e, []byte("HONE_TRIAL_DIR=")); ok {
			m.dir = string(value)
		} else if value, ok := bytes.CutPrefix(e, []byte("HONE_ATTEMPT=")); ok {
			m.attempt, _ = strconv.Atoi(string(value))
		}
	}
	return m, m.dir != "" && m.attempt > 0
}
