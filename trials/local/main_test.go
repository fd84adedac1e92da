package local_test

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/stretchr/testify/require"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/trials/local"
	"github.com/hone-tuner/hone/trials/trialstest"
)

// The test binary plays three more parts: the program of a trial, the supervisor, and a controller that gets
// killed.
func TestMain(m *testing.M) {
	trialstest.Main()
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "supervise":
			supervise(os.Args[2])
		case "control":
			control(os.Args[2])
		}
	}
	_ = os.Setenv("GORACE", "atexit_sleep_ms=0") // or each supervisor would take a second for its end
	temp, err := os.MkdirTemp("", "local-test-")
	if err == nil {
		err = os.Setenv("TMPDIR", temp) // so that what is left behind can be told from what others do
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if left := processesOf(temp); len(left) > 0 {
		fmt.Fprintln(os.Stderr, "the tests have left processes behind:", left)
		code = 1
	}
	_ = os.RemoveAll(temp)
	os.Exit(code)
}

func supervise(dataDir string) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	logger := hclog.New(&hclog.LoggerOptions{Output: os.Stderr, Level: hclog.Debug})
	if err := local.Supervise(ctx, dataDir, logger); err != nil {
		logger.Error("supervise", "error", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// supervisorCommand starts this test binary as a supervisor.
func supervisorCommand(t testing.TB) []string {
	t.Helper()
	exe, err := os.Executable()
	require.NoError(t, err)
	return []string{exe, "supervise"}
}

// open makes a runner in a data directory, and ends everything in there with the test.
func open(t testing.TB, dataDir string) *local.Runner {
	t.Helper()
	r, err := local.New(local.Options{DataDir: dataDir, Supervisor: supervisorCommand(t)})
	require.NoError(t, err)
	t.Cleanup(func() {
		_ = r.Close()
		endAll(t, dataDir)
	})
	return r
}

// endAll tells the supervisor of a data directory to end, and waits until nobody is left.
func endAll(t testing.TB, dataDir string) {
	if pid := supervisorOf(dataDir); pid > 0 {
		_ = syscall.Kill(pid, syscall.SIGTERM)
	}
	for deadline := time.Now().Add(trialstest.Patience); len(processesOf(dataDir)) > 0; time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Errorf("processes are left: %v", processesOf(dataDir))
			return
		}
	}
}

// supervisorOf is the process of a data directory's supervisor, 0 if there is none.
func supervisorOf(dataDir string) int {
	data, err := os.ReadFile(filepath.Join(dataDir, "supervisor.lock"))
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(data)))
	if err != nil || !trialstest.Alive(pid) {
		return 0
	}
	return pid
}

// processesOf finds the processes whose command line or trial folder is below a directory.
func processesOf(dir string) (found []string) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == os.Getpid() || !trialstest.Alive(pid) {
			continue
		}
		command, _ := os.ReadFile("/proc/" + e.Name() + "/cmdline")
		environ, _ := os.ReadFile("/proc/" + e.Name() + "/environ")
		ours := strings.Contains(string(command), "supervise\x00"+dir) ||
			strings.Contains("\x00"+string(environ), "\x00HONE_TRIAL_DIR="+dir)
		if ours {
			found = append(found, e.Name()+": "+strings.ReplaceAll(string(command), "\x00", " "))
		}
	}
	return found
}

func TestConformance(t *testing.T) {
	trialstest.Run(t, func(t *testing.T) trialstest.Place {
		dir := t.TempDir()
		return trialstest.Place{
			Open: func() hone.Runner { return open(t, dir) },
			Left: func(uid string) []string {
				left, err := filepath.Glob(filepath.Join(dir, "trials", "*-"+uid))
				require.NoError(t, err)
				return left
			},
		}
	})
}
