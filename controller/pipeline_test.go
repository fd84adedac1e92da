package controller

import (
	"context"
	"errors"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/storage/bolt"
	"github.com/hone-tuner/hone/storage/memory"
)

// oneTrial is an experiment with a trial that runs.
func oneTrial(t *testing.T, s hone.Store) {
	e := hone.Experiment{UID: "uid", Name: "digits", Namespace: "default", Spec: hone.Spec{Objective: hone.Objective{Metric: "accuracy", Goal: hone.Maximize}}}
	_, err := s.CreateExperiment(t.Context(), e, hone.Event{Sequence: 1, Time: time.Unix(1, 0), Type: hone.EventCreated})
	require.NoError(t, err)
	for i, ev := range []hone.Event{{Type: hone.EventAttached}, {Type: hone.EventTrialCreated, Trial: 1}, {Type: hone.EventTrialStarted, Trial: 1, Attempt: 1}} {
		ev.Sequence, ev.Time = int64(i+2), time.Unix(int64(i+2), 0)
		_, err := s.Record(t.Context(), "uid", ev)
		require.NoError(t, err)
	}
}

// TestManyBatchesOfOneTrialOnTheirWayKeepTheirOrder has many senders report for one trial at once, numbered and not,
// without steps, so that each batch's place shows: the curve in memory is the one that is read back from the store.
func TestManyBatchesOfOneTrialOnTheirWayKeepTheirOrder(t *testing.T) {
	for name, store := range map[string]hone.Store{"bolt": nil, "a store that has no line": memory.New()} {
		t.Run(name, func(t *testing.T) {
			if store == nil {
				s, err := bolt.Open(filepath.Join(t.TempDir(), "hone.db"), bolt.Options{})
				require.NoError(t, err)
				defer func() { require.NoError(t, s.Close()) }()
				store = s
			}
			oneTrial(t, store)
			appends := newTimings(1)
			queue, curve := timed(store, &appends), &liveCurve{}
			var g errgroup.Group
			var sent atomic.Int64
			for sender := range 8 {
				g.Go(func() error {
					b := hone.Batch{Number: 1, Attempt: 1, Received: time.Unix(100, 0)}
					if sender%2 == 0 {
						b.Source = strconv.Itoa(sender)
					}
					for i := range 20 {
						if sender == 0 && i == 10 { // somebody looks while batches are on their way
							if err := curve.recall(context.Background(), store, "uid", 1); err != nil {
								return err
							}
						}
						if sender%2 == 0 {
							b.Sequence = int64(i + 1)
						}
						b.Measurements = []hone.Measurement{{Metric: "accuracy", Value: hone.Float(sent.Add(1)), Time: time.Unix(100, 0).UTC()}}
						if err := curve.store(context.Background(), queue, "uid", b); err != nil {
							return err
						}
						again := b // a lost answer makes a sender send it again
						if sender%2 == 0 {
							if err := curve.store(context.Background(), queue, "uid", again); err != nil {
								return err
							}
						}
					}
					return nil
				})
			}
			require.NoError(t, g.Wait())
			batches, err := store.Batches(t.Context(), "uid", 1)
			require.NoError(t, err)
			want := hone.Readings(batches)
			require.Len(t, want, 8*20)
			require.Equal(t, want, curve.readings())
		})
	}
}

// TestABatchThatIsRefusedHoldsNobodyUp sends one that skips ahead between others.
func TestABatchThatIsRefusedHoldsNobodyUp(t *testing.T) {
	store := memory.New()
	oneTrial(t, store)
	appends := newTimings(1)
	queue, curve := timed(store, &appends), &liveCurve{complete: true}
	reading := []hone.Measurement{{Metric: "accuracy", Value: 1}}
	batch := hone.Batch{Number: 1, Attempt: 1, Sequence: 1, Measurements: reading}
	require.NoError(t, curve.store(t.Context(), queue, "uid", batch))
	batch.Sequence = 3
	var refused *hone.SequenceError
	require.True(t, errors.As(curve.store(t.Context(), queue, "uid", batch), &refused))
	require.EqualValues(t, 2, refused.Expected)
	require.Len(t, curve.readings(), 1)
	batch.Sequence = 2
	require.NoError(t, curve.store(t.Context(), queue, "uid", batch))
	require.Len(t, curve.readings(), 2)
}
