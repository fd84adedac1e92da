package controller_test

import (
	"context"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/controller"
	"github.com/hone-tuner/hone/storage/memory"
)

var name = hone.Name{Namespace: "default", Name: "digits"}

func digits(change func(*hone.Spec)) plain {
	seed := uint64(7)
	e := hone.Experiment{Name: "digits", Namespace: "default"}
	e.Spec = hone.Spec{
		Objective:   hone.Objective{Metric: "accuracy", Goal: hone.Maximize},
		SearchSpace: hone.NewSpace(hone.Double("lr", 0, 1)),
		Algorithm:   hone.AlgorithmSpec{Seed: &seed},
		Parallelism: 3, Budget: hone.Budget{Trials: 20, Failures: &[]int{100}[0]},
		Trial: &hone.TrialTemplate{Command: []string{"train"}},
	}
	if change != nil {
		change(&e.Spec)
	}
	return plain{experiment: e}
}

func newWorld(t testing.TB, parallelism int) *world {
	return &world{t: t, store: memory.New(), parallelism: parallelism, procs: map[hone.AttemptID]*proc{}, runs: map[int]int{}}
}

func (w *world) controller(store hone.Store, d plain) *controller.Controller {
	return controller.New(controller.Options{Store: store, Suggester: drawer{}, Runner: w, Collector: w, Decoder: d,
		Clock: time.Now, NewUID: func() string { return "uid-1" }, NewSeed: func() uint64 { return 1 }, Secret: []byte("secret")})
}

// finish runs the experiment to its end with a controller that nothing disturbs.
func (w *world) finish(t *testing.T, d plain) hone.Experiment {
	c := w.controller(w.store, d)
	defer c.Close()
	_, err := c.RunExperiment(t.Context(), hone.RunRequest{})
	require.NoError(t, err)
	require.NoError(t, c.Wait(t.Context()))
	e, err := c.GetExperiment(t.Context(), name)
	require.NoError(t, err)
	return e
}

// check verifies what must hold of every experiment that has ended.
func (w *world) check(t *testing.T, e hone.Experiment) {
	ctx := context.Background()
	trials, err := w.store.Trials(ctx, e.UID, hone.TrialFilter{})
	require.NoError(t, err)
	require.Len(t, trials, e.Status.Created)
	require.LessOrEqual(t, e.Status.Created, e.Spec.Budget.Trials)
	require.Zero(t, w.alive(), "nothing is left behind")
	for i, trial := range trials {
		require.Equal(t, i+1, trial.Number)
		require.True(t, trial.State.Ended(), "%s is %s", trial.Name(), trial.State)
		require.Equal(t, trial.Attempt, w.runs[trial.Number], "every attempt of %s was started once", trial.Name())
		if trial.State != hone.TrialSucceeded {
			continue
		}
		p := w.procs[hone.AttemptID{UID: e.UID, Number: trial.Number, Attempt: trial.Attempt}]
		batches, err := w.store.Batches(ctx, e.UID, trial.Number)
		require.NoError(t, err)
		readings := hone.Readings(batches)
		require.Len(t, readings, len(p.values), "every reading of %s is there, once", trial.Name())
		for k, m := range readings {
			require.Equal(t, p.values[k], float64(m.Value))
		}
	}
	w.refold(t, e)
}

// refold folds all events anew and compares.
func (w *world) refold(t *testing.T, e hone.Experiment) {
	events, err := w.store.Events(context.Background(), e.UID, 0, 1_000_000)
	require.NoError(t, err)
	again := hone.Experiment{UID: e.UID, Name: e.Name, Namespace: e.Namespace, Spec: e.Spec}
	trials := map[int]hone.Trial{}
	for _, ev := range events {
		var trial hone.Trial
		again, trial, err = hone.Fold(again, trials[ev.Trial], ev)
		require.NoError(t, err)
		trials[ev.Trial] = trial
	}
	require.Equal(t, e.Status, again.Status)
}

func TestAnExperimentRunsToItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 3)
		e := w.finish(t, digits(nil))
		require.Equal(t, hone.ExperimentSucceeded, e.Status.State)
		require.Equal(t, hone.BudgetSpent, e.Status.Reason)
		require.Equal(t, 20, e.Status.Created)
		w.check(t, e)
	})
}

// TestCrashesAtAnyInstant kills the controller after a random number of writes, again and again, while the
// programs go on, and checks that the end is one that an undisturbed run could have reached.
func TestCrashesAtAnyInstant(t *testing.T) {
	for seed := range uint64(40) {
		synctest.Test(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 1))
			w, d := newWorld(t, 3), digits(nil)
			for range 6 {
				var left atomic.Int64
				left.Store(int64(rng.IntN(40)))
				c := w.controller(mortal{Store: w.store, left: &left}, d)
				if _, err := c.RunExperiment(t.Context(), hone.RunRequest{}); err == nil {
					ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rng.IntN(8))*time.Second)
					_ = c.Wait(ctx) // it ends, dies, or is killed by the clock: all of it is wanted
					cancel()
				}
				left.Store(0)
				c.Close()
			}
			e := w.finish(t, d)
			require.Equal(t, hone.BudgetSpent, e.Status.Reason)
			require.Equal(t, 20, e.Status.Created)
			w.check(t, e)
		})
	}
}

func TestInterruptGoesBackToPending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, d := newWorld(t, 3), digits(nil)
		c := w.controller(w.store, d)
		_, err := c.RunExperiment(t.Context(), hone.RunRequest{})
		require.NoError(t, err)
		time.Sleep(time.Second)
		require.NoError(t, c.InterruptExperiment(t.Context(), name))
		e, err := c.GetExperiment(t.Context(), name)
		require.NoError(t, err)
		require.Equal(t, hone.ExperimentRunning, e.Status.State)
		require.Zero(t, e.Status.Counts.Running)
		require.Positive(t, e.Status.Counts.Pending)
		require.Zero(t, w.alive())
		require.NoError(t, c.Wait(t.Context()))
		created := e.Status.Created
		c.Close()

		e = w.finish(t, d)
		require.Greater(t, e.Status.Created, created)
		require.Equal(t, 20, e.Status.Created, "an interrupt charges nothing to the budget")
		w.check(t, e)
	})
}

func TestPauseResumeStopAndReopen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, d := newWorld(t, 3), digits(nil)
		c := w.controller(w.store, d)
		defer c.Close()
		_, err := c.RunExperiment(t.Context(), hone.RunRequest{})
		require.NoError(t, err)
		time.Sleep(time.Second)
		e, err := c.PauseExperiment(t.Context(), name)
		require.NoError(t, err)
		created := e.Status.Created
		time.Sleep(time.Minute)
		e, err = c.GetExperiment(t.Context(), name)
		require.NoError(t, err)
		require.Equal(t, created, e.Status.Created, "nothing new starts while it is paused")
		require.Zero(t, e.Status.Counts.Live())
		_, err = c.ResumeExperiment(t.Context(), name)
		require.NoError(t, err)
		require.NoError(t, c.Wait(t.Context()))

		e, err = c.UpdateExperiment(t.Context(), name, hone.Patch{Spec: []byte(`{"budget":{"trials":25}}`)})
		require.ErrorIs(t, err, hone.InvalidArgument, "the catalog of this controller is empty, so that validation refuses")
		d.experiment.Spec.Budget.Trials = 25
		c2 := w.controller(w.store, d)
		defer c2.Close()
		_, err = c2.RunExperiment(t.Context(), hone.RunRequest{})
		require.NoError(t, err)
		require.NoError(t, c2.Wait(t.Context()))
		e, err = c2.GetExperiment(t.Context(), name)
		require.NoError(t, err)
		require.Equal(t, 25, e.Status.Created, "a raised limit reopens")
		w.check(t, e)
	})
}

func TestStopKillsAndDrainWaits(t *testing.T) {
	for _, drain := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			w, d := newWorld(t, 3), digits(nil)
			c := w.controller(w.store, d)
			defer c.Close()
			_, err := c.RunExperiment(t.Context(), hone.RunRequest{})
			require.NoError(t, err)
			time.Sleep(time.Second)
			_, err = c.StopExperiment(t.Context(), name, drain)
			require.NoError(t, err)
			require.NoError(t, c.Wait(t.Context()))
			e, err := c.GetExperiment(t.Context(), name)
			require.NoError(t, err)
			require.Equal(t, hone.ExperimentStopped, e.Status.State)
			require.Equal(t, !drain, e.Status.Counts.Stopped > 0)
			w.check(t, e)
			require.NoError(t, c.DeleteExperiment(t.Context(), name))
			_, err = c.GetExperiment(t.Context(), name)
			require.ErrorIs(t, err, hone.NotFound)
		})
	}
}

func TestTargetStopsTheOthers(t *testing.T) {
	target := 0.5
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 3)
		e := w.finish(t, digits(func(s *hone.Spec) { s.Objective.Target = &target }))
		require.Equal(t, hone.TargetReached, e.Status.Reason)
		require.Less(t, e.Status.Created, 20)
		w.check(t, e)
	})
}

func TestEarlyStoppingKeepsTheValueReached(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 3)
		e := w.finish(t, digits(func(s *hone.Spec) {
			s.EarlyStopping = hone.EarlyStoppingSpec{Name: "threshold", Settings: map[string]hone.Value{"upper": hone.Number(0.8)}}
		}))
		require.Positive(t, e.Status.Counts.EarlyStopped)
		trials, err := w.store.Trials(t.Context(), e.UID, hone.TrialFilter{States: []hone.TrialState{hone.TrialEarlyStopped}})
		require.NoError(t, err)
		for _, trial := range trials {
			require.Greater(t, float64(*trial.Value), 0.8)
			require.Contains(t, trial.Message, "above upper")
		}
		w.check(t, e)
	})
}

func TestRunningAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, d := newWorld(t, 3), digits(nil)
		e := w.finish(t, d)
		c := w.controller(w.store, d)
		reply, err := c.RunExperiment(t.Context(), hone.RunRequest{})
		require.NoError(t, err)
		require.False(t, reply.Created)
		require.Equal(t, e.Status, reply.Experiment.Status, "a finished one is shown as it is")
		c.Close()

		d.experiment.Spec.SearchSpace = hone.NewSpace(hone.Double("lr", 0, 2))
		c = w.controller(w.store, d)
		defer c.Close()
		_, err = c.RunExperiment(t.Context(), hone.RunRequest{})
		require.ErrorIs(t, err, hone.InvalidArgument)
		require.ErrorContains(t, err, "spec.parameters[0].max: 1 → 2")
		require.ErrorContains(t, err, "hone delete digits")
	})
}

func TestDurationCountsRunningTimeOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, d := newWorld(t, 1), digits(func(s *hone.Spec) {
			s.Parallelism, s.Budget = 1, hone.Budget{Trials: 1000, Duration: hone.Duration(10 * time.Second), Failures: s.Budget.Failures}
		})
		c := w.controller(w.store, d)
		_, err := c.RunExperiment(t.Context(), hone.RunRequest{})
		require.NoError(t, err)
		time.Sleep(4 * time.Second)
		require.NoError(t, c.InterruptExperiment(t.Context(), name))
		c.Close()
		time.Sleep(24 * time.Hour) // nobody runs it
		begin := time.Now()
		e := w.finish(t, d)
		require.Equal(t, hone.BudgetSpent, e.Status.Reason)
		require.InDelta(t, 6, time.Since(begin).Seconds(), 1)
		w.check(t, e)
	})
}

func TestAFileThatIsAsItWasDoesNotUndoAnEdit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, d := newWorld(t, 3), digits(func(s *hone.Spec) { s.Budget.Trials = 4 })
		w.finish(t, d)
		c := w.controller(w.store, d)
		defer c.Close()
		c.Catalog = hone.Catalog{Algorithms: []hone.Choice{{Name: "auto"}}, EarlyStopping: []hone.Choice{{Name: "none"}}}
		_, err := c.UpdateExperiment(t.Context(), name, hone.Patch{Spec: []byte(`{"budget":{"trials":6}}`)})
		require.NoError(t, err)
		e := w.finish(t, d)
		require.Equal(t, 6, e.Status.Created, "the edit holds")
		d.experiment.Spec.Budget.Trials = 8
		e = w.finish(t, d)
		require.Equal(t, 8, e.Status.Created, "a file that says something new counts")
		_, err = c.UpdateExperiment(t.Context(), name, hone.Patch{Spec: []byte(`{"budget":{"trials":null}}`)})
		require.ErrorIs(t, err, hone.InvalidArgument)
		w.check(t, e)
	})
}
