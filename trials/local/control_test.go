package local_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/trials/local"
	"github.com/hone-tuner/hone/trials/trialstest"
)

// controlled is how many trials the controller of the crash tests runs, three at a time.
const controlled = 24

// control is the part of a controller that knows nothing of an earlier one but what it must run: it starts
// every trial, which adopts what is there, waits for it and prints its end.
func control(dataDir string) {
	exe, _ := os.Executable()
	r, err := local.New(local.Options{DataDir: dataDir, Supervisor: []string{exe, "supervise"}})
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	e := crashExperiment(exe, dataDir)
	places := make(chan struct{}, 3)
	var wg sync.WaitGroup
	for n := 1; n <= controlled; n++ {
		places <- struct{}{}
		wg.Go(func() {
			defer func() { <-places }()
			l := trialstest.Launch(e, n, 1)
			_, err := r.Start(context.Background(), l)
			if err != nil {
				fmt.Println("error", err)
				return
			}
			exit, err := r.Wait(context.Background(), l.ID())
			fmt.Printf("trial %d ended %q %q %v\n", n, exit.Reason, exit.Message, err)
		})
	}
	wg.Wait()
	fmt.Println("done")
	os.Exit(0)
}

func crashExperiment(exe, dataDir string) hone.Experiment {
	return hone.Experiment{UID: "crash", Name: "crash", Directory: "/", Spec: hone.Spec{
		Trial: &hone.TrialTemplate{Command: []string{exe, "count", filepath.Join(dataDir, "starts"), "20"}},
	}.WithDefaults()}
}

// controlUntilKilled runs a controller and kills it after a while; it returns what it printed.
func controlUntilKilled(t *testing.T, dataDir string, after time.Duration) string {
	t.Helper()
	exe, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(exe, "control", dataDir)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	killer := time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
	defer killer.Stop()
	var text strings.Builder
	for lines := bufio.NewScanner(out); lines.Scan(); {
		text.WriteString(lines.Text() + "\n")
	}
	_ = cmd.Wait()
	return text.String()
}

func TestAControllerThatIsKilledAgainAndAgainStartsEachProgramOnce(t *testing.T) {
	dataDir := t.TempDir()
	defer endAll(t, dataDir)
	random := rand.New(rand.NewPCG(1, 2))
	for range 8 {
		controlUntilKilled(t, dataDir, time.Duration(20+random.IntN(150))*time.Millisecond)
	}
	out := controlUntilKilled(t, dataDir, trialstest.Patience)
	require.True(t, strings.HasSuffix(out, "done\n"), out)
	for n := 1; n <= controlled; n++ {
		require.Contains(t, out, fmt.Sprintf("trial %d ended \"\" \"\" <nil>\n", n))
	}
	requireEachOnce(t, dataDir)
}

// requireEachOnce checks that each trial's program has left its line once.
func requireEachOnce(t *testing.T, dataDir string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dataDir, "starts"))
	require.NoError(t, err)
	seen := map[string]int{}
	for line := range strings.Lines(string(data)) {
		seen[strings.Fields(line)[0]]++
	}
	require.Len(t, seen, controlled)
	for trial, n := range seen {
		require.Equal(t, 1, n, "%s was started more than once", trial)
	}
}

func TestControllerAndSupervisorAreKilledInTurnAndNoProgramRunsTwice(t *testing.T) {
	dataDir := t.TempDir()
	defer endAll(t, dataDir)
	random := rand.New(rand.NewPCG(3, 4))
	for range 6 {
		controlUntilKilled(t, dataDir, time.Duration(20+random.IntN(150))*time.Millisecond)
		if pid := supervisorOf(dataDir); pid > 0 && random.IntN(2) == 0 {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	out := controlUntilKilled(t, dataDir, trialstest.Patience)
	require.True(t, strings.HasSuffix(out, "done\n"), out)
	for n := 1; n <= controlled; n++ { // killed ones are lost, never failures of their own
		require.Regexp(t, fmt.Sprintf(`(?m)^trial %d ended "(Lost)?" `, n), out)
	}
	data, err := os.ReadFile(filepath.Join(dataDir, "starts"))
	require.NoError(t, err)
	seen := map[string]bool{}
	for line := range strings.Lines(string(data)) {
		trial := strings.Fields(line)[0]
		require.False(t, seen[trial], "%s was started more than once", trial)
		seen[trial] = true
	}
}

func TestTrialsOfASupervisorThatIsKilledAreKilledAndLost(t *testing.T) {
	for _, kind := range []string{"", "deaf", "session deaf"} {
		t.Run("children: "+kind, func(t *testing.T) {
			dataDir := t.TempDir()
			r := open(t, dataDir)
			e := trialstest.Experiment(t, append([]string{"fork", "stay"}, strings.Fields(kind)...)...)
			l := trialstest.Launch(e, 1, 1)
			emission, err := r.Start(t.Context(), l)
			require.NoError(t, err)
			children := trialstest.Children(t, trialstest.UntilPrinted(t, emission.Stdout, "forked"))
			require.NoError(t, syscall.Kill(supervisorOf(dataDir), syscall.SIGKILL))
			exit := trialstest.Finish(t, r, l.ID())
			require.Equal(t, hone.Lost, exit.Reason)
			require.True(t, exit.Reason.Retryable())
			for _, pid := range children {
				require.False(t, trialstest.Alive(pid), "what was left is killed before the attempt counts as lost")
			}
			require.Equal(t, exit, trialstest.Finish(t, r, l.ID()))
			l.Trial.Attempt = 2
			_, err = r.Start(t.Context(), l)
			require.NoError(t, err)
			require.NoError(t, r.Stop(t.Context(), l.ID(), 0))
			require.True(t, trialstest.Finish(t, r, l.ID()).Requested)
		})
	}
}

func TestANewAttemptEndsWhatAKilledSupervisorLeftOfTheLast(t *testing.T) {
	dataDir := t.TempDir()
	first := open(t, dataDir)
	l := trialstest.Launch(trialstest.Experiment(t, "fork", "stay", "deaf"), 1, 1)
	emission, err := first.Start(t.Context(), l)
	require.NoError(t, err)
	children := trialstest.Children(t, trialstest.UntilPrinted(t, emission.Stdout, "forked"))
	require.NoError(t, first.Close())
	require.NoError(t, syscall.Kill(supervisorOf(dataDir), syscall.SIGKILL))
	second := open(t, dataDir)
	l.Trial.Attempt = 2
	_, err = second.Start(t.Context(), l)
	require.NoError(t, err)
	for _, pid := range children {
		require.False(t, trialstest.Alive(pid))
	}
	require.NoError(t, second.Stop(t.Context(), l.ID(), 0))
	require.Equal(t, hone.Killed, trialstest.Finish(t, second, l.ID()).Reason)
	l.Trial.Attempt = 1
	require.Equal(t, hone.Lost, trialstest.Finish(t, second, l.ID()).Reason)
}

func TestAnInnocentProcessIsLeftAlone(t *testing.T) {
	dataDir := t.TempDir()
	r := open(t, dataDir)
	l := trialstest.Launch(trialstest.Experiment(t, "sleep"), 1, 1)
	emission, err := r.Start(t.Context(), l)
	require.NoError(t, err)
	innocent := exec.Command("sleep", "1000")
	innocent.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	require.NoError(t, innocent.Start())
	defer func() { _ = innocent.Process.Kill(); _ = innocent.Wait() }()
	require.NoError(t, syscall.Kill(supervisorOf(dataDir), syscall.SIGKILL))
	// The record now names a process that is another's: as after a wrap of the numbers.
	path := filepath.Join(filepath.Dir(emission.Stdout), "record")
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	lines := strings.SplitAfter(string(data), "\n")
	lines[1] = fmt.Sprintf(`{"birth":{"pid":%d,"clock":1}}`+"\n", innocent.Process.Pid)
	require.NoError(t, os.WriteFile(path, []byte(strings.Join(lines, "")), 0o600))
	require.Equal(t, hone.Lost, trialstest.Finish(t, r, l.ID()).Reason)
	require.True(t, trialstest.Alive(innocent.Process.Pid))
}
