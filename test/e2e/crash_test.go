package e2e

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const second = `apiVersion: hone.dev/v1beta1
kind: Experiment
metadata: {name: crash}
spec:
  objective: {metric: accuracy, goal: maximize}
  parameters:
    - {name: lr, type: double, min: 0, max: 1}
  algorithm: {name: random}
  parallelism: 4
  budget: {trials: 60}
  trial:
    command:
      - sh
      - -c
      - |
        echo "$HONE_TRIAL $HONE_ATTEMPT" >> starts
        for i in 1 2 3 4 5 6 7 8 9 10; do echo "step=$i accuracy=0.$i"; sleep 0.1; done
`

// TestKilledFiveTimes kills `hone run` with SIGKILL at five random moments of a run of 60 one-second
// trials and starts it again each time: there are exactly 60 trials, every program was started exactly
// once, and all readings are there.
func TestKilledFiveTimes(t *testing.T) {
	h := newHome(t, second)
	for range 5 {
		cmd := h.command("run", h.file, "-q")
		require.NoError(t, cmd.Start())
		time.Sleep(time.Duration(200+rand.IntN(3000)) * time.Millisecond) //nolint:gosec // any moment will do
		require.NoError(t, cmd.Process.Kill())
		require.Error(t, cmd.Wait())
	}
	h.must("run", h.file, "-q")

	starts, err := os.ReadFile(filepath.Join(h.dir, "starts"))
	require.NoError(t, err)
	require.Equal(t, 60, strings.Count(string(starts), "\n"))
	lines := strings.Split(strings.TrimSpace(string(h.must("export", "crash"))), "\n")
	require.Len(t, lines, 60)
	for _, line := range lines {
		var trial struct {
			Name         string
			State        string
			Attempt      int
			Measurements []struct{ Step int }
		}
		require.NoError(t, json.Unmarshal([]byte(line), &trial))
		require.Equal(t, "Succeeded", trial.State, trial.Name)
		require.Equal(t, 1, trial.Attempt, trial.Name)
		require.Equal(t, 1, strings.Count(string(starts), trial.Name+" "), "%s was started once", trial.Name)
		require.Len(t, trial.Measurements, 10, trial.Name)
	}
}
