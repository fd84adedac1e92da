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

// starts counts the lines that programs have left which count themselves.
func starts(t *testing.T, file string) int {
	t.Helper()
	data, err := os.ReadFile(filepath.Clean(file))
	require.NoError(t, err)
	return strings.Count(string(data), "\n")
}

// touch makes a file that a program waits for.
func touch(t *testing.T, file string) {
	t.Helper()
	require.NoError(t, os.WriteFile(file, nil, 0o600))
}

// waiting makes an experiment whose program counts its starts in one file and waits for another.
func waiting(t *testing.T) (e hone.Experiment, count, until string) {
	t.Helper()
	dir := t.TempDir()
	count, until = filepath.Join(dir, "starts"), filepath.Join(dir, "go")
	return Experiment(t, "until", until, count), count, until
}

func startTwice(t *testing.T, s site) {
	e, count, until := waiting(t)
	l := s.launch(e, 1, 1)
	first := s.start(t, l)
	require.Equal(t, first, s.start(t, l))
	s.untilPrinted(t, l, "waiting")
	require.Equal(t, first, s.start(t, l))
	touch(t, until)
	require.Empty(t, s.finish(t, l).Reason)
	require.Equal(t, 1, starts(t, count))
}

func startEnded(t *testing.T, s site) {
	file := filepath.Join(t.TempDir(), "starts")
	l := s.launch(Experiment(t, "count", file), 1, 1)
	exit, _ := s.run(t, l)
	again, _ := s.run(t, l)
	require.Equal(t, exit, again)
	require.Equal(t, 1, starts(t, file))
}

func startAtOnce(t *testing.T, s site) {
	e, count, until := waiting(t)
	l := s.launch(e, 1, 1)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			_, err := s.Start(t.Context(), l)
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	touch(t, until)
	require.Empty(t, s.finish(t, l).Reason)
	require.Equal(t, 1, starts(t, count))
}

func adoptRunning(t *testing.T, s site) {
	e, count, until := waiting(t)
	l := s.launch(e, 1, 1)
	first := s.start(t, l)
	s.untilPrinted(t, l, "waiting")
	s = s.again(t)
	require.Equal(t, first, s.start(t, l))
	touch(t, until)
	exit := s.finish(t, l)
	require.Empty(t, exit.Reason, exit.Message)
	require.False(t, exit.End.Before(exit.Start))
	require.Equal(t, 1, starts(t, count))
	require.Equal(t, "waiting\n", s.output(t, l))
}

func adoptMissed(t *testing.T, s site) {
	l := s.launch(Experiment(t, "exit", "3"), 1, 1)
	s.start(t, l)
	s = s.again(t)
	s.start(t, l)
	exit := s.finish(t, l)
	require.Equal(t, hone.NonZeroExit, exit.Reason)
	require.Equal(t, 3, exit.Code)
}

func adoptEnded(t *testing.T, s site) {
	file := filepath.Join(t.TempDir(), "starts")
	l := s.launch(Experiment(t, "count", file), 1, 1)
	exit, out := s.run(t, l)
	s = s.again(t)
	told, again := s.run(t, l)
	require.True(t, exit.Start.Equal(told.Start) && exit.End.Equal(told.End), "%v and %v", exit, told)
	told.Start, told.End = exit.Start, exit.End // a place may write the same time in another way
	require.Equal(t, exit, told)
	require.Equal(t, out, again)
	require.Equal(t, 1, starts(t, file))
}

func adoptStop(t *testing.T, s site) {
	l := s.launch(Experiment(t, "handle", "4"), 1, 1)
	s.begin(t, l, "listening")
	s = s.again(t)
	s.start(t, l)
	require.NoError(t, s.Stop(t.Context(), l.ID(), Patience))
	exit := s.finish(t, l)
	require.True(t, exit.Requested)
	require.Equal(t, 4, exit.Code)
}

func waitTwice(t *testing.T, s site) {
	l := s.launch(Experiment(t, "exit", "3"), 1, 1)
	exit, _ := s.run(t, l)
	require.Equal(t, exit, s.finish(t, l))
	require.False(t, exit.Start.IsZero())
	require.False(t, exit.End.Before(exit.Start))
}

func waitTogether(t *testing.T, s site) {
	e, _, until := waiting(t)
	l := s.launch(e, 1, 1)
	s.start(t, l)
	exits := make(chan hone.Exit, 4)
	for range 4 {
		go func() {
			exit, err := s.Wait(t.Context(), l.ID())
			if err != nil {
				exit.Message = err.Error()
			}
			exits <- exit
		}()
	}
	touch(t, until)
	first := <-exits
	require.Empty(t, first.Reason)
	for range 3 {
		require.Equal(t, first, <-exits)
	}
}

func waitUnknown(t *testing.T, s site) {
	exit := Finish(t, s.Runner, hone.AttemptID{UID: "no-such-experiment", Number: 1, Attempt: 1})
	require.Equal(t, hone.Lost, exit.Reason)
	require.NotEmpty(t, exit.Message)
	l := s.launch(Experiment(t, "exit", "0"), 1, 1)
	s.run(t, l)
	other := l.ID()
	other.Number = 7
	require.Equal(t, hone.Lost, Finish(t, s.Runner, other).Reason)
}

func waitCancelled(t *testing.T, s site) {
	l := s.launch(Experiment(t, "sleep"), 1, 1)
	s.start(t, l)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Wait(ctx, l.ID())
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, s.Stop(t.Context(), l.ID(), 0))
	require.Equal(t, hone.Killed, s.finish(t, l).Reason)
}

func secondAttempt(t *testing.T, s site) {
	e := Experiment(t, "env")
	first, second := s.launch(e, 1, 1), s.launch(e, 1, 2)
	_, one := s.run(t, first)
	exit, two := s.run(t, second)
	require.Empty(t, exit.Reason, exit.Message)
	require.Contains(t, one, `"HONE_ATTEMPT=1"`)
	require.Contains(t, two, `"HONE_ATTEMPT=2"`)
	require.Equal(t, one, s.output(t, first), "the output of the first is still there")
}

func secondTooEarly(t *testing.T, s site) {
	e := Experiment(t, "until", "/no/such/file")
	first, second := s.launch(e, 1, 1), s.launch(e, 1, 2)
	s.begin(t, first, "waiting")
	_, err := s.Start(t.Context(), second)
	require.ErrorIs(t, err, hone.Conflict)
	require.NoError(t, s.Stop(t.Context(), first.ID(), Patience))
	require.Equal(t, hone.Killed, s.finish(t, first).Reason)
	s.start(t, second)
	require.NoError(t, s.Stop(t.Context(), second.ID(), Patience))
	require.Equal(t, hone.Killed, s.finish(t, second).Reason)
}

// secondUnknowing starts it with a runner that has not seen the first: it says no, or lets the second wait.
func secondUnknowing(t *testing.T, s site) {
	e, count, until := waiting(t)
	first, second := s.launch(e, 1, 1), s.launch(e, 1, 2)
	s.begin(t, first, "waiting")
	s = s.again(t)
	if _, err := s.Start(t.Context(), second); err != nil {
		require.ErrorIs(t, err, hone.Conflict)
	} else {
		d, ok := s.Runner.(hone.Describer)
		require.True(t, ok, "who lets an attempt wait can tell for what")
		s.until(t, "the second waits, or has begun", func() bool {
			return starts(t, count) > 1 || contains(d.Describe(second.ID()), "attempt 1, has not ended")
		})
		require.Equal(t, 1, starts(t, count))
	}
	s.start(t, first)
	touch(t, until)
	before := s.finish(t, first)
	require.Empty(t, before.Reason, before.Message)
	s.start(t, second)
	after := s.finish(t, second)
	require.Empty(t, after.Reason, after.Message)
	require.False(t, after.Start.Before(before.End), "%v began before %v", after, before)
	require.Equal(t, 2, starts(t, count))
}

func folderKept(t *testing.T, s site) {
	if s.OwnFolder {
		t.Skip("the folder is the attempt's own here")
	}
	e := Experiment(t, "folders")
	first := s.start(t, s.launch(e, 1, 1))
	s.finish(t, s.launch(e, 1, 1))
	kept := filepath.Join(first.Dir, "checkpoint")
	require.NoError(t, os.WriteFile(kept, []byte("half way"), 0o600))
	second := s.start(t, s.launch(e, 1, 2))
	require.Empty(t, s.finish(t, s.launch(e, 1, 2)).Reason)
	require.Equal(t, first.Dir, second.Dir)
	require.NotEqual(t, first.Stdout, second.Stdout)
	require.FileExists(t, kept)
	require.FileExists(t, first.Stdout)
}

func metricsFile(t *testing.T, s site) {
	if s.OwnFolder {
		t.Skip("what follows the file is in the container here")
	}
	e := Experiment(t, "exit", "0")
	e.Spec.Metrics = hone.MetricsSpec{Source: hone.SourceFile, Path: "metrics.jsonl"}
	first := s.start(t, s.launch(e, 1, 1))
	require.Equal(t, filepath.Join(first.Dir, "metrics.jsonl"), first.File)
	require.Zero(t, first.From)
	s.finish(t, s.launch(e, 1, 1))
	require.NoError(t, os.WriteFile(first.File, []byte("0123456789"), 0o600))
	second := s.start(t, s.launch(e, 1, 2))
	require.EqualValues(t, 10, second.From)
	s.finish(t, s.launch(e, 1, 2))
	require.NoError(t, os.WriteFile(first.File, []byte("0123456789abc"), 0o600))
	require.Equal(t, second, s.start(t, s.launch(e, 1, 2)), "what is adopted began where it began")
}

func concurrency(t *testing.T, s site) {
	file := filepath.Join(t.TempDir(), "starts")
	e := Experiment(t, "count", file, "5")
	const trials = 24
	var wg sync.WaitGroup
	for n := range trials {
		wg.Go(func() {
			l := s.launch(e, n+1, 1)
			if _, err := s.Start(t.Context(), l); err != nil {
				t.Error(err)
				return
			}
			exit, err := s.Wait(t.Context(), l.ID())
			if err != nil || exit.Reason != "" {
				t.Error(exit, err)
			}
			if out, err := s.stream(t, l, "stdout"); err != nil || out != "accuracy=0.5\n" {
				t.Errorf("trial %d wrote %q: %v", n+1, out, err)
			}
		})
	}
	wg.Wait()
	require.Equal(t, trials, starts(t, file))
}
