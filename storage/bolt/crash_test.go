package bolt_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/storage/bolt"
)

// writeForever goes on with a store until it is killed: one writer of events, some of measurements. After
// each acknowledgement it prints what is safe now: "trial 7" or "batch 2 31" (source, sequence).
func writeForever(path string) error {
	s, err := bolt.Open(path, bolt.Options{})
	if err != nil {
		return err
	}
	ctx := context.Background()
	e, err := s.Experiment(ctx, "default", "bench")
	if errors.Is(err, hone.NotFound) {
		e, err = s.CreateExperiment(ctx, benchExperiment(), hone.Event{Sequence: 1, Time: at(1), Type: hone.EventCreated})
	}
	if err != nil {
		return err
	}
	r := recorder{store: s, last: e.Status.Events}
	if err := r.record(hone.Event{Type: hone.EventAttached}); err != nil {
		return err
	}
	next := e.Status.Trials() + 1
	if next == 1 {
		if err := r.record(life(1)...); err != nil {
			return err
		}
		next++
	}
	var say sync.Mutex
	acknowledge := func(format string, args ...any) {
		say.Lock()
		defer say.Unlock()
		fmt.Printf(format+"\n", args...)
	}
	var g errgroup.Group
	g.Go(func() error {
		for ; ; next++ {
			if err := r.record(life(next)...); err != nil {
				return err
			}
			acknowledge("trial %d", next)
		}
	})
	for source := range 3 {
		g.Go(func() error { return appendForever(ctx, s, source, acknowledge) })
	}
	return g.Wait()
}

func appendForever(ctx context.Context, s *bolt.Store, source int, acknowledge func(string, ...any)) error {
	name := strconv.Itoa(source)
	last, _, err := s.Cursor(ctx, "bench", 1, 1, name)
	for ; err == nil; last++ {
		_, err = s.Append(ctx, "bench", hone.Batch{Number: 1, Attempt: 1, Source: name, Sequence: last + 1,
			Cursor: strconv.AppendInt(nil, last+1, 10), Measurements: curve(int(last), 5)})
		if err == nil {
			acknowledge("batch %d %d", source, last+1)
		}
	}
	return err
}

// TestWhatWasAcknowledgedSurvivesKill kills a writing process at random moments, and looks for all that it
// had been told is safe.
func TestWhatWasAcknowledgedSurvivesKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hone.db")
	safe := map[string]int64{}
	for range 8 {
		kill(t, path, 1+rand.IntN(150), safe)
		requireSafe(t, path, safe)
	}
	require.Positive(t, safe["trial"])
	require.Positive(t, safe["batch 2"])
}

// kill runs a writer until so many acknowledgements were heard, and kills it in the middle of the next.
func kill(t *testing.T, path string, after int, safe map[string]int64) {
	cmd := child(t.Context(), "write", path)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	heard := 0
	for lines := bufio.NewScanner(out); lines.Scan(); heard++ { // what it wrote before its death counts too
		var source, number int64
		if n, _ := fmt.Sscanf(lines.Text(), "batch %d %d", &source, &number); n == 2 {
			safe[fmt.Sprintf("batch %d", source)] = number
		} else if n, _ := fmt.Sscanf(lines.Text(), "trial %d", &number); n == 1 {
			safe["trial"] = number
		}
		if heard == after {
			require.NoError(t, cmd.Process.Kill())
		}
	}
	require.Error(t, cmd.Wait())
	require.GreaterOrEqual(t, heard, after)
}

func requireSafe(t *testing.T, path string, safe map[string]int64) {
	s, err := bolt.Open(path, bolt.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	trials, err := s.Finished(t.Context(), "bench")
	require.NoError(t, err)
	require.GreaterOrEqual(t, int64(len(trials)), safe["trial"])
	for i, trial := range trials {
		require.Equal(t, i+1, trial.Number)
		require.Equal(t, hone.TrialSucceeded, trial.State)
	}
	counts := map[string]int64{}
	batches, err := s.Batches(t.Context(), "bench", 1)
	require.NoError(t, err)
	for _, b := range batches {
		counts["batch "+b.Source]++
		require.Equal(t, counts["batch "+b.Source], b.Sequence, "no gap, nothing twice")
		require.Len(t, b.Measurements, 5)
		require.Equal(t, strconv.FormatInt(b.Sequence, 10), string(b.Cursor))
	}
	for _, source := range []string{"batch 0", "batch 1", "batch 2"} {
		require.GreaterOrEqual(t, counts[source], safe[source], source)
	}
	events, err := s.Events(t.Context(), "bench", 0, 0)
	require.NoError(t, err)
	e, err := s.Experiment(t.Context(), "default", "bench")
	require.NoError(t, err)
	require.Len(t, events, int(e.Status.Events))
	require.Equal(t, len(trials), e.Status.Counts.Succeeded)
}
