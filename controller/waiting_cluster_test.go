package controller_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/controller"
)

// queue is a runner as one of a cluster: it says what attempts wait for, and holds them until their end is on record.
type queue struct {
	*world
	held sync.Map
}

func (q *queue) Describe(hone.AttemptID) string { return "queued: the job is suspended" }

func (q *queue) Release(id hone.AttemptID) {
	t, err := q.store.Trial(q.t.Context(), id.UID, id.Number)
	if err != nil || !t.State.Ended() && t.Attempt == id.Attempt && t.State == hone.TrialRunning {
		q.t.Errorf("trial %d is released before its end is on record: %v", id.Number, err)
	}
	q.held.Store(id, true)
}

func TestATrialThatWaitsSaysWhatFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := &queue{world: newWorld(t, 3)}
		c := controller.New(controller.Options{Store: q.store, Suggester: drawer{}, Runner: q, Collector: q, Decoder: digits(nil),
			Clock: time.Now, NewUID: func() string { return "uid-1" }, NewSeed: func() uint64 { return 1 }, Secret: []byte("secret")})
		defer c.Close()
		_, err := c.RunExperiment(t.Context(), hone.RunRequest{})
		require.NoError(t, err)
		synctest.Wait()
		waiting, err := c.GetTrial(t.Context(), name, 1)
		require.NoError(t, err)
		require.Equal(t, hone.TrialRunning, waiting.State)
		require.Equal(t, hone.Waiting, waiting.Reason)
		require.Equal(t, "queued: the job is suspended", waiting.Message)
		require.Nil(t, waiting.StartTime, "what it waits is not its duration")

		require.NoError(t, c.Wait(t.Context()))
		for id := range q.procs {
			_, released := q.held.Load(id)
			require.True(t, released, "attempt %v is released", id)
		}
		ended, err := c.GetTrial(t.Context(), name, 1)
		require.NoError(t, err)
		require.NotEqual(t, hone.Waiting, ended.Reason)
		require.NotNil(t, ended.StartTime)
	})
}
