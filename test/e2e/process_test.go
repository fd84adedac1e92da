package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// experiment makes a file with a shell script as its trial.
func experiment(name, more, script string) string {
	return fmt.Sprintf(`apiVersion: hone.dev/v1beta1
kind: Experiment
metadata: {name: %s}
spec:
  objective: {metric: accuracy, goal: maximize}
  parameters:
    - {name: lr, type: double, min: 0, max: 1}
  algorithm: {name: random, seed: 3}
%s
  trial:
    grace: 1s
    command:
      - sh
      - -c
      - |
%s
`, name, indent(more, "  "), indent(script, "        "))
}

func indent(text, by string) string {
	return by + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n"+by)
}

// eventually waits until a condition holds; the limit is far beyond what it takes.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		if holds() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("after a minute: %s", what)
}

// alive reports whether a process runs. One that has ended and waits to be reaped by its parent does not.
func alive(pid string) bool {
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	_, after, _ := strings.Cut(string(stat), ") ")
	return err == nil && !strings.HasPrefix(after, "Z")
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// exitCode runs hone and returns its exit code and what it wrote to stderr.
func (h home) exitCode(args ...string) (int, string) {
	var stderr bytes.Buffer
	cmd := h.command(args...)
	cmd.Stderr = &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		require.NoError(h.t, err)
	}
	return cmd.ProcessState.ExitCode(), stderr.String()
}

type board struct {
	State  string
	Reason string
	Counts map[string]int
	Trials []struct {
		Rank   int
		Trial  string
		State  string
		Reason string
		Value  *float64
	}
}

func TestNaNAndInfinityAreNeverBest(t *testing.T) {
	h := newHome(t, experiment("nan", "budget: {trials: 6, failures: 10}", `
case $HONE_TRIAL in
  *1) echo accuracy=nan;;
  *2) echo accuracy=inf;;
  *3) echo accuracy=0.1; echo accuracy=NaN;;
  *)  echo accuracy=0.2;;
esac`))
	h.must("run", h.file, "-q")
	var b board
	h.into(&b, "leaderboard", "nan")
	require.Equal(t, "BudgetSpent", b.Reason)
	require.Equal(t, map[string]int{"Succeeded": 4, "Failed": 2}, b.Counts)
	require.Equal(t, "nan-0004", b.Trials[0].Trial)
	require.Equal(t, "nan-0003", b.Trials[3].Trial)
	for _, last := range b.Trials[4:] {
		require.Equal(t, "NonFinite", last.Reason)
		require.Nil(t, last.Value)
		require.Zero(t, last.Rank)
	}
}

func TestInterruptAndGoOn(t *testing.T) {
	h := newHome(t, experiment("int", "parallelism: 2\nbudget: {trials: 4}", `
echo "$HONE_TRIAL" >> begun
if [ ! -e go ]; then sleep 600; fi
echo accuracy=0.5`))
	cmd := h.command("run", h.file)
	require.NoError(t, cmd.Start())
	eventually(t, "two trials have begun", func() bool {
		data, _ := os.ReadFile(filepath.Join(h.dir, "begun"))
		return bytes.Count(data, []byte("\n")) == 2
	})
	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	require.Error(t, cmd.Wait())
	require.Equal(t, 130, cmd.ProcessState.ExitCode())
	var b board
	h.into(&b, "leaderboard", "int")
	require.Equal(t, "Running", b.State)
	require.Equal(t, map[string]int{"Pending": 2}, b.Counts)

	require.NoError(t, os.WriteFile(filepath.Join(h.dir, "go"), nil, 0o600))
	h.must("run", h.file, "-q")
	h.into(&b, "leaderboard", "int")
	require.Equal(t, 4, b.Counts["Succeeded"])
}

// TestTheSupervisorDiesToo kills both processes, as a power loss does: no program stays behind, and the
// lost attempts are made again.
func TestTheSupervisorDiesToo(t *testing.T) {
	h := newHome(t, experiment("power", "parallelism: 2\nbudget: {trials: 2}", `
echo $$ >> pids
if [ ! -e go ]; then sleep 600; fi
echo accuracy=0.5`))
	cmd := h.command("run", h.file, "-q")
	require.NoError(t, cmd.Start())
	pids := func() []string {
		data, _ := os.ReadFile(filepath.Join(h.dir, "pids"))
		return strings.Fields(string(data))
	}
	eventually(t, "two trials run", func() bool { return len(pids()) == 2 })
	first := pids()
	require.NoError(t, cmd.Process.Kill())
	require.Error(t, cmd.Wait())
	require.NoError(t, exec.Command("pkill", "-KILL", "-f", binary+" supervise.*"+h.data).Run())
	require.NoError(t, os.WriteFile(filepath.Join(h.dir, "go"), nil, 0o600))
	h.must("run", h.file, "-q")
	for _, pid := range first {
		require.False(t, alive(pid), "a program outlived the supervisor")
	}
	var trials struct {
		Trials []struct {
			State   string
			Attempt int
		}
	}
	h.into(&trials, "trials", "power")
	for _, trial := range trials.Trials {
		require.Equal(t, "Succeeded", trial.State)
		require.Equal(t, 2, trial.Attempt)
	}
}

func TestASecondTerminalHandsItsWorkOver(t *testing.T) {
	h := newHome(t, experiment("one", "budget: {trials: 1}", `
touch one
while [ ! -e go ]; do sleep 0.05; done
echo accuracy=0.5`))
	cmd := h.command("run", h.file, "-q")
	require.NoError(t, cmd.Start())
	eventually(t, "the first has begun", func() bool { return exists(filepath.Join(h.dir, "one")) })

	other := filepath.Join(h.dir, "other.yaml")
	require.NoError(t, os.WriteFile(other, []byte(experiment("two", "budget: {trials: 3}", `echo accuracy=$WHOSE`)), 0o600))
	second := h.command("run", other, "-q")
	second.Env = append(second.Env, "WHOSE=0.25")
	require.NoError(t, second.Run(), "while the first goes on")
	var b board
	h.into(&b, "leaderboard", "two")
	require.Equal(t, 0.25, *b.Trials[0].Value, "its trials see the environment of the second terminal")
	h.into(&b, "leaderboard", "one")
	require.Equal(t, "Running", b.State)
	require.NoError(t, os.WriteFile(filepath.Join(h.dir, "go"), nil, 0o600))
	require.NoError(t, cmd.Wait())
}

func TestStoppingLeavesNothingBehind(t *testing.T) {
	h := newHome(t, experiment("stop", "parallelism: 2\nbudget: {trials: 4}", `
trap '' TERM
sleep 600 & echo $! >> pids
echo $$ >> pids
wait; wait; sleep 600`))
	cmd := h.command("run", h.file, "-q")
	require.NoError(t, cmd.Start())
	pids := func() []string {
		data, _ := os.ReadFile(filepath.Join(h.dir, "pids"))
		return strings.Fields(string(data))
	}
	eventually(t, "two trials with a child each", func() bool { return len(pids()) == 4 })
	h.must("stop", "stop")
	require.Error(t, cmd.Wait())
	require.Equal(t, 1, cmd.ProcessState.ExitCode())
	for _, pid := range pids() {
		require.False(t, alive(pid), "programs that ignore SIGTERM, and their children, are gone")
	}
	var b board
	h.into(&b, "leaderboard", "stop")
	require.Equal(t, "Stopped", b.State)
	require.Equal(t, 2, b.Counts["Stopped"])
}

func TestAFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=4m"); err != nil {
		t.Skipf("no small disk can be made here: %v", err)
	}
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(dir, syscall.MNT_DETACH)) })
	h := newHome(t, experiment("full", "budget: {trials: 3, failures: 3}", `
echo accuracy=0.5
if [ "$HONE_TRIAL" = full-0002 ] && [ ! -e go ]; then
  head -c 10000000 /dev/zero > "$HONE_TRIAL_DIR/big" || true
fi`))
	h.data = filepath.Join(dir, "data")
	code, stderr := h.exitCode("run", h.file, "-q")
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "no space left on device")
	require.NoError(t, os.WriteFile(filepath.Join(h.dir, "go"), nil, 0o600))
	big, err := filepath.Glob(filepath.Join(h.data, "trials", "*", "full-0002", "big"))
	require.NoError(t, err)
	require.Len(t, big, 1)
	require.NoError(t, os.Remove(big[0]))
	h.must("run", h.file, "-q")
	var b board
	h.into(&b, "leaderboard", "full")
	require.Equal(t, 3, b.Counts["Succeeded"], "nothing that was recorded is lost, and it goes on")
}

func TestADataDirectoryThatCannotBeUsed(t *testing.T) {
	h := newHome(t, experiment("bad", "budget: {trials: 1}", `echo accuracy=0.5`))
	h.must("run", h.file, "-q")
	db := filepath.Join(h.data, "hone.db")
	good, err := os.ReadFile(db)
	require.NoError(t, err)
	for what, content := range map[string][]byte{
		"a foreign file":   []byte("SQLite format 3\x00 and more"),
		"an emptied file":  {},
		"a truncated file": good[:len(good)/3],
	} {
		require.NoError(t, os.WriteFile(db, content, 0o600))
		code, stderr := h.exitCode("list")
		require.Equal(t, 1, code, what)
		require.Contains(t, stderr, "hone.db", what)
		after, err := os.ReadFile(db)
		require.NoError(t, err)
		require.Equal(t, content, after, "%s is left as it is", what)
	}
	require.NoError(t, os.WriteFile(db, good, 0o600))
	h.must("list")
}
