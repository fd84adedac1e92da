package client_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"testing"
	"time"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/api"
	"github.com/hone-tuner/hone/client"
	"github.com/hone-tuner/hone/embedded"
	"github.com/stretchr/testify/require"
)

func TestEveryEventIsSeenOnceHoweverOftenTheStreamBreaks(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			bubble(t, func(t *testing.T, s *embedded.Service) {
				x, err := client.Submit(t.Context(), &between{Service: s, lose: sometimes(seed, 0.3)}, typedBowl(t, 10), client.Patience(time.Hour))
				require.NoError(t, err)
				ended := make(chan error, 1)
				go func() {
					_, err := client.Optimize(t.Context(), s, bowlOf(10), func(ctx context.Context, p bowl, r client.Reporter) (float64, error) {
						time.Sleep(time.Minute)
						return depth(ctx, p, r)
					})
					ended <- err
				}()
				var seen []int64
				for ev, err := range x.Watch(t.Context(), 0) {
					require.NoError(t, err)
					seen = append(seen, ev.Sequence)
				}
				require.NoError(t, <-ended)
				e, err := x.Wait(t.Context())
				require.NoError(t, err)
				require.Equal(t, hone.ExperimentSucceeded, e.Status.State)
				require.Len(t, seen, int(e.Status.Events))
				for i, n := range seen {
					require.Equal(t, int64(i+1), n)
				}
			})
		})
	}
}

func TestWaitEndsWithTheExperimentOrItsContext(t *testing.T) {
	bubble(t, func(t *testing.T, s *embedded.Service) {
		x, err := client.Submit(t.Context(), s, typedBowl(t, 3))
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		_, err = x.Wait(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)

		deleted := make(chan error, 1)
		go func() {
			time.Sleep(time.Hour)
			deleted <- s.DeleteExperiment(t.Context(), x.Name())
		}()
		e, err := x.Wait(t.Context()) // it is stopped, then deleted: either may be seen first
		if err == nil {
			require.Equal(t, hone.ExperimentStopped, e.Status.State)
		} else {
			require.ErrorIs(t, err, hone.NotFound)
		}
		require.NoError(t, <-deleted)
		_, err = x.Wait(t.Context())
		require.ErrorIs(t, err, hone.NotFound)
	})
}

func TestWatchEndsWhenItsCallerLeaves(t *testing.T) {
	s := inMemory(t)
	x, err := client.Submit(t.Context(), s, typedBowl(t, 3))
	require.NoError(t, err)
	for ev, err := range x.Watch(t.Context(), 0) {
		require.NoError(t, err)
		require.Equal(t, hone.EventCreated, ev.Type)
		break
	}
}

// TestTheLoopOverHTTP works through a server whose connections are cut again and again.
func TestTheLoopOverHTTP(t *testing.T) {
	s := inMemory(t)
	server := httptest.NewUnstartedServer(nil)
	server.Config = api.NewServer(api.NewHandler(s, api.Options{}), api.Options{})
	server.Start()
	t.Cleanup(server.Close)
	c := client.New(client.Options{BaseURL: server.URL})
	t.Cleanup(c.Close)
	r, err := client.Optimize(t.Context(), c, bowlOf(30), func(ctx context.Context, p bowl, r client.Reporter) (float64, error) {
		if r.Trial().Number%7 == 0 {
			server.CloseClientConnections()
		}
		if err := r.Report(1, 1000); err != nil {
			return 0, err
		}
		return depth(ctx, p, r)
	}, client.Workers(4))
	require.NoError(t, err)
	require.Len(t, r.Trials, 30)
	for _, trial := range r.Trials {
		require.Equal(t, hone.TrialSucceeded, trial.State)
		require.Equal(t, 1, trial.Attempt)
	}
	x := client.Open(c, hone.Name{Name: "bowl"})
	best, err := x.Best(t.Context())
	require.NoError(t, err)
	require.Equal(t, r.Best.Number, best.Number)
	board, err := x.Leaderboard(t.Context(), 3)
	require.NoError(t, err)
	require.Len(t, board.Trials, 3)
	require.Equal(t, best.Trial, board.Trials[0].Trial)
}

func TestAskReportAndTellByHand(t *testing.T) {
	s := inMemory(t)
	x, err := client.Submit(t.Context(), s, typedBowl(t, 2))
	require.NoError(t, err)
	_, err = x.Best(t.Context())
	require.ErrorIs(t, err, hone.NotFound)
	for range 2 {
		reply, err := x.Ask(t.Context(), hone.AskRequest{Client: "hand"})
		require.NoError(t, err)
		require.Len(t, reply.Trials, 1)
		trial := reply.Trials[0]
		stop, err := x.Report(t.Context(), trial, hone.Measurement{Metric: "loss", Value: 3, Step: new(int64(1))})
		require.NoError(t, err)
		require.False(t, stop)
		ended, err := x.Tell(t.Context(), trial, hone.TellRequest{State: hone.TrialSucceeded})
		require.NoError(t, err)
		require.Equal(t, hone.Float(3), *ended.Value)
	}
	e, err := x.Wait(t.Context())
	require.NoError(t, err)
	require.Equal(t, hone.BudgetSpent, e.Status.Reason)
}

func TestATrialThatWasGivenBackIsTheNextAttempt(t *testing.T) {
	s := inMemory(t)
	x, err := client.Submit(t.Context(), s, typedBowl(t, 1))
	require.NoError(t, err)
	for attempt := 1; attempt < 4; attempt++ {
		reply, err := x.Ask(t.Context(), hone.AskRequest{})
		require.NoError(t, err)
		require.Equal(t, attempt, reply.Trials[0].Attempt)
		require.NoError(t, x.GiveBack(t.Context(), reply.Trials[0]))
		require.ErrorIs(t, x.GiveBack(t.Context(), reply.Trials[0]), hone.Conflict)
	}
}
