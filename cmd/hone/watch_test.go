package main

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hone-tuner/hone"
	"github.com/stretchr/testify/require"
)

func TestWatchingEventsOverLostConnections(t *testing.T) {
	f := newFake(t, digitsSpec())
	synctest.Test(t, func(t *testing.T) {
		f.changed = make(chan struct{})
		calls := 0
		f.onEvents = func() error {
			if calls++; calls%3 == 0 {
				return hone.Errorf(hone.Unavailable, "the server broke off")
			}
			return nil
		}
		go func() {
			for range 5 {
				time.Sleep(time.Minute)
				f.succeed(t, f.start(t, adam(0.1, 2)), 0.5)
			}
			time.Sleep(time.Minute)
			f.end(t, hone.ExperimentSucceeded, hone.BudgetSpent)
		}()
		x := newTerminal(t, f, "")
		require.Equal(t, exitDone, x.run(t, "watch", "digits", "--after", "1", "-o", "json"), x.stderr)
		var sequences []int64
		for line := range strings.Lines(x.stdout.String()) {
			var ev struct {
				Experiment, Namespace string
				Sequence              int64
			}
			require.NoError(t, json.Unmarshal([]byte(line), &ev))
			require.Equal(t, "digits", ev.Experiment)
			require.Equal(t, "default", ev.Namespace)
			sequences = append(sequences, ev.Sequence)
		}
		want := make([]int64, 17)
		for i := range want {
			want[i] = int64(i + 2)
		}
		require.Equal(t, want, sequences, "each once")
		require.Contains(t, x.stderr.String(), "connection lost, trying again: the server broke off\nconnected again\n")
	})
}

func TestWhatEventsSay(t *testing.T) {
	x := newTerminal(t, ranked(t), "")
	require.Equal(t, exitDone, x.run(t, "watch", "digits", "--after", "0", "--once"), x.stderr)
	golden(t, "watch.txt", x.stdout.String())
	x = newTerminal(t, ranked(t), "")
	require.Equal(t, exitDone, x.run(t, "watch", "digits", "--once"))
	require.Empty(t, x.stdout.String(), "from now on")
	require.Equal(t, exitUsage, x.run(t, "watch", "--after", "3"))
	require.Equal(t, exitUsage, x.run(t, "watch", "digits", "--after", "-2"))
	require.Equal(t, exitFailed, x.run(t, "watch", "nothing"))
}

func TestWatchingAllExperiments(t *testing.T) {
	f := newFake(t, digitsSpec())
	synctest.Test(t, func(t *testing.T) {
		f.changed = make(chan struct{})
		x := newTerminal(t, f, "")
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			time.Sleep(time.Minute)
			f.start(t, adam(0.1, 2))
			time.Sleep(time.Minute)
			cancel()
		}()
		require.Equal(t, exitInterrupted, x.app.run(ctx, []string{"watch"}))
		require.Equal(t, 1, strings.Count(x.stdout.String(), "TrialStarted"), x.stdout)
		require.Equal(t, 1, strings.Count(x.stdout.String(), "TrialCreated"))
		require.NotContains(t, x.stdout.String(), "  Created ")
	})
}

func TestAWatchGivesUpWhereNobodyLooks(t *testing.T) {
	f := newFake(t, digitsSpec())
	synctest.Test(t, func(t *testing.T) {
		f.changed = make(chan struct{})
		f.onEvents = func() error { return hone.Errorf(hone.Unavailable, "no server answers") }
		x := newTerminal(t, f, "")
		began := time.Now()
		require.Equal(t, exitFailed, x.run(t, "watch", "digits"))
		require.GreaterOrEqual(t, time.Since(began), givenUpAfter)
		require.Contains(t, x.stderr.String(), "hone: no server answers")
	})
}

func TestNewLimitsAreToldOnceAndInWords(t *testing.T) {
	for parallelism, want := range map[int]string{
		0: "digits  9 trials, at most 10 failed, parallelism without limit\n",
		3: "digits  9 trials, at most 10 failed, parallelism 3\n",
	} {
		f := ranked(t)
		before := f.experiment.Status.Events
		f.record(t, hone.Event{Type: hone.EventEdited, Message: `limits are now {"budget":{"trials":9}}`,
			Limits: &hone.Limits{Budget: hone.Budget{Trials: 9}, Parallelism: parallelism}})
		x := newTerminal(t, f, "")
		require.Equal(t, exitDone, x.run(t, "watch", "digits", "--once", "--after", strconv.FormatInt(before, 10)))
		require.True(t, strings.HasSuffix(x.stdout.String(), "Edited            "+want), x.stdout)
		require.NotContains(t, x.stdout.String(), "{")
	}
}
