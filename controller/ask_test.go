package controller_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
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
func (w *world) open(t *testing.T, d plain) *controller.Controller { return w.openOn(t, w.store, d) }

// openOn is open with a store that does more than the world's own.
func (w *world) openOn(t *testing.T, store hone.Store, d plain) *controller.Controller {
	c := w.controller(store, d)
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
			go func() { done <- serveUntilOver(t.Context(), c, fmt.Sprintf("w%d", i)) }()
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

func TestAnAskSaysWhyThereIsNoMore(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*hone.Spec)
		limit  int // points of the space
		before func(t *testing.T, c *controller.Controller)
		count  int
		want   hone.AskReply
		given  int
	}{
		{name: "as many run as may", change: func(s *hone.Spec) { s.Parallelism = 3 }, count: 5, given: 3,
			want: hone.AskReply{State: hone.ExperimentRunning, Reason: hone.ParallelismReached, RetryAfter: hone.Duration(time.Second)}},
		{name: "the budget is spent, and what runs may end", change: func(s *hone.Spec) { s.Budget.Trials = 2 }, count: 5, given: 2,
			want: hone.AskReply{State: hone.ExperimentRunning, Reason: hone.BudgetSpent}},
		{name: "the budget is spent, but a worker may be lost", change: func(s *hone.Spec) { s.Budget.Trials = 2 }, count: 5, given: 1,
			before: func(t *testing.T, c *controller.Controller) {
				one(t, c, hone.AskRequest{Lease: hone.Duration(3 * time.Second)})
			},
			want: hone.AskReply{State: hone.ExperimentRunning, Reason: hone.BudgetSpent, RetryAfter: hone.Duration(3 * time.Second)}},
		{name: "the space has no more points", limit: 4, count: 5, given: 4,
			want: hone.AskReply{State: hone.ExperimentRunning, Reason: hone.SpaceExhausted}},
		{name: "paused", count: 1,
			before: func(t *testing.T, c *controller.Controller) {
				_, err := c.PauseExperiment(t.Context(), name)
				require.NoError(t, err)
			},
			want: hone.AskReply{State: hone.ExperimentPaused, Reason: hone.Paused, RetryAfter: hone.Duration(5 * time.Second)}},
		{name: "draining", count: 1,
			before: func(t *testing.T, c *controller.Controller) {
				one(t, c, hone.AskRequest{})
				_, err := c.StopExperiment(t.Context(), name, true)
				require.NoError(t, err)
			},
			want: hone.AskReply{State: hone.ExperimentRunning, Reason: hone.Draining}},
		{name: "stopped", count: 1,
			before: func(t *testing.T, c *controller.Controller) {
				_, err := c.StopExperiment(t.Context(), name, false)
				require.NoError(t, err)
			},
			want: hone.AskReply{State: hone.ExperimentStopped, Reason: hone.Cancelled}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, 0)
				ctl := w.controller(w.store, external(c.change))
				ctl.Suggester = drawer{limit: c.limit}
				defer ctl.Close()
				_, err := ctl.CreateExperiment(t.Context(), nil)
				require.NoError(t, err)
				if c.before != nil {
					c.before(t, ctl)
				}
				for range 2 { // asked by somebody without a name, and again by one who has got some already
					reply := ask(t, ctl, hone.AskRequest{Count: c.count, Client: "a"})
					require.Len(t, reply.Trials, c.given)
					reply.Trials = nil
					require.Equal(t, c.want, reply)
				}
			})
		})
	}
}

func TestOnlyExternalExperimentsAreAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, d := newWorld(t, 3), digits(nil)
		c := w.controller(w.store, d)
		defer c.Close()
		_, err := c.Ask(t.Context(), name, hone.AskRequest{})
		require.ErrorIs(t, err, hone.NotFound)
		_, err = c.RunExperiment(t.Context(), hone.RunRequest{})
		require.NoError(t, err)
		_, err = c.Ask(t.Context(), name, hone.AskRequest{})
		require.ErrorIs(t, err, hone.Conflict)
		require.ErrorContains(t, err, `"digits" starts its trials itself`)
		_, err = c.Tell(t.Context(), name, 1, succeeded(1))
		require.ErrorIs(t, err, hone.Conflict)
		_, err = c.Ask(t.Context(), name, hone.AskRequest{Count: -1})
		require.ErrorIs(t, err, hone.InvalidArgument)
		_, err = c.Tell(t.Context(), name, 1, hone.TellRequest{State: "Done"})
		require.ErrorIs(t, err, hone.InvalidArgument)
		require.NoError(t, c.Wait(t.Context()))
	})
}

func TestWithoutANameEveryAskGivesOtherTrials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 0)
		c := w.open(t, external(nil))
		defer c.Close()
		require.Equal(t, 1, one(t, c, hone.AskRequest{}).Number)
		require.Equal(t, 2, one(t, c, hone.AskRequest{}).Number)
		require.Len(t, ask(t, c, hone.AskRequest{Count: 3, Client: "a"}).Trials, 3)
		more := ask(t, c, hone.AskRequest{Count: 5, Client: "a"})
		require.Equal(t, []int{3, 4, 5, 6, 7}, numbersOf(more.Trials), "its own come first")
		require.Equal(t, []int{3}, numbersOf(ask(t, c, hone.AskRequest{Client: "a"}).Trials))
	})
}

func numbersOf(trials []hone.Trial) (out []int) {
	for _, t := range trials {
		out = append(out, t.Number)
	}
	return out
}

func TestOneClientThatAsksTwiceAtATimeGetsTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 0)
		c := w.controller(slowly{w.store}, external(nil))
		defer c.Close()
		_, err := c.CreateExperiment(t.Context(), nil)
		require.NoError(t, err)
		go ask(t, c, hone.AskRequest{Client: "b"}) // keeps the loop busy
		time.Sleep(disk / 2)
		got := make(chan hone.AskReply, 2)
		for range 2 {
			go func() { got <- ask(t, c, hone.AskRequest{Client: "a", Count: 2}) }()
		}
		require.Equal(t, []int{2, 3}, numbersOf((<-got).Trials))
		require.Equal(t, []int{2, 3}, numbersOf((<-got).Trials))
		e, err := c.GetExperiment(t.Context(), name)
		require.NoError(t, err)
		require.Equal(t, 3, e.Status.Created)
	})
}

// slowly is a store on a slow disk: while it writes, others come.
type slowly struct{ hone.Store }

const disk = 5 * time.Millisecond

func (s slowly) Conclude(ctx context.Context, uid string, readings []hone.Batch, events ...hone.Event) (hone.Experiment, error) {
	time.Sleep(disk)
	return s.Store.Conclude(ctx, uid, readings, events...)
}

func TestManyWorkersShareTransactions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 0)
		c := w.controller(slowly{w.store}, external(func(s *hone.Spec) { s.Budget.Trials = 3200 }))
		defer c.Close()
		_, err := c.CreateExperiment(t.Context(), nil)
		require.NoError(t, err)
		begin := time.Now()
		var workers sync.WaitGroup
		for i := range 32 {
			workers.Go(func() {
				for {
					reply := ask(t, c, hone.AskRequest{Client: fmt.Sprint(i)})
					if len(reply.Trials) == 0 {
						return
					}
					_, err := c.Tell(t.Context(), name, reply.Trials[0].Number, succeeded(0.5))
					require.NoError(t, err)
				}
			})
		}
		workers.Wait()
		require.Less(t, time.Since(begin), 3200*disk/4, "each transaction is for many")
	})
}

func TestAsksHaveTheirTurnWhileOthersTell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 0)
		c, _ := w.moody(external(func(s *hone.Spec) { s.Budget.Trials = 500 }),
			func(context.Context, hone.Request) error { time.Sleep(20 * time.Millisecond); return nil })
		c.Store = slowly{w.store}
		defer c.Close()
		_, err := c.CreateExperiment(t.Context(), nil)
		require.NoError(t, err)
		require.Len(t, ask(t, c, hone.AskRequest{Client: "a", Count: 400}).Trials, 400)
		go func() {
			for number := 1; number <= 400; number++ {
				time.Sleep(time.Millisecond)
				go func() { _, _ = c.Tell(t.Context(), name, number, succeeded(0.5)) }()
			}
		}()
		begin := time.Now()
		require.Equal(t, 401, one(t, c, hone.AskRequest{Client: "b"}).Number)
		require.Less(t, time.Since(begin), 100*time.Millisecond)
		time.Sleep(time.Second)
	})
}

func TestTellsGoOnWhileTheAlgorithmThinks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 0)
		var slow atomic.Bool
		c, _ := w.moody(external(nil), func(ctx context.Context, _ hone.Request) error {
			if slow.Load() {
				select {
				case <-time.After(25 * time.Second):
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			return nil
		})
		defer c.Close()
		_, err := c.CreateExperiment(t.Context(), nil)
		require.NoError(t, err)
		require.Len(t, ask(t, c, hone.AskRequest{Client: "a", Count: 3}).Trials, 3)
		slow.Store(true)
		done := make(chan hone.AskReply, 1)
		begin := time.Now()
		go func() { done <- ask(t, c, hone.AskRequest{Client: "b"}) }()
		for number := 1; number <= 3; number++ {
			time.Sleep(time.Second)
			now := time.Now()
			_, err := c.Tell(t.Context(), name, number, succeeded(0.5))
			require.NoError(t, err)
			require.Less(t, time.Since(now), 100*time.Millisecond)
		}
		reply := <-done
		require.Equal(t, 10*time.Second, time.Since(begin), "it does not wait for ever")
		require.Equal(t, hone.AskReply{State: hone.ExperimentRunning, Reason: hone.Suggesting, RetryAfter: hone.Duration(time.Second)}, reply)
		require.Empty(t, ask(t, c, hone.AskRequest{Client: "b"}).Trials)
		require.Equal(t, 4, one(t, c, hone.AskRequest{Client: "b"}).Number, "it was asked all the time")
		require.Less(t, time.Since(begin), 36*time.Second)
	})
}

func TestAnAlgorithmThatIsAwayIsAskedForAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 0)
		var away atomic.Bool
		away.Store(true)
		c, _ := w.moody(external(nil), func(context.Context, hone.Request) error {
			if away.Load() {
				return hone.Errorf(hone.Unavailable, "the service of suggestions is away")
			}
			return nil
		})
		defer c.Close()
		_, err := c.CreateExperiment(t.Context(), nil)
		require.NoError(t, err)
		reply := ask(t, c, hone.AskRequest{})
		require.Equal(t, hone.Suggesting, reply.Reason)
		require.Greater(t, time.Duration(reply.RetryAfter), time.Second)
		require.Less(t, time.Duration(reply.RetryAfter), 20*time.Second)
		away.Store(false)
		time.Sleep(time.Duration(reply.RetryAfter))
		require.Equal(t, 1, one(t, c, hone.AskRequest{}).Number)
	})
}

func TestAnAlgorithmThatFailsIsToldToWhoAsksAndTellsGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 0)
		var broken atomic.Bool
		c, _ := w.moody(external(nil), func(context.Context, hone.Request) error {
			if broken.Load() {
				return hone.Errorf(hone.Internal, "it panicked")
			}
			return nil
		})
		defer c.Close()
		_, err := c.CreateExperiment(t.Context(), nil)
		require.NoError(t, err)
		one(t, c, hone.AskRequest{Client: "a"})
		broken.Store(true)
		_, err = c.Ask(t.Context(), name, hone.AskRequest{Client: "b"})
		require.ErrorIs(t, err, hone.Internal)
		_, err = c.Tell(t.Context(), name, 1, succeeded(0.5))
		require.NoError(t, err)
		broken.Store(false)
		require.Equal(t, 2, one(t, c, hone.AskRequest{Client: "b"}).Number)
		require.NoError(t, c.Wait(t.Context()))
	})
}

func TestNobodyIsGivenATrialWhoHasLeft(t *testing.T) {
	for _, client := range []string{"", "a"} {
		for _, thinks := range []time.Duration{8 * time.Millisecond, 50 * time.Millisecond} {
			for leaves := time.Millisecond; leaves < 70*time.Millisecond; leaves += 5 * time.Millisecond {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, 0)
					c, _ := w.moody(external(nil), func(context.Context, hone.Request) error { time.Sleep(thinks); return nil })
					defer c.Close()
					_, err := c.CreateExperiment(t.Context(), nil)
					require.NoError(t, err)
					_, err = c.Enqueue(t.Context(), name, map[string]hone.Value{"lr": hone.Number(0.5)}) // is given soon
					require.NoError(t, err)
					ctx, cancel := context.WithTimeout(t.Context(), leaves)
					defer cancel()
					reply, err := c.Ask(ctx, name, hone.AskRequest{Client: client, Count: 3})
					time.Sleep(time.Second)
					e, failed := c.GetExperiment(t.Context(), name)
					require.NoError(t, failed)
					switch {
					case err == nil:
						require.Len(t, reply.Trials, 3)
						require.Equal(t, 3, e.Status.Counts.Running)
					case client == "":
						require.Zero(t, e.Status.Counts.Running, "what it was given goes back")
					case leaves > 10*time.Millisecond:
						require.Positive(t, e.Status.Counts.Running, "what it was given is its own")
					}
					w.checkTold(t, e)
					require.Len(t, ask(t, c, hone.AskRequest{Client: client, Count: 3}).Trials, 3)
				})
			}
		}
	}
}

func TestAnEndStopsWhatRunsAtOnce(t *testing.T) {
	target := 0.9
	for _, c := range []struct {
		name   string
		end    func(t *testing.T, c *controller.Controller)
		reason hone.Reason
		why    hone.Reason
	}{
		{"the target", func(t *testing.T, c *controller.Controller) {
			_, err := c.Tell(t.Context(), name, 1, succeeded(0.95))
			require.NoError(t, err)
		}, hone.TargetReached, hone.ExperimentEnded},
		{"stop", func(t *testing.T, c *controller.Controller) {
			_, err := c.StopExperiment(t.Context(), name, false)
			require.NoError(t, err)
		}, hone.Cancelled, hone.ExperimentEnded},
		{"the duration", func(*testing.T, *controller.Controller) { time.Sleep(time.Hour) }, hone.BudgetSpent, hone.ExperimentEnded},
		{"stop of the trial", func(t *testing.T, c *controller.Controller) {
			trial, err := c.StopTrial(t.Context(), name, 2)
			require.NoError(t, err)
			require.Equal(t, hone.TrialStopped, trial.State)
		}, "", hone.Cancelled},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, 0)
				ctl := w.open(t, external(func(s *hone.Spec) {
					s.Objective.Target, s.Budget.Duration = &target, hone.Duration(30*time.Minute)
				}))
				defer ctl.Close()
				require.Len(t, ask(t, ctl, hone.AskRequest{Client: "a", Count: 2}).Trials, 2)
				stop, err := ctl.Measure(t.Context(), name, reading(2, 1, 0.25))
				require.NoError(t, err)
				require.False(t, stop)
				c.end(t, ctl)
				synctest.Wait()
				e, err := ctl.GetExperiment(t.Context(), name)
				require.NoError(t, err)
				require.Equal(t, c.reason, e.Status.Reason)
				trial, err := ctl.GetTrial(t.Context(), name, 2)
				require.NoError(t, err)
				require.Equal(t, hone.TrialStopped, trial.State)
				require.Equal(t, c.why, trial.Reason)
				require.EqualValues(t, 0.25, trial.Metrics["accuracy"])

				for range 2 {
					stop, err = ctl.Measure(t.Context(), name, reading(2, 2, 0.5))
					require.NoError(t, err)
					require.True(t, stop, "its worker learns it")
				}
				ms, err := ctl.Measurements(t.Context(), name, 2, "")
				require.NoError(t, err)
				require.Len(t, ms, 2, "what was acknowledged is there")
				_, err = ctl.Tell(t.Context(), name, 2, succeeded(0.5))
				require.ErrorIs(t, err, hone.Conflict)
				require.ErrorContains(t, err, "digits-0002 has ended as Stopped ("+string(c.why)+")")
				w.checkTold(t, e)
			})
		})
	}
}

func reading(number int, step int64, value float64) hone.Batch {
	return hone.Batch{Number: number, Measurements: []hone.Measurement{{Metric: "accuracy", Step: &step, Value: hone.Float(value)}}}
}

func TestPauseDrainInterruptRetryAndDelete(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 0)
		c := w.open(t, external(nil))
		defer c.Close()
		first := ask(t, c, hone.AskRequest{Client: "a", Count: 4}).Trials
		_, err := c.PauseExperiment(t.Context(), name)
		require.NoError(t, err)
		require.Equal(t, first[:2], ask(t, c, hone.AskRequest{Client: "a", Count: 2}).Trials, "what runs goes on")
		_, err = c.Tell(t.Context(), name, 1, hone.TellRequest{State: hone.TrialFailed, Message: "no luck"})
		require.NoError(t, err)
		_, err = c.ResumeExperiment(t.Context(), name)
		require.NoError(t, err)

		_, err = c.RetryTrial(t.Context(), name, 1)
		require.NoError(t, err)
		again := one(t, c, hone.AskRequest{Client: "b"})
		require.Equal(t, 1, again.Number)
		require.Equal(t, 2, again.Attempt)
		require.Equal(t, "b", again.Client)

		require.NoError(t, c.InterruptExperiment(t.Context(), name))
		e, err := c.GetExperiment(t.Context(), name)
		require.NoError(t, err)
		require.True(t, e.Status.Seen.IsZero(), "nobody runs it now")
		require.Equal(t, 4, e.Status.Counts.Running, "but its workers do what they do")
		_, err = c.Tell(t.Context(), name, 2, succeeded(0.5))
		require.NoError(t, err)
		require.Equal(t, 5, one(t, c, hone.AskRequest{Client: "c"}).Number, "asking goes on with it")

		_, err = c.StopExperiment(t.Context(), name, true)
		require.NoError(t, err)
		for _, number := range []int{1, 3, 4, 5} {
			_, err = c.Tell(t.Context(), name, number, succeeded(0.5))
			require.NoError(t, err)
		}
		synctest.Wait()
		e, err = c.GetExperiment(t.Context(), name)
		require.NoError(t, err)
		require.Equal(t, hone.ExperimentStopped, e.Status.State)
		require.Equal(t, 5, e.Status.Counts.Succeeded)
		w.checkTold(t, e)

		require.NoError(t, c.DeleteExperiment(t.Context(), name))
		_, err = c.Ask(t.Context(), name, hone.AskRequest{})
		require.ErrorIs(t, err, hone.NotFound)
		_, err = c.Tell(t.Context(), name, 1, succeeded(0.5))
		require.ErrorIs(t, err, hone.NotFound)
	})
}

func TestDeletingTakesTrialsFromTheirWorkers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 0)
		c := w.open(t, external(nil))
		defer c.Close()
		require.Len(t, ask(t, c, hone.AskRequest{Client: "a", Count: 4}).Trials, 4)
		require.NoError(t, c.DeleteExperiment(t.Context(), name))
		_, err := c.Tell(t.Context(), name, 1, succeeded(0.5))
		require.ErrorIs(t, err, hone.NotFound)
	})
}

// A store that cannot write for a while: those who wait hear of it, nothing is half done, and it goes on.
func TestAStoreThatFailsIsToldToWhoWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 0)
		var left atomic.Int64
		left.Store(1 << 40)
		c := w.controller(mortal{Store: w.store, left: &left}, external(nil))
		defer c.Close()
		_, err := c.CreateExperiment(t.Context(), nil)
		require.NoError(t, err)
		one(t, c, hone.AskRequest{Client: "a"})
		left.Store(0)
		for range 3 {
			_, err = c.Ask(t.Context(), name, hone.AskRequest{Client: "b"})
			require.ErrorContains(t, err, errDead.Error())
			_, err = c.Tell(t.Context(), name, 1, succeeded(0.5))
			require.ErrorContains(t, err, errDead.Error())
		}
		left.Store(1 << 40)
		require.Equal(t, 2, one(t, c, hone.AskRequest{Client: "b"}).Number)
		trial, err := c.Tell(t.Context(), name, 1, succeeded(0.5))
		require.NoError(t, err)
		require.Equal(t, 1, trial.Finished)
		e, err := c.GetExperiment(t.Context(), name)
		require.NoError(t, err)
		w.checkTold(t, e)
	})
}

// serveUntilOver asks and tells until there is nothing more to ask for.
func serveUntilOver(ctx context.Context, c *controller.Controller, client string) error {
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
