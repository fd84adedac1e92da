package controller_test

import (
	"math"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/controller"
)

func told(state hone.TrialState, metrics map[string]hone.Float, message string) hone.TellRequest {
	return hone.TellRequest{State: state, Metrics: metrics, Message: message}
}

func TestWhatATellMakesOfATrial(t *testing.T) {
	good := map[string]hone.Float{"accuracy": 0.75, "loss": hone.Float(math.Inf(1))}
	for _, c := range []struct {
		name     string
		tell     hone.TellRequest
		readings []float64
		stopping bool // the rule has given it up
		state    hone.TrialState
		reason   hone.Reason
		message  string
		value    float64 // NaN for none
	}{
		{name: "metrics are the observation as they are", tell: told(hone.TrialSucceeded, good, "fine"), readings: []float64{0.8},
			state: hone.TrialSucceeded, message: "fine", value: 0.75},
		{name: "without metrics the readings are reduced", tell: told(hone.TrialSucceeded, nil, ""), readings: []float64{0.5, 0.8, 0.7},
			state: hone.TrialSucceeded, value: 0.8},
		{name: "without metrics and readings it has failed", tell: told(hone.TrialSucceeded, nil, "done"),
			state: hone.TrialFailed, reason: hone.MetricsUnavailable, message: `without metrics, and there is no reading of "accuracy": done`, value: math.NaN()},
		{name: "without the objective it has failed, whatever the readings", tell: told(hone.TrialSucceeded, map[string]hone.Float{"loss": 1}, ""),
			readings: []float64{0.5}, state: hone.TrialFailed, reason: hone.MetricsUnavailable, message: `no value of "accuracy"`, value: math.NaN()},
		{name: "NaN has failed", tell: told(hone.TrialSucceeded, map[string]hone.Float{"accuracy": hone.Float(math.NaN())}, ""),
			state: hone.TrialFailed, reason: hone.NonFinite, message: "not finite", value: math.NaN()},
		{name: "no finite reading has failed", tell: told(hone.TrialSucceeded, nil, ""), readings: []float64{math.Inf(-1)}, stopping: true,
			state: hone.TrialFailed, reason: hone.NonFinite, value: math.NaN()},
		{name: "failed keeps its message", tell: told(hone.TrialFailed, nil, "out of memory"), readings: []float64{0.5},
			state: hone.TrialFailed, reason: hone.Told, message: "out of memory", value: math.NaN()},
		{name: "stopped by its worker", tell: told(hone.TrialStopped, nil, "shutting down"),
			state: hone.TrialStopped, reason: hone.Told, message: "shutting down", value: math.NaN()},
		{name: "stopped early by its worker", tell: told(hone.TrialEarlyStopped, good, "hopeless"),
			state: hone.TrialEarlyStopped, reason: hone.StoppedEarly, message: "hopeless", value: 0.75},
		{name: "told to stop, and succeeded", tell: told(hone.TrialSucceeded, good, ""), readings: []float64{0.5, 0.99}, stopping: true,
			state: hone.TrialEarlyStopped, reason: hone.StoppedEarly, message: "above upper", value: 0.75},
		{name: "told to stop, and stopped", tell: told(hone.TrialStopped, nil, ""), readings: []float64{0.5, 0.99}, stopping: true,
			state: hone.TrialEarlyStopped, reason: hone.StoppedEarly, message: "above upper", value: 0.99},
		{name: "told to stop, and failed", tell: told(hone.TrialFailed, nil, "crashed"), readings: []float64{0.5, 0.99}, stopping: true,
			state: hone.TrialFailed, reason: hone.Told, message: "crashed", value: math.NaN()},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, 0)
				d := external(func(s *hone.Spec) {
					s.EarlyStopping = hone.EarlyStoppingSpec{Name: "threshold", Settings: map[string]hone.Value{"upper": hone.Number(0.9)}}
				})
				ctl := w.open(t, d)
				one(t, ctl, hone.AskRequest{Client: "a"})
				for i, v := range c.readings {
					stop, err := ctl.Measure(t.Context(), name, reading(1, int64(i), v))
					require.NoError(t, err)
					require.Equal(t, c.stopping && i == len(c.readings)-1, stop)
				}
				got, err := ctl.Tell(t.Context(), name, 1, c.tell)
				require.NoError(t, err)
				ctl.Close()

				ctl = w.controller(w.store, d) // another process
				defer ctl.Close()
				c.tell.Attempt = 1
				again, err := ctl.Tell(t.Context(), name, 1, c.tell)
				require.NoError(t, err, "the same again")
				for _, trial := range []hone.Trial{got, again} {
					require.Equal(t, c.state, trial.State)
					require.Equal(t, c.reason, trial.Reason)
					require.Contains(t, trial.Message, c.message)
					require.Equal(t, !math.IsNaN(c.value), trial.Value != nil)
					if trial.Value != nil {
						require.EqualValues(t, c.value, *trial.Value)
					}
					for metric, value := range c.tell.Metrics {
						require.Equal(t, value.String(), trial.Metrics[metric].String())
					}
				}
				for what, other := range map[string]hone.TellRequest{
					"another message": {State: c.tell.State, Metrics: c.tell.Metrics, Message: c.tell.Message + "!"},
					"other metrics":   {State: c.tell.State, Metrics: map[string]hone.Float{"accuracy": 0.1}, Message: c.tell.Message},
					"another attempt": {State: c.tell.State, Metrics: c.tell.Metrics, Message: c.tell.Message, Attempt: 2},
				} {
					_, err = ctl.Tell(t.Context(), name, 1, other)
					require.ErrorIs(t, err, hone.Conflict, what)
				}
				e, err := ctl.GetExperiment(t.Context(), name)
				require.NoError(t, err)
				require.Equal(t, 1, e.Status.Finished)
				w.checkTold(t, e)
			})
		})
	}
}

func TestOfManyTellsAtATimeOneCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 0)
		c := w.openOn(t, slowly{w.store}, external(nil))
		defer c.Close()
		require.Len(t, ask(t, c, hone.AskRequest{Client: "a", Count: 2}).Trials, 2)
		go func() { _, _ = c.Tell(t.Context(), name, 2, succeeded(1)) }()
		time.Sleep(disk / 2) // the rest comes while this is being written
		var all sync.WaitGroup
		var mu sync.Mutex
		good, conflicts := map[float64]int{}, 0
		for i := range 40 {
			all.Go(func() {
				value := float64(i%4) / 10
				trial, err := c.Tell(t.Context(), name, 1, succeeded(value))
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					require.ErrorIs(t, err, hone.Conflict)
					conflicts++
					return
				}
				require.EqualValues(t, value, *trial.Value)
				good[value]++
			})
		}
		all.Wait()
		require.Len(t, good, 1, "what was told first")
		require.Equal(t, 30, conflicts)
		_, err := c.Tell(t.Context(), name, 3, succeeded(1))
		require.ErrorIs(t, err, hone.NotFound)
	})
}

// A trial that goes back to the queue while its end waits to be recorded is not ended by it.
func TestWhatIsPendingCannotBeTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 0)
		c := w.open(t, external(nil))
		defer c.Close()
		one(t, c, hone.AskRequest{Client: "a"})
		_, err := c.StopTrial(t.Context(), name, 1)
		require.NoError(t, err)
		_, err = c.RetryTrial(t.Context(), name, 1)
		require.NoError(t, err)
		_, err = c.Tell(t.Context(), name, 1, succeeded(1))
		require.ErrorIs(t, err, hone.Conflict)
		require.ErrorContains(t, err, "digits-0001 is Pending: ask for it")
		_, err = c.Measure(t.Context(), name, reading(1, 1, 1))
		require.ErrorIs(t, err, hone.Conflict)
		require.Equal(t, 2, one(t, c, hone.AskRequest{Client: "a"}).Attempt)
	})
}

// The rule of early stopping learns from what was told, also after a restart.
func TestTheRuleLearnsFromWhatWasTold(t *testing.T) {
	for _, restart := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, 0)
			d := external(func(s *hone.Spec) {
				s.EarlyStopping = hone.EarlyStoppingSpec{Name: "median", Settings: map[string]hone.Value{"startTrials": hone.Number(2)}}
			})
			c := w.open(t, d)
			require.Len(t, ask(t, c, hone.AskRequest{Client: "a", Count: 3}).Trials, 3)
			again := func() {
				if restart {
					c.Close()
					c = w.controller(w.store, d)
				}
			}
			measure := func(number int, step int64, value float64) bool {
				stop, err := c.Measure(t.Context(), name, reading(number, step, value))
				require.NoError(t, err)
				return stop
			}
			for number := 1; number <= 2; number++ {
				for step := range int64(3) {
					require.False(t, measure(number, step, 0.8))
				}
				again()
				_, err := c.Tell(t.Context(), name, number, hone.TellRequest{State: hone.TrialSucceeded})
				require.NoError(t, err)
				again()
			}
			require.False(t, measure(3, 0, 0.9))
			again()
			require.False(t, measure(3, 1, 0.1), "its best is good enough")
			again()
			stop := false
			for step := int64(2); step < 5; step++ {
				stop = stop || measure(3, step, 0.1)
			}
			require.False(t, stop)
			trial := one(t, c, hone.AskRequest{Client: "b"})
			require.True(t, measure(trial.Number, 1, 0.1))
			again()
			require.True(t, measure(trial.Number, 2, 0.95), "it is on record")
			c.Close()
		})
	}
}

func TestNothingIsTakenAfterClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 0)
		c, _ := w.moody(external(nil), nil)
		c.Suggester = drawer{}
		_, err := c.CreateExperiment(t.Context(), nil)
		require.NoError(t, err)
		one(t, c, hone.AskRequest{Client: "a"})
		c.Close()
		_, err = c.Ask(t.Context(), name, hone.AskRequest{})
		require.ErrorIs(t, err, hone.Unavailable)
		_, err = c.Tell(t.Context(), name, 1, succeeded(1))
		require.ErrorIs(t, err, hone.Unavailable)
		time.Sleep(time.Hour)
		e, err := c.GetExperiment(t.Context(), name)
		require.NoError(t, err)
		require.Equal(t, 1, e.Status.Counts.Running)
		require.True(t, e.Status.Seen.IsZero())
	})
}

// Those who wait when the process leaves hear of it.
func TestWhoWaitsHearsThatTheProcessLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 0)
		var c *controller.Controller
		c, _ = w.moody(external(nil), waitForEnd)
		_, err := c.CreateExperiment(t.Context(), nil)
		require.NoError(t, err)
		failed := make(chan error, 1)
		go func() {
			_, err := c.Ask(t.Context(), name, hone.AskRequest{Client: "a"})
			failed <- err
		}()
		time.Sleep(time.Second)
		c.Close()
		require.ErrorIs(t, <-failed, hone.Unavailable)
	})
}
