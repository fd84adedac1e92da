package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/client"
)

// measured reports whether figures are wanted: then the program is built as users have it, not with the race detector,
// which takes several times its memory.
func measured() bool { return os.Getenv("HONE_LOAD") == "full" }

// fleetSize is how many experiments a service bears at once, and how many trials each has. HONE_LOAD=full asks for
// what it must bear.
func fleetSize() (experiments, trials int) {
	if measured() {
		return 200, 50
	}
	return 20, 10
}

// TestAServiceBearsAFleet hands many experiments to one service over HTTP, half of them with local programs, half with
// workers that ask and tell. All end, every trial is there once, and the service stays small.
func TestAServiceBearsAFleet(t *testing.T) {
	experiments, trials := fleetSize()
	h := newHome(t, "")
	token := filepath.Join(h.dir, "token")
	s := h.serve("--token-file", token, "--max-trials", "8")
	c := client.New(client.Options{BaseURL: s.url, Token: strings.TrimSpace(readFile(t, token))})
	began := time.Now()
	var names []hone.Name
	for i := range experiments {
		doc := experiment(fmt.Sprintf("fleet-%d", i), fmt.Sprintf("parallelism: 2\nbudget: {trials: %d}", trials), "echo accuracy=0.5")
		if i%2 == 1 {
			doc, _, _ = strings.Cut(doc, "  trial:")
		}
		e, err := c.CreateExperiment(t.Context(), []byte(doc))
		require.NoError(t, err)
		names = append(names, hone.Name{Namespace: e.Namespace, Name: e.Name})
	}
	var work sync.WaitGroup
	for w := range 16 {
		work.Go(func() { labour(t, c, names, w) })
	}
	peak := 0
	for _, n := range names {
		eventually(t, n.Name+" has ended", func() bool {
			peak = max(peak, resident(t, s.cmd.Process.Pid))
			e, err := c.GetExperiment(t.Context(), n)
			return err == nil && e.Status.State.Ended()
		})
	}
	took := time.Since(began)
	work.Wait()
	for _, n := range names {
		e, err := c.GetExperiment(t.Context(), n)
		require.NoError(t, err)
		require.Equal(t, hone.ExperimentSucceeded, e.Status.State, "%s: %s", n.Name, e.Status.Message)
		require.Equal(t, trials, e.Status.Counts.Succeeded, n.Name)
		page, err := c.ListTrials(t.Context(), n, hone.TrialFilter{})
		require.NoError(t, err)
		require.Len(t, page.Trials, trials, n.Name)
		for i, tr := range page.Trials {
			require.Equal(t, i+1, tr.Number, n.Name)
			require.Equal(t, 1, tr.Attempt, tr.Name())
		}
	}
	t.Logf("%d experiments with %d trials in all: %v, %.0f trials a second; at most %d MiB resident",
		experiments, experiments*trials, took.Round(time.Millisecond), float64(experiments*trials)/took.Seconds(), peak)
	if measured() {
		require.Less(t, peak, 300, "MiB")
	}
}

// labour works for the external experiments, beginning with another one than the other workers, until all have ended.
func labour(t *testing.T, c *client.Client, names []hone.Name, worker int) {
	ctx := context.Background()
	for i := range names {
		n := names[(i+worker*len(names)/16)%len(names)]
		number, _ := strconv.Atoi(strings.TrimPrefix(n.Name, "fleet-"))
		for number%2 == 1 {
			reply, err := c.Ask(ctx, n, hone.AskRequest{Client: fmt.Sprintf("worker-%d", worker)})
			if err != nil {
				t.Errorf("%s: %v", n.Name, err)
				return
			}
			if len(reply.Trials) == 0 {
				break // it has ended, or others have its places
			}
			for _, tr := range reply.Trials {
				_, err := c.Tell(ctx, n, tr.Number, hone.TellRequest{Attempt: tr.Attempt, State: hone.TrialSucceeded,
					Metrics: map[string]hone.Float{"accuracy": 0.5}})
				if err != nil {
					t.Errorf("%s: %v", tr.Name(), err)
					return
				}
			}
		}
	}
}

// resident is the largest size that a process has had, in MiB; 0 where the system does not tell.
func resident(t *testing.T, pid int) int {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, rest, found := strings.Cut(string(data), "VmHWM:")
	require.True(t, found)
	kib, err := strconv.Atoi(strings.Fields(rest)[0])
	require.NoError(t, err)
	return kib / 1024
}
