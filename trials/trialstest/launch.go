package trialstest

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	hone "github.com/hone-tuner/hone"
)

// Patience bounds what a test waits for. Nothing is measured by it: a test that reaches it has failed.
const Patience = 3 * time.Minute

// Experiment makes an experiment whose trials run the test binary as a program that does what args say. Its
// UID is the test's own.
func Experiment(t *testing.T, args ...string) hone.Experiment {
	t.Helper()
	exe, err := os.Executable()
	require.NoError(t, err)
	grace := hone.Duration(20 * time.Second)
	return hone.Experiment{
		UID: uidOf(t), Name: "digits", Namespace: hone.DefaultNamespace, Directory: t.TempDir(),
		Spec: hone.Spec{
			Objective: hone.Objective{Metric: "accuracy", Goal: hone.Maximize},
			Trial:     &hone.TrialTemplate{Command: append([]string{exe}, escape(args)...), Grace: &grace},
		}.WithDefaults(),
	}
}

var notPlain = regexp.MustCompile(`[^a-z0-9]+`)

// uidOf makes a UID that is the test's own, no longer than a label of a cluster may be.
func uidOf(t *testing.T) string {
	const most = 40
	name := notPlain.ReplaceAllString(strings.ToLower(t.Name()), "-")
	name = strings.Trim(name[max(0, len(name)-most):], "-")
	return name + "-" + strconv.FormatInt(time.Now().UnixNano(), 36)
}

// escape keeps arguments from being read as placeholders.
func escape(args []string) []string {
	out := make([]string, len(args))
	for i, a := range args {
		out[i] = strings.ReplaceAll(a, "${", "$${")
	}
	return out
}

// Launch makes what starts an attempt of a trial of an experiment.
func Launch(e hone.Experiment, number, attempt int) hone.Launch {
	return hone.Launch{
		Experiment: e,
		Trial:      hone.Trial{Experiment: e.Name, Number: number, Attempt: attempt, State: hone.TrialRunning},
		// A program with the race detector would take a second for its end.
		Environment: append(os.Environ(), programVariable+"=1", "GORACE=atexit_sleep_ms=0"),
	}
}

// Finish waits for the end of an attempt.
func Finish(t *testing.T, r hone.Runner, id hone.AttemptID) hone.Exit {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), Patience)
	defer cancel()
	exit, err := r.Wait(ctx, id)
	require.NoError(t, err)
	return exit
}

// RunOne starts an attempt, waits for its end and returns it with what the program wrote to its output.
func RunOne(t *testing.T, r hone.Runner, l hone.Launch) (hone.Exit, string) {
	t.Helper()
	e, err := r.Start(t.Context(), l)
	require.NoError(t, err)
	exit := Finish(t, r, l.ID())
	out, err := os.ReadFile(e.Stdout)
	require.NoError(t, err)
	return exit, string(out)
}

// Until waits until something holds.
func Until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	until(t, 2*time.Millisecond, what, holds)
}

func until(t *testing.T, pause time.Duration, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(Patience); !holds(); time.Sleep(pause) {
		if time.Now().After(deadline) {
			require.FailNow(t, "in vain waited until "+what)
		}
	}
}

// until waits until something holds, and asks less often where asking costs more.
func (s site) until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	pause := 2 * time.Millisecond
	if s.Slow {
		pause *= 100
	}
	until(t, pause, what, holds)
}

// UntilPrinted waits until a program has written something to a file and returns all that it wrote.
func UntilPrinted(t *testing.T, file, text string) string {
	t.Helper()
	var got []byte
	Until(t, "the program has written "+text, func() bool {
		got, _ = os.ReadFile(filepath.Clean(file))
		return strings.Contains(string(got), text)
	})
	return string(got)
}

var childLine = regexp.MustCompile(`(?m)^child (\d+)$`)

// Children reads which children the verb "fork" has started.
func Children(t *testing.T, out string) []int {
	t.Helper()
	var pids []int
	for _, m := range childLine.FindAllStringSubmatch(out, -1) {
		pid, err := strconv.Atoi(m[1])
		require.NoError(t, err)
		pids = append(pids, pid)
	}
	require.Len(t, pids, 2)
	return pids
}

// Alive reports whether a process is there and has not ended. One that has ended and that nobody has reaped
// does no harm.
func Alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return !os.IsNotExist(err) || !procHere()
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(rest, "Z")
}

func procHere() bool {
	_, err := os.Stat("/proc/self/stat")
	return err == nil
}
