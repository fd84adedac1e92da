package trialstest

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	hone "github.com/hone-tuner/hone"
)

// starts counts the lines that the verb "count" has left.
func starts(t *testing.T, file string) int {
	t.Helper()
	data, err := os.ReadFile(filepath.Clean(file))
	require.NoError(t, err)
	return strings.Count(string(data), "\n")
}

func startTwice(t *testing.T, r hone.Runner) {
	file := filepath.Join(t.TempDir(), "starts")
	l := Launch(Experiment(t, "count", file, "50"), 1, 1)
	first, err := r.Start(t.Context(), l)
	require.NoError(t, err)
	second, err := r.Start(t.Context(), l)
	require.NoError(t, err)
	require.Equal(t, first, second)
	require.Empty(t, Finish(t, r, l.ID()).Reason)
	require.Equal(t, 1, starts(t, file))
}

func startEnded(t *testing.T, r hone.Runner) {
	file := filepath.Join(t.TempDir(), "starts")
	l := Launch(Experiment(t, "count", file), 1, 1)
	exit, _ := RunOne(t, r, l)
	again, _ := RunOne(t, r, l)
	require.Equal(t, exit, again)
	require.Equal(t, 1, starts(t, file))
}

func startAtOnce(t *testing.T, r hone.Runner) {
	file := filepath.Join(t.TempDir(), "starts")
	l := Launch(Experiment(t, "count", file, "20"), 1, 1)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			_, err := r.Start(t.Context(), l)
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	require.Empty(t, Finish(t, r, l.ID()).Reason)
	require.Equal(t, 1, starts(t, file))
}

func waitTwice(t *testing.T, r hone.Runner) {
	l := Launch(Experiment(t, "exit", "3"), 1, 1)
	exit, _ := RunOne(t, r, l)
	require.Equal(t, exit, Finish(t, r, l.ID()))
	require.False(t, exit.Start.IsZero())
	require.False(t, exit.End.Before(exit.Start))
}

func waitTogether(t *testing.T, r hone.Runner) {
	go_ := filepath.Join(t.TempDir(), "go")
	l := Launch(Experiment(t, "until", go_), 1, 1)
	_, err := r.Start(t.Context(), l)
	require.NoError(t, err)
	exits := make(chan hone.Exit, 4)
	for range 4 {
		go func() {
			exit, err := r.Wait(t.Context(), l.ID())
			if err != nil {
				exit.Message = err.Error()
			}
			exits <- exit
		}()
	}
	require.NoError(t, os.WriteFile(go_, nil, 0o600))
	first := <-exits
	require.Empty(t, first.Reason)
	for range 3 {
		require.Equal(t, first, <-exits)
	}
}

func waitUnknown(t *testing.T, r hone.Runner) {
	exit := Finish(t, r, hone.AttemptID{UID: "no-such-experiment", Number: 1, Attempt: 1})
	require.Equal(t, hone.Lost, exit.Reason)
	require.NotEmpty(t, exit.Message)
	l := Launch(Experiment(t, "exit", "0"), 1, 1)
	RunOne(t, r, l)
	other := l.ID()
	other.Number = 7
	require.Equal(t, hone.Lost, Finish(t, r, other).Reason)
}

func waitCancelled(t *testing.T, r hone.Runner) {
	l := Launch(Experiment(t, "sleep"), 1, 1)
	_, err := r.Start(t.Context(), l)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = r.Wait(ctx, l.ID())
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, r.Stop(t.Context(), l.ID(), 0))
	require.Equal(t, hone.Killed, Finish(t, r, l.ID()).Reason)
}

func secondAttempt(t *testing.T, r hone.Runner) {
	e := Experiment(t, "folders")
	first, err := r.Start(t.Context(), Launch(e, 1, 1))
	require.NoError(t, err)
	Finish(t, r, Launch(e, 1, 1).ID())
	kept := filepath.Join(first.Dir, "checkpoint")
	require.NoError(t, os.WriteFile(kept, []byte("half way"), 0o600))
	second, err := r.Start(t.Context(), Launch(e, 1, 2))
	require.NoError(t, err)
	require.Empty(t, Finish(t, r, Launch(e, 1, 2).ID()).Reason)
	require.Equal(t, first.Dir, second.Dir)
	require.NotEqual(t, first.Stdout, second.Stdout)
	require.FileExists(t, kept)
	require.FileExists(t, first.Stdout)
}

func secondTooEarly(t *testing.T, r hone.Runner) {
	e := Experiment(t, "sleep")
	_, err := r.Start(t.Context(), Launch(e, 1, 1))
	require.NoError(t, err)
	_, err = r.Start(t.Context(), Launch(e, 1, 2))
	require.ErrorIs(t, err, hone.Conflict)
	require.NoError(t, r.Stop(t.Context(), Launch(e, 1, 1).ID(), 0))
	Finish(t, r, Launch(e, 1, 1).ID())
}

func metricsFile(t *testing.T, r hone.Runner) {
	e := Experiment(t, "exit", "0")
	e.Spec.Metrics = hone.MetricsSpec{Source: hone.SourceFile, Path: "metrics.jsonl"}
	first, err := r.Start(t.Context(), Launch(e, 1, 1))
	require.NoError(t, err)
	require.Equal(t, filepath.Join(first.Dir, "metrics.jsonl"), first.File)
	require.Zero(t, first.From)
	Finish(t, r, Launch(e, 1, 1).ID())
	require.NoError(t, os.WriteFile(first.File, []byte("0123456789"), 0o600))
	second, err := r.Start(t.Context(), Launch(e, 1, 2))
	require.NoError(t, err)
	require.EqualValues(t, 10, second.From)
	Finish(t, r, Launch(e, 1, 2).ID())
	require.NoError(t, os.WriteFile(first.File, []byte("0123456789abc"), 0o600))
	adopted, err := r.Start(t.Context(), Launch(e, 1, 2))
	require.NoError(t, err)
	require.Equal(t, second, adopted, "what is adopted began where it began")
}

func concurrency(t *testing.T, r hone.Runner) {
	file := filepath.Join(t.TempDir(), "starts")
	e := Experiment(t, "count", file, "5")
	const trials = 24
	var wg sync.WaitGroup
	for n := range trials {
		wg.Go(func() {
			l := Launch(e, n+1, 1)
			emission, err := r.Start(t.Context(), l)
			if err != nil {
				t.Error(err)
				return
			}
			exit, err := r.Wait(t.Context(), l.ID())
			if err != nil || exit.Reason != "" {
				t.Error(exit, err)
			}
			out, err := os.ReadFile(emission.Stdout)
			if err != nil || string(out) != "accuracy=0.5\n" {
				t.Errorf("trial %d wrote %q: %v", n+1, out, err)
			}
		})
	}
	wg.Wait()
	require.Equal(t, trials, starts(t, file))
}
