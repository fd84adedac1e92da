package bolt

import (
	"context"
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"github.com/hone-tuner/hone"
)

// TestWhoWasReplacedWritesNothing is the case of a volume whose locks do not reach the other machine: a second process
// has the file open, and writes its token.
func TestWhoWasReplacedWritesNothing(t *testing.T) {
	ctx, s := t.Context(), openTest(t)
	require.NoError(t, s.Fence(ctx, 4))
	put := func(key string) func(*transaction) error {
		return func(t *transaction) error { return t.put(metaBucket, []byte(key), []byte("x")) }
	}
	require.NoError(t, s.write(ctx, put("before")))
	require.NoError(t, s.db.Update(func(tx *bbolt.Tx) error {
		return metaBucket.in(tx).Put([]byte(fenceKey), binary.BigEndian.AppendUint64(nil, 5))
	}))
	errs := make(chan error, 3)
	for _, key := range []string{"one", "two", "three"} { // some of them share a transaction
		go func() { errs <- s.write(context.Background(), put(key)) }()
	}
	for range cap(errs) {
		err := <-errs
		var fenced *hone.FenceError
		require.ErrorAs(t, err, &fenced)
		require.Equal(t, hone.FenceError{Token: 4, Newest: 5}, *fenced)
		require.ErrorIs(t, err, hone.Conflict)
	}
	require.NoError(t, s.db.View(func(tx *bbolt.Tx) error {
		require.NotNil(t, metaBucket.in(tx).Get([]byte("before")))
		for _, key := range []string{"one", "two", "three"} {
			require.Nil(t, metaBucket.in(tx).Get([]byte(key)), key)
		}
		return nil
	}))
}
