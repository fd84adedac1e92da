package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/client"
)

var loaded = hone.Name{Namespace: "default", Name: "loaded"}

// load are clients of an external experiment that go on through every outage, and what they were told is safe.
type load struct {
	client *client.Client
	acks   atomic.Int64
	over   atomic.Bool

	mu       sync.Mutex
	batches  map[int]int64      // the newest batch of each trial that was acknowledged
	told     map[int]hone.Float // the value of each trial that was told
	failures []error            // what should not have been answered
}

const readingsOfABatch = 20

// until repeats a call until it succeeds, as long as the service is away.
func (l *load) until(call func(ctx context.Context) error) {
	for {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		err := call(ctx)
		cancel()
		switch kind := hone.KindOf(err); {
		case err == nil:
			l.acks.Add(1)
			return
		case kind != hone.Unavailable && kind != hone.DeadlineExceeded:
			l.mu.Lock()
			l.failures = append(l.failures, err)
			l.mu.Unlock()
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// measure sends numbered batches for a trial.
func (l *load) measure(number int) {
	for sequence := int64(1); !l.over.Load(); sequence++ {
		b := hone.Batch{Number: number, Attempt: 1, Sequence: sequence}
		for i := range readingsOfABatch {
			step := (sequence-1)*readingsOfABatch + int64(i) + 1
			b.Measurements = append(b.Measurements, hone.Measurement{Metric: "accuracy", Value: hone.Float(step) / 1e6, Step: &step})
		}
		l.until(func(ctx context.Context) error { _, err := l.client.Measure(ctx, loaded, b); return err })
		l.mu.Lock()
		l.batches[number] = sequence
		l.mu.Unlock()
	}
}

// work asks for trials and tells their ends.
func (l *load) work(worker string) {
	for !l.over.Load() {
		var reply hone.AskReply
		l.until(func(ctx context.Context) (err error) {
			reply, err = l.client.Ask(ctx, loaded, hone.AskRequest{Client: worker})
			return err
		})
		for _, trial := range reply.Trials {
			value := hone.Float(trial.Number) / 1e4
			l.until(func(ctx context.Context) error {
				_, err := l.client.Tell(ctx, loaded, trial.Number, hone.TellRequest{Attempt: trial.Attempt, State: hone.TrialSucceeded,
					Metrics: map[string]hone.Float{"accuracy": value}})
				return err
			})
			l.mu.Lock()
			l.told[trial.Number] = value
			l.mu.Unlock()
		}
	}
}

// TestWhatWasAcknowledgedSurvivesTwentyKills kills a service with SIGKILL 20 times while clients measure, ask and tell:
// every measurement and every end that was acknowledged is there afterwards, once, and the store is whole.
func TestWhatWasAcknowledgedSurvivesTwentyKills(t *testing.T) {
	const kills, measurers, workers = 20, 4, 4
	s := newHome(t, "").serve()
	c := client.New(client.Options{BaseURL: s.url})
	_, err := c.CreateExperiment(t.Context(), []byte(`{"apiVersion": "hone.dev/v1beta1", "kind": "Experiment", "metadata": {"name": "loaded"}, "spec": {
		"objective": {"metric": "accuracy", "goal": "maximize"}, "parameters": [{"name": "lr", "type": "double", "min": 0, "max": 1}],
		"budget": {"trials": 1000000}, "algorithm": {"name": "random", "seed": 1}}}`))
	require.NoError(t, err)
	measured, err := c.Ask(t.Context(), loaded, hone.AskRequest{Count: measurers})
	require.NoError(t, err)
	l := &load{client: c, batches: map[int]int64{}, told: map[int]hone.Float{}}
	var all sync.WaitGroup
	for _, trial := range measured.Trials {
		all.Go(func() { l.measure(trial.Number) })
	}
	for i := range workers {
		all.Go(func() { l.work(fmt.Sprint("worker-", i)) })
	}
	for range kills {
		enough := l.acks.Load() + 1 + rand.Int64N(60) //nolint:gosec // any moment will do
		eventually(t, "clients were answered", func() bool { return l.acks.Load() >= enough })
		require.Error(t, s.end(syscall.SIGKILL))
		s.start()
	}
	l.over.Store(true)
	all.Wait()
	require.Empty(t, l.failures)
	require.NotEmpty(t, l.told)
	l.requireSafe(t)
	require.NoError(t, s.end(syscall.SIGTERM))
	require.Contains(t, string(s.must("check")), "nothing is wrong")
	t.Logf("%d answers, %d trials told, the batches of trials: %v", l.acks.Load(), len(l.told), l.batches)
}

// requireSafe looks for all that was acknowledged.
func (l *load) requireSafe(t *testing.T) {
	for number, sequence := range l.batches {
		readings, err := l.client.Measurements(t.Context(), loaded, number, "accuracy")
		require.NoError(t, err)
		require.GreaterOrEqual(t, int64(len(readings)), sequence*readingsOfABatch)
		require.Zero(t, len(readings)%readingsOfABatch, "no batch is there in part")
		for i, m := range readings {
			require.EqualValues(t, i+1, *m.Step)
		}
	}
	board, err := l.client.Leaderboard(t.Context(), loaded, hone.LeaderboardQuery{})
	require.NoError(t, err)
	values := map[string]hone.Float{}
	for _, trial := range board.Trials {
		if trial.Value != nil {
			values[trial.Trial] = *trial.Value
		}
	}
	for number, value := range l.told {
		require.Equal(t, value, values[hone.TrialName(loaded.Name, number)], "trial %d", number)
	}
}
