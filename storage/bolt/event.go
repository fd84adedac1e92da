package bolt

import (
	"bytes"
	"context"

	"go.etcd.io/bbolt"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/storage/codec"
)

// Record folds events into an experiment and its trials.
func (s *Store) Record(ctx context.Context, uid string, events ...hone.Event) (hone.Experiment, error) {
	return s.Conclude(ctx, uid, nil, events...)
}

// Conclude stores batches of measurements and folds events, in one transaction.
func (s *Store) Conclude(ctx context.Context, uid string, readings []hone.Batch, events ...hone.Event) (hone.Experiment, error) {
	chunks, err := encodeBatches(readings)
	if err != nil {
		return hone.Experiment{}, err
	}
	copies, records := make([]hone.Event, len(events)), make([][]byte, len(events))
	for i, ev := range events {
		var err error
		copies[i] = codec.CloneEvent(ev)
		if records[i], err = codec.EncodeEvent(copies[i]); err != nil {
			return hone.Experiment{}, err
		}
	}
	var after hone.Experiment
	err = s.write(ctx, func(t *transaction) (err error) {
		for i, b := range readings {
			if _, err := t.append(uid, b, chunks[i]); err != nil {
				return err
			}
		}
		after, err = s.record(t, uid, copies, records)
		return err
	})
	if err != nil {
		return hone.Experiment{}, err
	}
	return codec.CloneExperiment(after), nil
}

func (s *Store) record(t *transaction, uid string, events []hone.Event, records [][]byte) (hone.Experiment, error) {
	owner, err := find(t.tx, uid)
	if err != nil {
		return hone.Experiment{}, err
	}
	e, err := s.current(t, owner.slot)
	if err != nil {
		return e, err
	}
	changes := changes{owner: owner, tx: t.tx, byNumber: map[int]*change{}}
	for _, ev := range events {
		if e, err = changes.fold(e, ev); err != nil {
			return e, err
		}
	}
	state, err := codec.EncodeState(e)
	if err != nil {
		return e, err
	}
	if err := changes.encode(); err != nil || len(events) == 0 {
		return e, err
	}
	for i, ev := range events {
		if err := t.put(eventBucket, owner.event(ev.Sequence), records[i]); err != nil {
			return e, err
		}
	}
	for _, c := range changes.list {
		if err := t.putTrial(owner.slot, e.Spec.Objective.Goal, c); err != nil {
			return e, err
		}
	}
	if err := t.put(stateBucket, owner.key(), state); err != nil {
		return e, err
	}
	t.folded[owner.slot] = e
	return e, nil
}

// current is the experiment as the transaction sees it. The result is shared and must not be changed.
func (s *Store) current(t *transaction, at slot) (hone.Experiment, error) {
	if e, ok := t.folded[at]; ok {
		return e, nil
	}
	if e, ok := s.folded[at]; ok {
		return e, nil
	}
	return s.load(t.tx, at)
}

// changes are the trials that a list of events changes, in the order in which they are first named.
type changes struct {
	owner
	tx       *bbolt.Tx
	byNumber map[int]*change
	list     []*change
}

// change is a trial before and after some events, with its records.
type change struct {
	before, after hone.Trial
	old, new      []byte
}

func (c *changes) fold(e hone.Experiment, ev hone.Event) (hone.Experiment, error) {
	if ev.Trial == 0 {
		e, _, err := hone.Fold(e, hone.Trial{}, ev)
		return e, err
	}
	trial, err := c.of(ev.Trial)
	if err != nil {
		return e, err
	}
	after, folded, err := hone.Fold(e, trial.after, ev)
	trial.after = folded
	return after, err
}

// of returns the change of a trial; one that does not exist yet begins as the zero Trial.
func (c *changes) of(number int) (*change, error) {
	if known := c.byNumber[number]; known != nil {
		return known, nil
	}
	trial := &change{}
	if record := trialRecord(c.tx, c.slot, number); record != nil {
		t, err := codec.DecodeTrial(record, c.name)
		if err != nil {
			return nil, err
		}
		trial.before, trial.after, trial.old = t, t, record
	}
	c.byNumber[number] = trial
	c.list = append(c.list, trial)
	return trial, nil
}

// encode makes the new records of all changes, before anything is written.
func (c *changes) encode() (err error) {
	for _, trial := range c.list {
		if trial.after.Number == 0 {
			continue
		}
		if trial.new, err = codec.EncodeTrial(trial.after); err != nil {
			return err
		}
	}
	return nil
}

// putTrial writes a trial and moves it to its places in the indexes.
func (t *transaction) putTrial(at slot, goal hone.Goal, c *change) error {
	if c.after.Number == 0 || bytes.Equal(c.old, c.new) {
		return nil
	}
	if err := t.put(trialBucket, at.trial(c.after.Number), c.new); err != nil {
		return err
	}
	was, is := []byte(nil), at.rank(goal, c.after)
	if c.before.Number != 0 {
		was = at.rank(goal, c.before)
	}
	if err := t.move(rankBucket, was, is, nil); err != nil {
		return err
	}
	return t.move(finishedBucket, place(at, c.before), place(at, c.after), slot(c.after.Number).key())
}

// place is the key of a trial in the order of finishing; nil while it has none.
func place(at slot, t hone.Trial) []byte {
	if t.Finished == 0 {
		return nil
	}
	return at.finished(t.Finished)
}

// move takes an entry of an index from one key to another; nil is none.
func (t *transaction) move(b bucket, was, is, value []byte) error {
	if bytes.Equal(was, is) {
		return nil
	}
	if was != nil {
		if err := t.delete(b, was); err != nil {
			return err
		}
	}
	if is == nil {
		return nil
	}
	return t.put(b, is, value)
}

// Events returns up to limit events after a sequence number, all of them with a limit of 0.
func (s *Store) Events(ctx context.Context, uid string, after int64, limit int) (events []hone.Event, err error) {
	err = s.read(ctx, func(tx *bbolt.Tx) error {
		owner, err := find(tx, uid)
		if err != nil {
			return err
		}
		prefix := owner.key()
		c := eventBucket.in(tx).Cursor()
		for k, v := c.Seek(owner.event(max(after, 0) + 1)); bytes.HasPrefix(k, prefix); k, v = c.Next() {
			if limit > 0 && len(events) == limit {
				return nil
			}
			ev, err := codec.DecodeEvent(v)
			if err != nil {
				return err
			}
			events = append(events, ev)
		}
		return nil
	})
	return events, err
}
