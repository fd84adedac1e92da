package client_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/client"
	"github.com/hone-tuner/hone/client/typed"
	"github.com/hone-tuner/hone/embedded"
	"github.com/stretchr/testify/require"
)

type bowl struct {
	X float64 `hone:"x,min=-5,max=5"`
	Y float64 `hone:"y,min=-5,max=5"`
}

func bowlOf(trials int) hone.Experiment {
	return hone.Experiment{Name: "bowl", Spec: hone.Spec{
		Objective: hone.Objective{Metric: "loss", Goal: hone.Minimize},
		Algorithm: hone.AlgorithmSpec{Name: "random", Seed: new(uint64(7))},
		Budget:    hone.Budget{Trials: trials, Failures: new(1000)},
	}}
}

// typedBowl is what Optimize submits.
func typedBowl(t *testing.T, trials int) hone.Experiment {
	t.Helper()
	space, err := typed.SpaceOf[bowl]()
	require.NoError(t, err)
	e := bowlOf(trials)
	e.Spec.SearchSpace = space.SearchSpace()
	return e
}

func depth(_ context.Context, p bowl, _ client.Reporter) (float64, error) {
	return p.X*p.X + p.Y*p.Y, nil
}

func inMemory(t *testing.T) *embedded.Service {
	t.Helper()
	s, err := embedded.Open("", embedded.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// bubble runs a test on a clock that moves when nobody does anything.
func bubble(t *testing.T, test func(t *testing.T, s *embedded.Service)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, inMemory(t)) })
}

func TestOptimizeRunsAnExperimentToItsEnd(t *testing.T) {
	for _, workers := range []int{1, 4} {
		s := inMemory(t)
		var running, most atomic.Int32
		r, err := client.Optimize(t.Context(), s, bowlOf(40), func(ctx context.Context, p bowl, r client.Reporter) (float64, error) {
			n := running.Add(1)
			defer running.Add(-1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			return depth(ctx, p, r)
		}, client.Workers(workers))
		require.NoError(t, err)
		require.LessOrEqual(t, int(most.Load()), workers)
		require.Equal(t, hone.ExperimentSucceeded, r.Experiment.Status.State)
		require.Equal(t, hone.BudgetSpent, r.Experiment.Status.Reason)
		require.Len(t, r.Trials, 40)
		for i, trial := range r.Trials {
			require.Equal(t, i+1, trial.Number)
			require.Equal(t, 1, trial.Attempt)
			require.Equal(t, hone.TrialSucceeded, trial.State)
			require.Equal(t, hone.Float(trial.Params.X*trial.Params.X+trial.Params.Y*trial.Params.Y), *trial.Value)
			require.LessOrEqual(t, *r.Best.Value, *trial.Value)
		}
		again, err := client.Optimize(t.Context(), s, bowlOf(40), depth)
		require.NoError(t, err)
		require.Equal(t, r, again)
	}
}

func TestWhatAFunctionDoesDecidesHowItsTrialEnds(t *testing.T) {
	for name, c := range map[string]struct {
		function func(ctx context.Context, p bowl, r client.Reporter) (float64, error)
		state    hone.TrialState
		reason   hone.Reason
		says     string
	}{
		"an error fails it": {func(context.Context, bowl, client.Reporter) (float64, error) { return 1, errors.New("out of memory") },
			hone.TrialFailed, hone.Told, "out of memory"},
		"a panic fails it": {func(context.Context, bowl, client.Reporter) (float64, error) { panic("index out of range") },
			hone.TrialFailed, hone.Told, "the function panicked: index out of range\n"},
		"the end of its goroutine fails it": {func(context.Context, bowl, client.Reporter) (float64, error) {
			runtime.Goexit()
			return 1, nil
		}, hone.TrialFailed, hone.Told, "ended its goroutine"},
		"NaN fails it": {func(context.Context, bowl, client.Reporter) (float64, error) { return math.NaN(), nil },
			hone.TrialFailed, hone.NonFinite, "not finite"},
		"infinity fails it": {func(context.Context, bowl, client.Reporter) (float64, error) { return math.Inf(-1), nil },
			hone.TrialFailed, hone.NonFinite, "not finite"},
		"a long error is cut": {func(context.Context, bowl, client.Reporter) (float64, error) {
			return 1, fmt.Errorf("%0*d", 2*hone.MessageLimit, 7)
		}, hone.TrialFailed, hone.Told, "0000"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := client.Optimize(t.Context(), inMemory(t), bowlOf(2), func(ctx context.Context, p bowl, r client.Reporter) (float64, error) {
				if r.Trial().Number == 1 {
					return c.function(ctx, p, r)
				}
				return depth(ctx, p, r)
			})
			require.NoError(t, err)
			require.Equal(t, c.state, r.Trials[0].State)
			require.Equal(t, c.reason, r.Trials[0].Reason)
			require.Contains(t, r.Trials[0].Message, c.says)
			require.Equal(t, 2, r.Best.Number)
		})
	}
}

func TestAnExperimentWithoutAValueIsAnError(t *testing.T) {
	fails := func(context.Context, bowl, client.Reporter) (float64, error) { return 0, errors.New("no data") }
	r, err := client.Optimize(t.Context(), inMemory(t), bowlOf(2), fails)
	require.ErrorIs(t, err, hone.Conflict)
	require.ErrorContains(t, err, `experiment "bowl" failed (BudgetSpent): `)
	require.ErrorContains(t, err, "\nbowl-0002 failed: no data")
	require.Len(t, r.Trials, 2)

	e := bowlOf(9)
	e.Spec.Budget.Failures = new(0)
	r, err = client.Optimize(t.Context(), inMemory(t), e, fails)
	require.ErrorIs(t, err, hone.Conflict)
	require.ErrorContains(t, err, `experiment "bowl" failed (TooManyFailures): `)
	require.Len(t, r.Trials, 1)

	s := inMemory(t)
	r, err = client.Optimize(t.Context(), s, e, func(context.Context, bowl, client.Reporter) (float64, error) {
		_, err := s.StopExperiment(t.Context(), hone.Name{Name: "bowl"}, false)
		return 1, err
	})
	require.ErrorIs(t, err, hone.NotFound)
	require.ErrorContains(t, err, `experiment "bowl" has ended (Cancelled), and no trial of it has a value`)
	require.Len(t, r.Trials, 1)
}

// hopeless is an experiment whose trials are stopped early when their loss is above 10 at step 3.
func hopeless(trials int) hone.Experiment {
	e := bowlOf(trials)
	e.Spec.EarlyStopping = hone.EarlyStoppingSpec{Name: "threshold", Settings: map[string]hone.Value{"upper": hone.Number(10), "warmupSteps": hone.Number(2)}}
	return e
}

func TestATrialThatIsHopelessIsStopped(t *testing.T) {
	for name, end := range map[string]func(ctx context.Context, err error) (float64, error){
		"and returns the error":                func(_ context.Context, err error) (float64, error) { return 0, err },
		"and returns an error around it":       func(_ context.Context, err error) (float64, error) { return 0, fmt.Errorf("epoch 3: %w", err) },
		"and returns that of its context":      func(ctx context.Context, _ error) (float64, error) { return 0, ctx.Err() },
		"and returns the cause of its context": func(ctx context.Context, _ error) (float64, error) { return 0, context.Cause(ctx) },
		"and returns a value":                  func(context.Context, error) (float64, error) { return 50, nil },
	} {
		t.Run(name, func(t *testing.T) {
			steps := 0
			r, err := client.Optimize(t.Context(), inMemory(t), hopeless(2), func(ctx context.Context, p bowl, r client.Reporter) (float64, error) {
				if r.Trial().Number == 2 {
					return 1, nil
				}
				for step := 1; step <= 10; step++ {
					steps++
					if err := r.ReportMetrics(step, map[string]float64{"loss": float64(100 - step), "other": 3}); err != nil {
						require.ErrorIs(t, err, client.ErrStopped)
						require.ErrorIs(t, context.Cause(ctx), client.ErrStopped)
						require.ErrorIs(t, r.Report(step, 1), client.ErrStopped)
						return end(ctx, err)
					}
				}
				return 1, nil
			})
			require.NoError(t, err)
			require.Equal(t, 3, steps)
			require.Equal(t, hone.TrialEarlyStopped, r.Trials[0].State)
			require.Equal(t, hone.StoppedEarly, r.Trials[0].Reason)
			require.NotNil(t, r.Trials[0].Value)
			require.Contains(t, r.Trials[0].Metrics, "loss")
		})
	}
}

func TestReadingsAndOtherMetricsAreKept(t *testing.T) {
	s := inMemory(t)
	r, err := client.Optimize(t.Context(), s, bowlOf(1), func(_ context.Context, _ bowl, r client.Reporter) (float64, error) {
		require.Equal(t, "bowl-0001", r.Trial().Name())
		for step := range 3 {
			require.NoError(t, r.ReportMetrics(step, map[string]float64{"loss": float64(step), "accuracy": 0.5 + float64(step)}))
		}
		return 7, nil
	})
	require.NoError(t, err)
	require.Equal(t, map[string]hone.Float{"loss": 7, "accuracy": 2.5}, r.Best.Metrics)
	readings, err := s.Measurements(t.Context(), hone.Name{Name: "bowl"}, 1, "accuracy")
	require.NoError(t, err)
	require.Len(t, readings, 3)
	require.Equal(t, int64(2), *readings[2].Step)
	require.Equal(t, hone.Float(2.5), readings[2].Value)
}

func TestAWorkerThatIsAtItKeepsItsLease(t *testing.T) {
	bubble(t, func(t *testing.T, s *embedded.Service) {
		r, err := client.Optimize(t.Context(), s, bowlOf(2), func(ctx context.Context, p bowl, r client.Reporter) (float64, error) {
			time.Sleep(time.Hour)
			return depth(ctx, p, r)
		}, client.Lease(time.Minute))
		require.NoError(t, err)
		require.Equal(t, 1, r.Trials[0].Attempt)
		require.Equal(t, hone.TrialSucceeded, r.Trials[0].State)
	})
}

func TestSomebodyWhoStopsATrialEndsItsFunction(t *testing.T) {
	bubble(t, func(t *testing.T, s *embedded.Service) {
		r, err := client.Optimize(t.Context(), s, bowlOf(2), func(ctx context.Context, p bowl, r client.Reporter) (float64, error) {
			if r.Trial().Number == 2 {
				return depth(ctx, p, r)
			}
			began := time.Now()
			_, err := s.StopTrial(t.Context(), hone.Name{Name: "bowl"}, 1)
			require.NoError(t, err)
			<-ctx.Done()
			require.Less(t, time.Since(began), time.Second, "an event says so at once")
			return 0, context.Cause(ctx)
		})
		require.NoError(t, err)
		require.Equal(t, hone.TrialStopped, r.Trials[0].State)
	})
}

// TestAStopThatOthersCausedIsHeardAtOnce: readings may come from somewhere else than the function.
func TestAStopThatOthersCausedIsHeardAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T, s *embedded.Service) {
		r, err := client.Optimize(t.Context(), s, hopeless(1), func(ctx context.Context, _ bowl, r client.Reporter) (float64, error) {
			began := time.Now()
			_, err := s.Measure(t.Context(), hone.Name{Name: "bowl"}, hone.Batch{Number: 1, Measurements: []hone.Measurement{
				{Metric: "loss", Value: 99, Step: new(int64(5))}}})
			require.NoError(t, err)
			<-ctx.Done()
			require.Less(t, time.Since(began), time.Second)
			return 0, context.Cause(ctx)
		})
		require.NoError(t, err)
		require.Equal(t, hone.TrialEarlyStopped, r.Trials[0].State)
	})
}

func TestAWorkerThatLostItsTrialDoesNotTell(t *testing.T) {
	t.Run("and hears so from the events", func(t *testing.T) { losesItsTrial(t, false) })
	t.Run("and hears so when it reports", func(t *testing.T) { losesItsTrial(t, true) })
}

func losesItsTrial(t *testing.T, deaf bool) {
	bubble(t, func(t *testing.T, s *embedded.Service) {
		var cut atomic.Bool
		b := &between{Service: s, lose: func(method string) (error, error) {
			if cut.Load() || deaf && method == "Events" {
				return errAway, nil
			}
			return nil, nil
		}}
		x, err := client.Submit(t.Context(), b, typedBowl(t, 2), client.Lease(time.Minute))
		require.NoError(t, err)
		first := make(chan error, 1)
		go func() {
			_, err := client.Work(t.Context(), x, func(ctx context.Context, p bowl, r client.Reporter) (float64, error) {
				if r.Trial().Number == 1 && r.Trial().Attempt == 1 {
					cut.Store(true)
					time.Sleep(10 * time.Minute)
					require.NoError(t, ctx.Err(), "it knows nothing yet")
					require.NoError(t, r.Report(1, -100), "an outage is no error")
					cut.Store(false)
					<-ctx.Done()
					require.ErrorIs(t, context.Cause(ctx), client.ErrLost)
					require.ErrorIs(t, r.Report(2, -100), client.ErrLost)
					return -100, nil
				}
				return depth(ctx, p, r)
			}, client.Named("first"))
			first <- err
		}()
		time.Sleep(time.Second)
		r, err := client.Optimize(t.Context(), s, bowlOf(2), depth, client.Named("second"))
		require.NoError(t, err)
		require.NoError(t, <-first)
		require.Equal(t, 2, r.Trials[0].Attempt)
		require.Equal(t, "second-1", r.Trials[0].Client)
		require.Positive(t, float64(r.Experiment.Status.Best.Value), "what the first told does not count")
	})
}
