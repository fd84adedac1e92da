package storagetest

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/hone-tuner/hone"
)

func concurrency() []testCase {
	return []testCase{
		{"of writers with one sequence number exactly one wins", oneWinner},
		{"many sources at once lose nothing and count once", manySources},
		{"a writer that fails does no harm to its neighbours", failingNeighbours},
		{"readers see whole transactions", wholeTransactions},
		{"creating and deleting go on side by side", createAndDelete},
	}
}

func oneWinner(t *testing.T, subject Subject) {
	s := subject.Open(t)
	d := begin(t, s, "digits")
	for range 20 {
		number := d.last.Status.Trials() + 1
		evs := d.number(hone.Event{Type: hone.EventTrialCreated, Trial: number, Parameters: point(number)})
		var won atomic.Int32
		var mu sync.Mutex
		var g errgroup.Group
		for range 4 {
			g.Go(func() error {
				e, err := s.Record(t.Context(), d.uid, evs...)
				if err == nil {
					won.Add(1)
					mu.Lock()
					d.last = e
					mu.Unlock()
					return nil
				}
				if hone.KindOf(err) != hone.Conflict {
					return err
				}
				return nil
			})
		}
		require.NoError(t, g.Wait())
		require.Equal(t, int32(1), won.Load())
	}
	require.Equal(t, 20, d.last.Status.Created)
}

func manySources(t *testing.T, subject Subject) {
	const sources, batches = 8, 25
	s := subject.Open(t)
	d := begin(t, s, "digits")
	number := d.start()
	var g errgroup.Group
	for i := range sources {
		for range 2 { // everything is sent twice at the same time
			g.Go(func() error {
				for sequence := int64(1); sequence <= batches; sequence++ {
					_, err := d.append(hone.Batch{Number: number, Attempt: 1, Source: nameOf(i), Sequence: sequence,
						Measurements: readings("loss", int(sequence), 2)})
					if err != nil {
						return err
					}
				}
				return nil
			})
		}
	}
	require.NoError(t, g.Wait())
	got := bySequence(d.batches(number))
	require.Len(t, got, sources*batches)
	for i, b := range got {
		require.Equal(t, nameOf(i/batches), b.Source)
		require.Equal(t, int64(i%batches+1), b.Sequence)
		require.Equal(t, readings("loss", int(b.Sequence), 2), b.Measurements)
	}
}

func failingNeighbours(t *testing.T, subject Subject) {
	s := subject.Open(t)
	d := begin(t, s, "digits")
	number := d.start()
	var g errgroup.Group
	for i := range 8 {
		g.Go(func() error {
			for sequence := int64(1); sequence <= 20; sequence++ {
				b := hone.Batch{Number: number, Attempt: 1, Source: nameOf(i), Sequence: sequence, Measurements: readings("loss", 1, 1)}
				if i%2 == 1 {
					b.Sequence = sequence + 1 // never in order
				}
				_, err := d.append(b)
				if i%2 == 1 && hone.KindOf(err) != hone.Conflict && err == nil {
					return fmt.Errorf("%s %d was taken", b.Source, b.Sequence)
				}
				if i%2 == 0 && err != nil {
					return err
				}
			}
			return nil
		})
	}
	require.NoError(t, g.Wait())
	require.Len(t, d.batches(number), 4*20)
}

func wholeTransactions(t *testing.T, subject Subject) {
	s := subject.Open(t)
	d := begin(t, s, "digits")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var g errgroup.Group
	for range 3 {
		g.Go(func() error {
			for ctx.Err() == nil {
				if err := consistent(s, d.uid); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for i := range 25 {
		d.finished(float64(i))
	}
	cancel()
	require.NoError(t, g.Wait())
}

// consistent looks for a trial that is in the ranking and not finished, or the other way around.
func consistent(s hone.Store, uid string) error {
	ranking, err := s.Ranking(context.Background(), uid, 0, false)
	if err != nil {
		return err
	}
	for _, trial := range ranking {
		if trial.State.Ended() != (trial.Finished > 0) || trial.Ranked() != (trial.State == hone.TrialSucceeded) {
			return fmt.Errorf("half a transaction: %+v", trial)
		}
	}
	return nil
}

func createAndDelete(t *testing.T, subject Subject) {
	s := subject.Open(t)
	var g errgroup.Group
	for worker := range 4 {
		g.Go(func() error {
			for i := range 10 {
				e := sample(nameOf(worker))
				e.UID = fmt.Sprintf("%d-%d", worker, i)
				if _, err := s.CreateExperiment(t.Context(), e, hone.Event{Sequence: 1, Time: epoch(), Type: hone.EventCreated}); err != nil {
					return err
				}
				if _, err := s.Experiments(t.Context(), hone.ExperimentFilter{}); err != nil {
					return err
				}
				if err := s.DeleteExperiment(t.Context(), e.UID); err != nil {
					return err
				}
			}
			return nil
		})
	}
	require.NoError(t, g.Wait())
	require.Empty(t, listAll(t, s, hone.ExperimentFilter{}))
}
