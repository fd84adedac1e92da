package controller_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/controller"
)

// external is digits without a program: its trials are for whoever asks.
func external(change func(*hone.Spec)) plain {
	return digits(func(s *hone.Spec) {
		s.Trial, s.Parallelism = nil, 0
		if change != nil {
			change(s)
		}
	})
}

// open creates an external experiment.
func (w *world) open(t *testing.T, d plain) *controller.Controller {
	c := w.controller(w.store, d)
	e, err := c.CreateExperiment(t.Context(), nil)
	require.NoError(t, err)
	require.Equal(t, hone.ExperimentRunning, e.Status.State)
	return c
}

func ask(t *testing.T, c *controller.Controller, r hone.AskRequest) hone.AskReply {
	t.Helper()
	reply, err := c.Ask(t.Context(), name, r)
	require.NoError(t, err)
	return reply
}

func one(t *testing.T, c *controller.Controller, r hone.AskRequest) hone.Trial {
	t.Helper()
	reply := ask(t, c, r)
	require.Len(t, reply.Trials, 1, "%+v", reply)
	return reply.Trials[0]
}

func succeeded(value float64) hone.TellRequest {
	return hone.TellRequest{State: hone.TrialSucceeded, Metrics: map[string]hone.Float{"accuracy": hone.Float(value)}}
}

func TestAWorkerAsksAndTellsUntilTheBudgetIsSpent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 0)
		c := w.open(t, external(nil))
		defer c.Close()
		for i := 1; ; i++ {
			reply := ask(t, c, hone.AskRequest{Client: "a"})
			if len(reply.Trials) == 0 {
				require.Equal(t, hone.AskReply{State: hone.ExperimentSucceeded, Reason: hone.BudgetSpent}, reply)
				break
			}
			trial := reply.Trials[0]
			require.Equal(t, i, trial.Number)
			require.Equal(t, hone.TrialRunning, trial.State)
			require.Equal(t, 1, trial.Attempt)
			require.NotEmpty(t, trial.Parameters)
			require.Equal(t, "a", trial.Client)
			again := one(t, c, hone.AskRequest{Client: "a"})
			require.Equal(t, trial, again, "asking again gives the same")
			ended, err := c.Tell(t.Context(), name, trial.Number, succeeded(float64(i)/100))
			require.NoError(t, err)
			require.Equal(t, hone.TrialSucceeded, ended.State)
			require.EqualValues(t, float64(i)/100, *ended.Value)
			twice, err := c.Tell(t.Context(), name, trial.Number, succeeded(float64(i)/100))
			require.NoError(t, err)
			require.Equal(t, ended.Finished, twice.Finished)
			_, err = c.Tell(t.Context(), name, trial.Number, succeeded(0))
			require.ErrorIs(t, err, hone.Conflict)
		}
		require.NoError(t, c.Wait(t.Context()), "an external experiment keeps nobody waiting")
		e, err := c.GetExperiment(t.Context(), name)
		require.NoError(t, err)
		require.Equal(t, 20, e.Status.Counts.Succeeded)
		w.checkTold(t, e)
	})
}

// checkTold verifies what must hold of an external experiment.
func (w *world) checkTold(t *testing.T, e hone.Experiment) {
	ctx := context.Background()
	trials, err := w.store.Trials(ctx, e.UID, hone.TrialFilter{})
	require.NoError(t, err)
	require.Len(t, trials, e.Status.Created)
	if limit := e.Spec.Budget.Trials; limit > 0 {
		require.LessOrEqual(t, e.Status.Created, limit)
	}
	w.refold(t, e)
}

func TestManyWorkersShareAnExperiment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 0)
		c := w.open(t, external(func(s *hone.Spec) { s.Budget.Trials, s.Parallelism = 200, 8 }))
		defer c.Close()
		done := make(chan error, 10)
		for i := range 10 {
			go func() { done <- work(t.Context(), c, fmt.Sprintf("w%d", i)) }()
		}
		for range 10 {
			require.NoError(t, <-done)
		}
		e, err := c.GetExperiment(t.Context(), name)
		require.NoError(t, err)
		require.Equal(t, 200, e.Status.Counts.Succeeded)
		require.Equal(t, hone.BudgetSpent, e.Status.Reason)
		w.checkTold(t, e)
	})
}

// work asks and tells until there is nothing more to ask for.
func work(ctx context.Context, c *controller.Controller, client string) error {
	for {
		reply, err := c.Ask(ctx, name, hone.AskRequest{Client: client})
		if err != nil {
			return err
		}
		for _, trial := range reply.Trials {
			time.Sleep(time.Duration(trial.Number%7) * 100 * time.Millisecond)
			if _, err := c.Tell(ctx, name, trial.Number, succeeded(float64(trial.Number))); err != nil {
				return err
			}
		}
		switch {
		case len(reply.Trials) > 0:
		case reply.RetryAfter == 0:
			return nil
		default:
			time.Sleep(time.Duration(reply.RetryAfter))
		}
	}
}
