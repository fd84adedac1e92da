package bolt

import (
	"bytes"
	"context"
	"errors"

	"go.etcd.io/bbolt"

	"github.com/hone-tuner/hone"
)

// sliceSize is how many records of a deleted experiment one transaction removes, so that writers in
// between do not wait for long.
const sliceSize = 1000

// sweep removes what deleted experiments left, in the background. One goroutine does it at a time.
func (s *Store) sweep() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refusal() != nil {
		return
	}
	s.unswept = true
	if !s.sweeps {
		s.sweeps = true
		s.working.Add(1)
		go s.sweepAll()
	}
}

func (s *Store) sweepAll() {
	defer s.working.Done()
	for s.goOnSweeping() {
		at, err := s.deleted()
		for at != nil && err == nil {
			err = s.write(context.Background(), func(t *transaction) error { return t.sweepSlice(at) })
			if err == nil {
				at, err = s.deleted()
			}
		}
		if err != nil && !errors.Is(err, hone.Unavailable) {
			s.log.Warn("a deleted experiment still takes room; the next opening removes it", "path", s.path, "error", err)
		}
	}
}

// goOnSweeping reports whether something was deleted since it was last asked.
func (s *Store) goOnSweeping() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweeps = s.unswept
	s.unswept = false
	return s.sweeps
}

// deleted returns the slot of an experiment whose content is still there.
func (s *Store) deleted() (at []byte, err error) {
	err = protect(s.path, func() error {
		return s.db.View(func(tx *bbolt.Tx) error {
			k, _ := deletedBucket.in(tx).Cursor().First()
			at = bytes.Clone(k)
			return nil
		})
	})
	return at, err
}

// sweepSlice removes some records of a slot, and its mark after the last.
func (t *transaction) sweepSlice(at []byte) error {
	left := sliceSize
	for _, b := range contents() {
		keys := make([][]byte, 0, left)
		c := b.in(t.tx).Cursor()
		for k, _ := c.Seek(at); k != nil && bytes.HasPrefix(k, at) && len(keys) < left; k, _ = c.Next() {
			keys = append(keys, bytes.Clone(k))
		}
		for _, k := range keys {
			if err := t.delete(b, k); err != nil {
				return err
			}
		}
		if left -= len(keys); left == 0 {
			return nil
		}
	}
	return t.delete(deletedBucket, at)
}
