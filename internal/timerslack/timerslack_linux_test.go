package timerslack_test

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/hone-tuner/hone/internal/timerslack"
)

// TestMain is also the program that begins anew: it tells the slack of the thread that began first, its process
// number, and what it was given.
func TestMain(m *testing.M) {
	if os.Getenv("TIMERSLACK_TEST") == "" {
		os.Exit(m.Run())
	}
	timerslack.Restart()
	slack, _ := os.ReadFile("/proc/self/timerslack_ns")
	name, _ := os.ReadFile("/proc/self/comm")
	_, _ = os.Stdout.WriteString(string(slack) + string(name) + strings.Join(os.Args[1:], "|") + "\n")
}

func tell(t *testing.T, wrap func(func() error) error) []string {
	cmd := exec.Command(os.Args[0], "run", "a b")
	cmd.Env = append(os.Environ(), "TIMERSLACK_TEST=1")
	var out strings.Builder
	cmd.Stdout = &out
	require.NoError(t, wrap(cmd.Start))
	require.NoError(t, cmd.Wait())
	return strings.Split(strings.TrimSpace(out.String()), "\n")
}

func TestAProgramBeginsAnewOnceWithLooseTimersAndTheSameArguments(t *testing.T) {
	for _, wrap := range []func(func() error) error{
		func(start func() error) error { return start() },
		timerslack.Loose, // already loose: nothing is done
	} {
		got := tell(t, wrap)
		require.Len(t, got, 3)
		require.Equal(t, "500000", got[0])
		require.Equal(t, "timerslack.test", got[1], "it keeps the name that people see")
		require.Equal(t, "run|a b", got[2])
	}
}

func TestTimersAreLooseOnlyForWhatIsStarted(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	slack := func() int {
		n, err := unix.PrctlRetInt(unix.PR_GET_TIMERSLACK, 0, 0, 0, 0)
		require.NoError(t, err)
		return n
	}
	before := slack()
	require.NoError(t, timerslack.Loose(func() error {
		require.Equal(t, 500_000, slack())
		return nil
	}))
	require.Equal(t, before, slack())
	timerslack.Normal()
	require.Equal(t, 50_000, slack())
}
