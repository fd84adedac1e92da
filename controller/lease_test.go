package controller_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
)

// waitForEnd is an algorithm that never answers.
func waitForEnd(ctx context.Context, _ hone.Request) error {
	<-ctx.Done()
	return ctx.Err()
}

const minute = hone.Duration(time.Minute)

func TestAWorkerThatIsSilentLosesItsTrial(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 0)
		c := w.open(t, external(nil))
		defer c.Close()
		first := one(t, c, hone.AskRequest{Client: "a", Lease: minute})
		require.Equal(t, minute, first.Lease)
		forever := one(t, c, hone.AskRequest{Client: "c"})
		for _, sign := range []struct {
			name string
			give func() error
		}{
			{"asking again", func() error { one(t, c, hone.AskRequest{Client: "a"}); return nil }},
			{"measuring", func() error { _, err := c.Measure(t.Context(), name, reading(1, 1, 0.5)); return err }},
			{"measuring nothing", func() error { _, err := c.Measure(t.Context(), name, hone.Batch{Number: 1, Attempt: 1}); return err }},
		} {
			time.Sleep(59 * time.Second)
			require.NoError(t, sign.give(), sign.name)
		}
		time.Sleep(59 * time.Second)
		trial, err := c.GetTrial(t.Context(), name, 1)
		require.NoError(t, err)
		require.Equal(t, hone.TrialRunning, trial.State)
		time.Sleep(2 * time.Second)
		trial, err = c.GetTrial(t.Context(), name, 1)
		require.NoError(t, err)
		require.Equal(t, hone.TrialPending, trial.State)
		require.Equal(t, hone.Lost, trial.Reason)
		require.Equal(t, "worker a was silent for longer than its lease of 1m; attempt 2 is for whoever asks next", trial.Message)

		_, err = c.Measure(t.Context(), name, hone.Batch{Number: 1, Attempt: 1})
		require.ErrorIs(t, err, hone.Conflict)
		second := one(t, c, hone.AskRequest{Client: "b", Lease: minute})
		require.Equal(t, 1, second.Number)
		require.Equal(t, 2, second.Attempt)
		require.Equal(t, first.Parameters, second.Parameters)
		require.Equal(t, 3, one(t, c, hone.AskRequest{Client: "a"}).Number, "it is no longer a's")
		tell := succeeded(0.5)
		tell.Attempt = 1
		_, err = c.Tell(t.Context(), name, 1, tell)
		require.ErrorIs(t, err, hone.Conflict)
		require.ErrorContains(t, err, "attempt 1 was given up")
		_, err = c.Measure(t.Context(), name, hone.Batch{Number: 1, Attempt: 1})
		require.ErrorIs(t, err, hone.Conflict)
		tell.Attempt = 2
		_, err = c.Tell(t.Context(), name, 1, tell)
		require.NoError(t, err)
		time.Sleep(time.Hour)
		trial, err = c.GetTrial(t.Context(), name, forever.Number)
		require.NoError(t, err)
		require.Equal(t, hone.TrialRunning, trial.State, "without a lease there is no hurry")
		c.Close() // so that its heart does not beat between two looks
		e, err := c.GetExperiment(t.Context(), name)
		require.NoError(t, err)
		w.checkTold(t, e)
	})
}

func TestAfterARestartEveryLeaseBeginsAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, d := newWorld(t, 0), external(nil)
		c := w.open(t, d)
		one(t, c, hone.AskRequest{Client: "a", Lease: minute})
		time.Sleep(50 * time.Second)
		c.Close()
		time.Sleep(time.Hour)
		c = w.controller(w.store, d)
		defer c.Close()
		require.NoError(t, c.Resume(t.Context()))
		time.Sleep(50 * time.Second)
		trial, err := c.GetTrial(t.Context(), name, 1)
		require.NoError(t, err)
		require.Equal(t, hone.TrialRunning, trial.State)
		time.Sleep(11 * time.Second)
		trial, err = c.GetTrial(t.Context(), name, 1)
		require.NoError(t, err)
		require.Equal(t, hone.TrialPending, trial.State)

		require.Equal(t, 2, one(t, c, hone.AskRequest{Client: "b", Lease: minute}).Attempt)
		require.NoError(t, c.InterruptExperiment(t.Context(), name))
		time.Sleep(time.Hour)
		require.Equal(t, 2, one(t, c, hone.AskRequest{Client: "c"}).Number, "nobody has counted")
	})
}

func TestWhatBecomesOfALostTrial(t *testing.T) {
	for _, c := range []struct {
		name     string
		onLost   string
		losses   int
		stopping bool
		state    hone.TrialState
		reason   hone.Reason
		message  string
	}{
		{"it is given to another one", "retry", 10, false, hone.TrialPending, hone.Lost, "attempt 11 is for whoever asks next"},
		{"one that takes down all its workers fails", "retry", 11, false, hone.TrialFailed, hone.Lost, "it was lost 11 times"},
		{"onLost fail", "fail", 1, false, hone.TrialFailed, hone.Lost, "worker w1 was silent for longer than its lease of 1m"},
		{"one that was to stop has stopped", "retry", 1, true, hone.TrialEarlyStopped, hone.StoppedEarly, "above upper"},
		{"one that was to stop has stopped, with onLost fail", "fail", 1, true, hone.TrialEarlyStopped, hone.StoppedEarly, "above upper"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, 0)
				ctl := w.open(t, external(func(s *hone.Spec) {
					s.OnLost = c.onLost
					s.EarlyStopping = hone.EarlyStoppingSpec{Name: "threshold", Settings: map[string]hone.Value{"upper": hone.Number(0.9)}}
				}))
				defer ctl.Close()
				for i := 1; i <= c.losses; i++ {
					trial := one(t, ctl, hone.AskRequest{Client: fmt.Sprint("w", i), Lease: minute})
					require.Equal(t, 1, trial.Number)
					require.Equal(t, i, trial.Attempt)
					value := 0.5
					if c.stopping {
						value = 0.95
					}
					stop, err := ctl.Measure(t.Context(), name, reading(1, 1, value))
					require.NoError(t, err)
					require.Equal(t, c.stopping, stop)
					time.Sleep(61 * time.Second)
				}
				trial, err := ctl.GetTrial(t.Context(), name, 1)
				require.NoError(t, err)
				require.Equal(t, c.state, trial.State)
				require.Equal(t, c.reason, trial.Reason)
				require.Contains(t, trial.Message, c.message)
				require.Equal(t, c.losses, trial.Attempt)
				if c.stopping {
					require.EqualValues(t, 0.95, *trial.Value)
				}
				e, err := ctl.GetExperiment(t.Context(), name)
				require.NoError(t, err)
				w.checkTold(t, e)
			})
		})
	}
}

func TestThousandsOfLeasesRunOutAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 0)
		c := w.open(t, external(func(s *hone.Spec) { s.Budget.Trials = 3000 }))
		defer c.Close()
		for i := range 3 {
			require.Len(t, ask(t, c, hone.AskRequest{Count: 1000, Client: fmt.Sprint(i), Lease: minute}).Trials, 1000)
		}
		time.Sleep(30 * time.Second)
		require.Len(t, ask(t, c, hone.AskRequest{Count: 1000, Client: "1"}).Trials, 1000)
		time.Sleep(31 * time.Second)
		e, err := c.GetExperiment(t.Context(), name)
		require.NoError(t, err)
		require.Equal(t, 2000, e.Status.Counts.Pending)
		require.Equal(t, 1000, e.Status.Counts.Running)
		w.checkTold(t, e)
	})
}
