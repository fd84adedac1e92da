package bolt

import (
	"context"
	"errors"
	"slices"

	"go.etcd.io/bbolt"

	"github.com/hone-tuner/hone"
)

// groupLimit is how many operations share a transaction at most, so that none waits for long.
const groupLimit = 256

// errStuck marks a store whose transaction could not be ended.
var errStuck = errors.New("a transaction could not be ended")

// operation is one writer's part of a transaction. It may be run several times, and checks everything
// before it writes.
type operation struct {
	run  func(*transaction) error
	err  error
	wake chan bool // true: it is this writer's turn to commit; false: done
	turn bool
}

// transaction is what operations write to.
type transaction struct {
	tx *bbolt.Tx
	// wrote is set when the running operation has written something, changed when any has.
	wrote, changed bool
	// folded holds the experiments that this transaction has changed.
	folded map[slot]hone.Experiment
}

func (t *transaction) put(b bucket, key, value []byte) error {
	t.wrote, t.changed = true, true
	in := b.in(t.tx)
	in.FillPercent = b.fill
	return in.Put(key, value)
}

func (t *transaction) delete(b bucket, key []byte) error {
	t.wrote, t.changed = true, true
	return b.in(t.tx).Delete(key)
}

// write runs an operation in a transaction and returns when that is on the disk. Writers that arrive while
// a transaction is being written share the next one: the first of them gets the turn and commits for all.
// A lone writer has the turn at once and commits in its own goroutine.
func (s *Store) write(ctx context.Context, run func(*transaction) error) error {
	op, err := s.enter(ctx, run)
	if err != nil {
		return err
	}
	return s.finish(ctx, op)
}

// enter puts an operation in line. It is run after all that are there; finish must be called for it.
func (s *Store) enter(ctx context.Context, run func(*transaction) error) (*operation, error) {
	if err := alive(ctx); err != nil {
		return nil, err
	}
	op := &operation{run: run, wake: make(chan bool, 1)}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.refusal(); err != nil {
		return nil, err
	}
	s.working.Add(1)
	s.queue = append(s.queue, op)
	if op.turn = !s.busy; op.turn {
		op.wake <- true
	}
	s.busy = true
	return op, nil
}

// finish waits until an operation is done, and commits if it has the turn.
func (s *Store) finish(ctx context.Context, op *operation) error {
	defer s.working.Done()
	turn, err := s.wait(ctx, op)
	if err != nil {
		return err
	}
	if turn {
		s.commit()
	}
	return explain(s.path, op.err)
}

// refusal says why nothing may be written.
func (s *Store) refusal() error {
	if s.closed {
		return hone.Errorf(hone.Unavailable, "store %s: the store is closed", s.path)
	}
	return s.broken
}

// wait waits until the operation is done, or has the turn. One that has not begun can still be withdrawn.
func (s *Store) wait(ctx context.Context, op *operation) (turn bool, err error) {
	select {
	case turn = <-op.wake:
		return turn, nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	i := slices.Index(s.queue, op)
	if i >= 0 && !op.turn {
		s.queue = slices.Delete(s.queue, i, i+1)
		s.mu.Unlock()
		return false, alive(ctx)
	}
	s.mu.Unlock()
	return <-op.wake, nil
}

// commit writes what waits, tells the writers, and passes the turn on.
func (s *Store) commit() {
	s.mu.Lock()
	n := min(len(s.queue), groupLimit)
	group := s.queue[:n:n]
	s.queue = s.queue[n:]
	broken := s.broken
	s.mu.Unlock()

	if broken == nil {
		s.commitGroup(group)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, op := range group {
		if broken != nil {
			op.err = broken
		}
		if !op.turn {
			op.wake <- false
		}
	}
	if s.busy = len(s.queue) > 0; s.busy {
		s.queue[0].turn = true
		s.queue[0].wake <- true
	}
}

// commitGroup runs operations in one transaction. One that fails after it has written something is taken
// out and the others are run again, so that it neither leaves traces nor harms its neighbours. When the
// transaction as a whole cannot be written, each is tried alone: a small one may still find room.
func (s *Store) commitGroup(group []*operation) {
	group = slices.Clone(group)
	for len(group) > 0 {
		failed, err := s.attempt(group)
		switch {
		case failed >= 0:
			group = slices.Delete(group, failed, failed+1)
			continue
		case err != nil && len(group) > 1 && s.sound():
			for _, op := range group {
				s.commitGroup([]*operation{op})
			}
		case err != nil:
			for _, op := range group {
				op.err = err
			}
		}
		return
	}
}

// attempt runs a group of operations. It returns the place of one that must be taken out, or -1, and the
// error of the transaction as a whole.
func (s *Store) attempt(group []*operation) (failed int, err error) {
	var tx *bbolt.Tx
	if err := s.critical(func() (err error) { tx, err = s.db.Begin(true); return err }); err != nil {
		return -1, err
	}
	if err := s.superseded(tx); err != nil {
		return -1, errors.Join(err, s.critical(tx.Rollback))
	}
	t := &transaction{tx: tx, folded: map[slot]hone.Experiment{}}
	for i, op := range group {
		t.wrote = false
		panicked := true
		op.err = protect(s.path, func() error {
			err := op.run(t)
			panicked = false
			return err
		})
		if op.err != nil && (t.wrote || panicked) {
			if err := s.critical(tx.Rollback); err != nil {
				return -1, err
			}
			return i, nil
		}
	}
	if !t.changed {
		return -1, s.critical(tx.Rollback)
	}
	before := tx.ID()
	if err := s.critical(tx.Commit); err != nil {
		s.doubt(before, err)
		return -1, err
	}
	for at, e := range t.folded {
		remember(s.folded, at, e)
	}
	return -1, nil
}

// critical runs a step that begins or ends a transaction. When it panics, bbolt is left with its locks
// held, and nothing can be written any more.
func (s *Store) critical(step func() error) error {
	done := false
	err := protect(s.path, func() error {
		err := step()
		done = true
		return err
	})
	if !done {
		s.breakDown(hone.Errorf(hone.DataLoss, "%w (%w)", err, errStuck))
	}
	return err
}

// doubt looks at a commit that failed. While the old state still stands, nothing has happened. But when the
// last step failed, the new state can be seen and yet may never reach the disk: then nothing more is
// written, since all of it would build on sand.
func (s *Store) doubt(before int, cause error) {
	now := before
	err := s.critical(func() error {
		return s.db.View(func(tx *bbolt.Tx) error {
			now = tx.ID()
			return nil
		})
	})
	if err != nil || now >= before {
		s.breakDown(hone.Errorf(hone.DataLoss, "store %s: %w: it is not known whether the last write reached the disk; check the disk, then open the store again", s.path, cause))
	}
}

func (s *Store) breakDown(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken == nil {
		s.broken = err
		s.log.Error("nothing can be written to the store any more", "path", s.path, "error", err)
	}
}

func (s *Store) sound() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.broken == nil
}
