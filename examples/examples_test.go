//go:build examples

// Package examples_test runs every example to its end with bin/hone, as a reader would. `make examples`
// builds what it needs and calls it.
package examples_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
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

// call runs hone and returns what it printed.
func call(t *testing.T, data string, args ...string) []byte {
	t.Helper()
	program, err := filepath.Abs("../bin/hone")
	require.NoError(t, err)
	cmd := exec.Command(program, args...)
	cmd.Env = append(os.Environ(), "HONE_DATA="+data)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	require.NoError(t, err, "hone %v\n%s", args, out)
	return out
}
