package main

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// peak is the largest resident memory that a process has had, in KiB.
func peak(t *testing.T, pid int) int64 {
	t.Helper()
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	require.NoError(t, err)
	for line := range strings.Lines(string(data)) {
		if value, found := strings.CutPrefix(line, "VmHWM:"); found {
			n, err := strconv.ParseInt(strings.Fields(value)[0], 10, 64)
			require.NoError(t, err)
			return n
		}
	}
	require.Fail(t, "there is no VmHWM")
	return 0
}

// room is how much of the disk a file takes, in bytes.
func room(t *testing.T, path string) int64 {
	t.Helper()
	var st syscall.Stat_t
	require.NoError(t, syscall.Stat(path, &st))
	return st.Blocks * 512
}

// TestTheSidecarStaysSmall follows a program that prints much; HONE_TEST_MEBIBYTES makes it more.
func TestTheSidecarStaysSmall(t *testing.T) {
	mebibytes := 64
	if n, err := strconv.Atoi(os.Getenv("HONE_TEST_MEBIBYTES")); err == nil {
		mebibytes = n
	}
	w := newWorld(t, `{}`)
	p := w.sidecar()
	const readings, rounds = 50000, 50
	line := strings.Repeat("nothing to be found in here ", 4)
	script := fmt.Sprintf(`for i in $(seq %d); do
		seq -f 'loss=%%.0f' $((($i-1)*%d+1)) $(($i*%d))
		yes '%s' | head -c %d; echo; done`, rounds, readings/rounds, readings/rounds, line, mebibytes<<20/rounds)
	program := exec.Command(binary, "exec", "--", "sh", "-c", script)
	program.Env = w.env
	require.NoError(t, program.Run())
	w.eventually(func() bool { return len(w.values()) == readings })
	size := peak(t, p.Process.Pid)
	t.Logf("%d KiB resident at most", size)
	require.Less(t, size, int64(16<<10))
	require.Equal(t, last{Delivered: true, Readings: readings}, w.terminate(p))
	require.Equal(t, numbers(readings), w.values())
	kept := room(t, w.dir+"/run/stdout")
	t.Logf("%d KiB on the disk", kept>>10)
	if canPunch(t) {
		require.Less(t, kept, int64(16<<20), "what was read is given back")
	}
}

// canPunch reports whether the disk can take back a part of a file.
func canPunch(t *testing.T) bool {
	f, err := os.CreateTemp(t.TempDir(), "")
	require.NoError(t, err)
	defer f.Close()
	_, err = f.Write(make([]byte, 1<<20))
	require.NoError(t, err)
	return punch(int(f.Fd()), 0, 1<<20) == nil
}
