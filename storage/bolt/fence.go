package bolt

import (
	"context"
	"encoding/binary"

	"go.etcd.io/bbolt"

	"github.com/hone-tuner/hone"
)

var _ hone.Fencer = (*Store)(nil)

// Fence says by which token this process owns the store. Usually the lock of the file keeps others out; on a volume
// where locks do not reach from one machine to the other, this does.
func (s *Store) Fence(ctx context.Context, token int64) error {
	if token < 1 {
		return hone.Errorf(hone.InvalidArgument, "store %s: a fencing token is at least 1, not %d", s.path, token)
	}
	for mine := s.token.Load(); token > mine && !s.token.CompareAndSwap(mine, token); mine = s.token.Load() {
	}
	return s.write(ctx, func(t *transaction) error {
		switch newest := fenceOf(t.tx); {
		case token < newest:
			return &hone.FenceError{Token: token, Newest: newest}
		case token == newest:
			return nil
		}
		return t.put(metaBucket, []byte(fenceKey), binary.BigEndian.AppendUint64(nil, uint64(token)))
	})
}

// superseded says that a process with a higher token has come since. It costs a look at one key for a whole transaction.
func (s *Store) superseded(tx *bbolt.Tx) error {
	mine := s.token.Load()
	if mine == 0 {
		return nil
	}
	if newest := fenceOf(tx); newest > mine {
		return &hone.FenceError{Token: mine, Newest: newest}
	}
	return nil
}

// fenceOf is the highest token that the store has seen.
func fenceOf(tx *bbolt.Tx) int64 {
	value := metaBucket.in(tx).Get([]byte(fenceKey))
	if len(value) != 8 {
		return 0
	}
	return int64(binary.BigEndian.Uint64(value))
}
