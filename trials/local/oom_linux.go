package local

import (
	"bytes"
	"os"
	"strconv"
	"sync"
	"time"
)

// memoryWatch notices that the kernel killed processes for want of memory. The counter is the machine's, and
// reading it is not cheap, so it is read at most once a second while trials start.
type memoryWatch struct {
	mu    sync.Mutex
	seen  int64
	since time.Time // when seen was read
}

// mark is called when a trial starts.
func (w *memoryWatch) mark(now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if now.Sub(w.since) >= time.Second {
		w.seen, w.since = oomKills(), now
	}
}

// rose reports whether the kernel has killed since trials were last started, or since it was last asked.
func (w *memoryWatch) rose(now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	before := w.seen
	w.seen, w.since = oomKills(), now
	return w.seen > before
}

func oomKills() int64 {
	data, err := os.ReadFile("/proc/vmstat")
	if err != nil {
		return 0
	}
	return parseOOMKills(data)
}

func parseOOMKills(vmstat []byte) int64 {
	_, rest, ok := bytes.Cut(vmstat, []byte("\noom_kill "))
	if !ok {
		return 0
	}
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	n, _ := strconv.ParseInt(string(line), 10, 64)
	return n
}
