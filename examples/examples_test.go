//go:build examples

// Package examples_test runs every example to its end with bin/hone, as a reader would. `make examples`
// builds what it needs and calls it.
package examples_test

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/hone-tuner/hone"
	"github.com/stretchr/testify/require"
)

func TestExamplesRunToTheirEnd(t *testing.T) {
	for _, c := range []struct {
		name        string
		trials      int
		conditional string // a parameter that some trials have and others have not
		best        float64
	}{
		{name: "shell", trials: 20, conditional: "spin", best: 42},
		{name: "push", trials: 16, conditional: "momentum", best: 0.95},
		{name: "digits", trials: 48, conditional: "momentum", best: 0.97},
		{name: "sklearn", trials: 24, conditional: "gamma", best: 0.97},
	} {
		t.Run(c.name, func(t *testing.T) {
			data := t.TempDir()
			call(t, data, "run", filepath.Join(c.name, "experiment.yaml"))

			var board hone.Leaderboard
			require.NoError(t, json.Unmarshal(call(t, data, "leaderboard", c.name, "-o", "json"), &board))
			require.Equal(t, hone.ExperimentSucceeded, board.State)
			require.Equal(t, hone.BudgetSpent, board.Reason)
			require.Zero(t, board.Counts.Failed, "failed trials")
			require.Equal(t, c.trials, board.Counts.Succeeded+board.Counts.EarlyStopped)
			require.Len(t, board.Trials, c.trials)
			require.Equal(t, 1, board.Trials[0].Rank)
			require.GreaterOrEqual(t, float64(*board.Trials[0].Value), c.best)

			with := 0
			for _, trial := range board.Trials {
				if _, ok := trial.Parameters.Get(c.conditional); ok {
					with++
				}
			}
			require.NotZero(t, with, "trials with %s", c.conditional)
			require.Less(t, with, c.trials, "trials with %s", c.conditional)

			// A second run finds the experiment finished and shows it.
			call(t, data, "run", filepath.Join(c.name, "experiment.yaml"))
		})
	}
}

// TestASuggestionServiceInPython runs the experiment with the service beside it, on a port of its own, and has
// the service killed in the middle.
func TestASuggestionServiceInPython(t *testing.T) {
	const dir, trials = "suggestion-service", 60
	address, kill := serve(t, dir, "127.0.0.1:0")
	text, err := os.ReadFile(filepath.Join(dir, "experiment.yaml"))
	require.NoError(t, err)
	file := filepath.Join(dir, "tried.yaml")
	require.NoError(t, os.WriteFile(file, []byte(strings.Replace(string(text), "127.0.0.1:6789", address, 1)), 0o600))
	t.Cleanup(func() { require.NoError(t, os.Remove(file)) })
	data := t.TempDir()
	call(t, data, "run", file, "--trials", "20")
	kill()
	_, _ = serve(t, dir, address)
	call(t, data, "run", file)

	var board hone.Leaderboard
	require.NoError(t, json.Unmarshal(call(t, data, "leaderboard", "evolution", "-o", "json"), &board))
	require.Equal(t, hone.ExperimentSucceeded, board.State)
	require.Len(t, board.Trials, trials)
	require.Equal(t, trials, board.Counts.Succeeded)
	require.Less(t, float64(*board.Trials[0].Value), 0.2)

	// What the service refuses is refused when it is submitted.
	require.NoError(t, os.WriteFile(file, []byte(strings.Replace(strings.Replace(string(text), "127.0.0.1:6789", address, 1), "sigma: 0.2", "sigma: 7", 1)), 0o600))
	cmd := exec.Command(program(t), "validate", file)
	out, err := cmd.CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(out), "sigma is '7': it must be above 0 and at most 1")
}

// serve starts the example's service and returns where it listens, and what kills it.
func serve(t *testing.T, dir, listen string) (address string, kill func()) {
	t.Helper()
	cmd := exec.Command(filepath.Join(".venv", "bin", "python3"), "server.py", listen)
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	var once sync.Once
	kill = func() {
		once.Do(func() {
			require.NoError(t, cmd.Process.Kill())
			_ = cmd.Wait()
		})
	}
	t.Cleanup(kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	return strings.TrimSpace(strings.TrimPrefix(line, "listening on ")), kill
}

func program(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs("../bin/hone")
	require.NoError(t, err)
	return path
}

// call runs hone and returns what it printed.
func call(t *testing.T, data string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command(program(t), args...)
	cmd.Env = append(os.Environ(), "HONE_DATA="+data)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	require.NoError(t, err, "hone %v\n%s", args, out)
	return out
}
