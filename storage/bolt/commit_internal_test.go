package bolt

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"github.com/hone-tuner/hone"
)

func openTest(t *testing.T) *Store {
	s, err := Open(filepath.Join(t.TempDir(), "hone.db"), Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

// together runs operations so that they share a transaction: they queue up behind one that waits for them.
func together(t *testing.T, s *Store, operations ...func(*transaction) error) []error {
	begun, release := make(chan bool), make(chan bool)
	first := make(chan error, 1)
	go func() {
		first <- s.write(context.Background(), func(*transaction) error {
			begun <- true
			<-release
			return nil
		})
	}()
	<-begun
	results := make([]chan error, len(operations))
	for i, op := range operations {
		results[i] = make(chan error, 1)
		go func() { results[i] <- s.write(context.Background(), op) }()
		for s.waiting() != i+1 {
			runtime.Gosched()
		}
	}
	release <- true
	require.NoError(t, <-first)
	errs := make([]error, len(operations))
	for i := range errs {
		errs[i] = <-results[i]
	}
	return errs
}

func (s *Store) waiting() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.queue)
}

func putName(name string) func(*transaction) error {
	return func(t *transaction) error { return t.put(metaBucket, []byte(name), []byte(name)) }
}

func names(t *testing.T, s *Store) (names []string) {
	require.NoError(t, s.db.View(func(tx *bbolt.Tx) error {
		return metaBucket.in(tx).ForEach(func(k, _ []byte) error {
			if name := string(k); name != formatKey && name != schemaKey {
				names = append(names, name)
			}
			return nil
		})
	}))
	return names
}

func transactions(t *testing.T, s *Store) (n int) {
	require.NoError(t, s.db.View(func(tx *bbolt.Tx) error {
		n = tx.ID()
		return nil
	}))
	return n
}

func TestWritersThatComeTogetherShareATransaction(t *testing.T) {
	s := openTest(t)
	before := transactions(t, s)
	errs := together(t, s, putName("a"), putName("b"), putName("c"))
	require.Equal(t, []error{nil, nil, nil}, errs)
	require.Equal(t, []string{"a", "b", "c"}, names(t, s))
	require.Equal(t, before+1, transactions(t, s))
}

func TestAWriterThatFailsLeavesNothingAndHarmsNobody(t *testing.T) {
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		fail func(*transaction) error
		want error
	}{
		"before it wrote anything": {func(*transaction) error { return hone.Errorf(hone.Conflict, "no") }, hone.Conflict},
		"after it wrote something": {func(t *transaction) error {
			return errors.Join(putName("trace")(t), broken)
		}, broken},
		"with a panic": {func(t *transaction) error {
			_ = putName("trace")(t)
			panic("page 7 makes no sense")
		}, hone.DataLoss},
		"by an error of the file": {func(t *transaction) error { return t.put(metaBucket, nil, nil) }, hone.Internal},
	} {
		t.Run(name, func(t *testing.T) {
			s := openTest(t)
			errs := together(t, s, putName("a"), c.fail, putName("b"), c.fail)
			require.NoError(t, errs[0])
			require.NoError(t, errs[2])
			require.ErrorIs(t, errs[1], c.want)
			require.ErrorIs(t, errs[3], c.want)
			require.Equal(t, []string{"a", "b"}, names(t, s))
			require.NoError(t, s.write(t.Context(), putName("c")), "and writing goes on")
		})
	}
}

func TestAWriterWhoseContextEndsWithdraws(t *testing.T) {
	s := openTest(t)
	begun, release, gone := make(chan bool), make(chan bool), make(chan error)
	go func() {
		_ = s.write(context.Background(), func(*transaction) error {
			begun <- true
			<-release
			return nil
		})
	}()
	<-begun
	ctx, cancel := context.WithCancel(t.Context())
	go func() { gone <- s.write(ctx, putName("withdrawn")) }()
	for s.waiting() != 1 {
		runtime.Gosched()
	}
	cancel()
	require.ErrorIs(t, <-gone, context.Canceled)
	release <- true
	require.NoError(t, s.write(t.Context(), putName("c")))
	require.Equal(t, []string{"c"}, names(t, s))
}

// TestAWriteOfUnknownFateStopsTheStore has the last step of a commit fail: nobody can say then whether it is
// on the disk.
func TestAWriteOfUnknownFateStopsTheStore(t *testing.T) {
	s := openTest(t)
	s.doubt(transactions(t, s)+1, errors.New("nothing was written"))
	require.NoError(t, s.write(t.Context(), putName("a")), "the old state stands: go on")
	s.doubt(transactions(t, s), errors.New("input/output error"))
	err := s.write(t.Context(), putName("b"))
	require.ErrorIs(t, err, hone.DataLoss)
	require.ErrorContains(t, err, "open the store again")
	require.Equal(t, []string{"a"}, names(t, s), "reading goes on")
}

// fillExperiment makes an experiment with many records and returns its slot.
func fillExperiment(t *testing.T, s *Store, uid string, trials int) []byte {
	_, err := s.CreateExperiment(t.Context(), hone.Experiment{UID: uid, Name: uid}, hone.Event{Sequence: 1, Type: hone.EventCreated})
	require.NoError(t, err)
	events := []hone.Event{{Sequence: 2, Type: hone.EventAttached}}
	for number := 1; number <= trials; number++ {
		events = append(events, hone.Event{Sequence: int64(number + 2), Type: hone.EventTrialCreated, Trial: number})
	}
	_, err = s.Record(t.Context(), uid, events...)
	require.NoError(t, err)
	_, err = s.Append(t.Context(), uid, hone.Batch{Number: 1, Attempt: 1, Cursor: []byte("x")})
	require.NoError(t, err)
	var at []byte
	require.NoError(t, s.db.View(func(tx *bbolt.Tx) error {
		o, err := find(tx, uid)
		at = o.key()
		return err
	}))
	return at
}

func left(t *testing.T, s *Store, at []byte) (n int) {
	require.NoError(t, s.db.View(func(tx *bbolt.Tx) error {
		for _, b := range contents() {
			c := b.in(tx).Cursor()
			for k, _ := c.Seek(at); k != nil && string(k[:4]) == string(at); k, _ = c.Next() {
				n++
			}
		}
		return nil
	}))
	return n
}

func (s *Store) awaitSweeper() {
	for {
		s.mu.Lock()
		done := !s.sweeps
		s.mu.Unlock()
		if done {
			return
		}
		runtime.Gosched()
	}
}

func TestADeletedExperimentIsRemovedInSlicesAlsoAfterACrash(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hone.db")
	s, err := Open(path, Options{})
	require.NoError(t, err)
	neighbour := fillExperiment(t, s, "neighbour", 10)
	at := fillExperiment(t, s, "large", 2500)
	require.Equal(t, 2502+2500+2500+1, left(t, s, at))
	s.mu.Lock()
	s.sweeps = true // as if the sweeper died before it began
	s.mu.Unlock()
	require.NoError(t, s.DeleteExperiment(t.Context(), "large"))
	require.NoError(t, s.Close())

	s, err = Open(path, Options{})
	require.NoError(t, err)
	before := transactions(t, s)
	s.awaitSweeper()
	require.Zero(t, left(t, s, at))
	require.Greater(t, transactions(t, s), before, "the rest was still there")
	require.NotZero(t, left(t, s, neighbour))
	deleted, err := s.deleted()
	require.NoError(t, err)
	require.Nil(t, deleted)

	other := fillExperiment(t, s, "another", 2000)
	require.NotEqual(t, at, other, "a slot is never used again")
	require.NoError(t, s.DeleteExperiment(t.Context(), "another"))
	require.NoError(t, s.DeleteExperiment(t.Context(), "neighbour"))
	s.awaitSweeper()
	require.Zero(t, left(t, s, other)+left(t, s, neighbour))
	require.NoError(t, s.Close())
}

func TestSweepingTakesSeveralTransactions(t *testing.T) {
	s := openTest(t)
	at := fillExperiment(t, s, "large", 2000)
	all := left(t, s, at)
	require.NoError(t, s.write(t.Context(), func(tx *transaction) error { return tx.sweepSlice(at) }))
	require.Equal(t, all-sliceSize, left(t, s, at))
}

func TestKeysSortLikeTheLeaderboard(t *testing.T) {
	values := []float64{-1e308, -1, -1e-300, 0, 5e-324, 0.5, 1, 1e308}
	for i, a := range values {
		for j, b := range values {
			require.Equal(t, i < j, sortable(hone.Minimize, a) < sortable(hone.Minimize, b), fmt.Sprint(a, b))
			require.Equal(t, i > j, sortable(hone.Maximize, a) < sortable(hone.Maximize, b), fmt.Sprint(a, b))
		}
	}
}

func TestErrorsOfTheSystemGetTheirKind(t *testing.T) {
	for _, c := range complaints() {
		for _, cause := range c.causes {
			for _, err := range []error{cause, fmt.Errorf("grow: %w", cause), fmt.Errorf("file resize error: %s", cause.Error())} {
				require.ErrorIs(t, explain("hone.db", err), c.kind, "%v", err)
				require.ErrorContains(t, explain("hone.db", err), "hone.db")
			}
		}
	}
	require.NoError(t, explain("hone.db", nil))
	known := hone.Errorf(hone.Conflict, "as it was")
	require.Equal(t, known, explain("hone.db", known))
	require.ErrorIs(t, explain("hone.db", errors.New("unheard")), hone.Internal)
}
