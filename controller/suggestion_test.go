package controller_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/controller"
)

// moody is a suggester that does what a test says before it draws.
type moody struct {
	drawer
	before func(ctx context.Context, r hone.Request) error
	check  error
	asked  *atomic.Int64
	about  *atomic.Pointer[hone.Experiment]
}

func (m moody) Suggest(ctx context.Context, uid string, a hone.AlgorithmSpec, r hone.Request) ([]hone.Suggestion, error) {
	m.asked.Add(1)
	if err := m.before(ctx, r); err != nil {
		return nil, err
	}
	return m.drawer.Suggest(ctx, uid, a, r)
}

func (m moody) Check(context.Context, hone.Experiment) error { return m.check }
func (m moody) Introduce(e hone.Experiment)                  { m.about.Store(&e) }

func (w *world) moody(d plain, before func(ctx context.Context, r hone.Request) error) (*controller.Controller, moody) {
	m := moody{before: before, asked: &atomic.Int64{}, about: &atomic.Pointer[hone.Experiment]{}}
	return controller.New(controller.Options{Store: w.store, Suggester: m, Runner: w, Collector: w, Decoder: d,
		Clock: time.Now, NewUID: func() string { return "uid-1" }, NewSeed: func() uint64 { return 1 }, Secret: []byte("secret")}), m
}

func (w *world) notes(t *testing.T, reason hone.Reason) (out []hone.Event) {
	events, err := w.store.Events(t.Context(), "uid-1", 0, 1_000_000)
	require.NoError(t, err)
	for _, ev := range events {
		if ev.Type == hone.EventNote && ev.Reason == reason {
			out = append(out, ev)
		}
	}
	return out
}

func TestAnAlgorithmThatIsAwayIsAskedUntilItIsBack(t *testing.T) {
	for _, c := range []struct {
		name string
		kind hone.Kind
	}{{"unavailable", hone.Unavailable}, {"silent", hone.DeadlineExceeded}, {"overloaded", hone.ResourceExhausted}} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, 3)
				begin := time.Now()
				from, until := begin.Add(2*time.Second), begin.Add(40*time.Minute)
				ctl, m := w.moody(digits(nil), func(context.Context, hone.Request) error {
					if now := time.Now(); now.After(from) && now.Before(until) {
						return hone.Errorf(c.kind, "the service at host:1 is not there")
					}
					return nil
				})
				defer ctl.Close()
				_, err := ctl.RunExperiment(t.Context(), hone.RunRequest{})
				require.NoError(t, err)
				time.Sleep(10 * time.Minute)
				e, err := ctl.GetExperiment(t.Context(), name)
				require.NoError(t, err)
				require.Equal(t, hone.ExperimentRunning, e.Status.State)
				require.Zero(t, e.Status.Counts.Live(), "running trials went on to their ends")
				before := e.Status.Created

				_, err = ctl.Enqueue(t.Context(), name, map[string]hone.Value{"lr": hone.Number(0.125)})
				require.NoError(t, err)
				time.Sleep(time.Minute)
				e, err = ctl.GetExperiment(t.Context(), name)
				require.NoError(t, err)
				require.Equal(t, before+1, e.Status.Created, "what the user asks for needs no algorithm")

				require.NoError(t, ctl.Wait(t.Context()))
				e, err = ctl.GetExperiment(t.Context(), name)
				require.NoError(t, err)
				require.Equal(t, hone.BudgetSpent, e.Status.Reason)
				require.Equal(t, 20, e.Status.Created)
				require.Less(t, time.Since(until), 2*time.Minute, "it is found soon when it is back")
				began, ended := w.notes(t, controller.SuggestionsUnavailable), w.notes(t, controller.SuggestionsResumed)
				require.Len(t, began, 1, "an outage is told once")
				require.Contains(t, began[0].Message, "the service at host:1 is not there")
				require.Contains(t, began[0].Message, "asked again")
				require.Less(t, began[0].Time.Sub(from), 5*time.Second)
				require.Len(t, ended, 1)
				require.Less(t, m.asked.Load(), int64(200), "with pauses between")
				require.Equal(t, "uid-1", m.about.Load().UID)
				w.check(t, e)
			})
		})
	}
}

// The ends of trials are recorded, and the user is obeyed, while an algorithm takes its time.
func TestASlowAlgorithmHoldsNothingUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 3)
		ctl, _ := w.moody(digits(nil), func(ctx context.Context, r hone.Request) error {
			if r.Number <= 3 {
				return nil
			}
			select {
			case <-time.After(time.Hour):
			case <-ctx.Done():
				return ctx.Err()
			}
			return nil
		})
		defer ctl.Close()
		_, err := ctl.RunExperiment(t.Context(), hone.RunRequest{})
		require.NoError(t, err)
		time.Sleep(5 * time.Minute)
		e, err := ctl.GetExperiment(t.Context(), name)
		require.NoError(t, err)
		require.Equal(t, 3, e.Status.Counts.Ended())
		begin := time.Now()
		require.NoError(t, ctl.InterruptExperiment(t.Context(), name))
		require.Less(t, time.Since(begin), time.Second)
		require.NoError(t, ctl.Wait(t.Context()))

		_, err = ctl.RunExperiment(t.Context(), hone.RunRequest{})
		require.NoError(t, err)
		time.Sleep(90 * time.Minute)
		e, err = ctl.GetExperiment(t.Context(), name)
		require.NoError(t, err)
		require.Greater(t, e.Status.Created, 3, "the answer is used when it comes")
		require.Empty(t, w.notes(t, controller.SuggestionsUnavailable), "slow is not away")
		require.NoError(t, ctl.Wait(t.Context()))
		e, err = ctl.GetExperiment(t.Context(), name)
		require.NoError(t, err)
		require.Equal(t, 20, e.Status.Created)
		w.check(t, e)
	})
}

// A point that the user enqueues while the algorithm is asked takes the number that was asked for.
func TestAnAnswerForAnotherTrialIsNotUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		d := digits(func(s *hone.Spec) { s.Parallelism, s.Budget.Trials = 1, 6 })
		var requests []hone.Request
		ctl, _ := w.moody(d, func(ctx context.Context, r hone.Request) error {
			requests = append(requests, r)
			select {
			case <-time.After(time.Minute):
			case <-ctx.Done():
				return ctx.Err()
			}
			return nil
		})
		defer ctl.Close()
		_, err := ctl.RunExperiment(t.Context(), hone.RunRequest{})
		require.NoError(t, err)
		time.Sleep(30 * time.Second)
		_, err = ctl.Enqueue(t.Context(), name, map[string]hone.Value{"lr": hone.Number(0.125)})
		require.NoError(t, err)
		require.NoError(t, ctl.Wait(t.Context()))
		e, err := ctl.GetExperiment(t.Context(), name)
		require.NoError(t, err)
		require.Equal(t, 6, e.Status.Created)
		first, err := w.store.Trial(t.Context(), "uid-1", 1)
		require.NoError(t, err)
		require.Equal(t, hone.OriginEnqueued, first.Origin)
		require.Equal(t, 2, requests[1].Number)
		w.check(t, e)
	})
}

func TestTheAlgorithmMayRefuseANewExperiment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, d := newWorld(t, 3), digits(nil)
		ctl, m := w.moody(d, func(context.Context, hone.Request) error { return nil })
		defer ctl.Close()
		m.check = hone.FieldErrors{{Path: "spec.algorithm.settings", Message: "the service refuses them"}}
		ctl.Suggester = m
		_, err := ctl.RunExperiment(t.Context(), hone.RunRequest{})
		require.ErrorIs(t, err, hone.InvalidArgument)
		_, err = ctl.CreateExperiment(t.Context(), nil)
		require.ErrorIs(t, err, hone.InvalidArgument)
		_, err = ctl.GetExperiment(t.Context(), name)
		require.ErrorIs(t, err, hone.NotFound)

		m.check = hone.Errorf(hone.Unavailable, "nobody listens at host:1")
		ctl.Suggester = m
		reply, err := ctl.RunExperiment(t.Context(), hone.RunRequest{})
		require.NoError(t, err)
		require.Contains(t, strings.Join(reply.Warnings, ""), "nobody listens at host:1")
		require.NoError(t, ctl.Wait(t.Context()))
		m.check = hone.Errorf(hone.InvalidArgument, "no longer")
		ctl.Suggester = m
		_, err = ctl.RunExperiment(t.Context(), hone.RunRequest{})
		require.NoError(t, err, "one that is there is not checked again")
	})
}
