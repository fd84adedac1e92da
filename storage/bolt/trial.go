package bolt

import (
	"bytes"
	"context"
	"math"

	"go.etcd.io/bbolt"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/storage/codec"
)

// trialRecord returns the record of a trial, in the memory of the transaction; nil if there is none.
func trialRecord(tx *bbolt.Tx, at slot, number int) []byte {
	if number < 1 || number > math.MaxUint32 {
		return nil
	}
	return trialBucket.in(tx).Get(at.trial(number))
}

// Trial returns one by number.
func (s *Store) Trial(ctx context.Context, uid string, number int) (t hone.Trial, err error) {
	err = s.read(ctx, func(tx *bbolt.Tx) error {
		owner, err := find(tx, uid)
		if err != nil {
			return err
		}
		t, err = owner.trialOf(tx, number)
		return err
	})
	return t, err
}

func (o owner) trialOf(tx *bbolt.Tx, number int) (hone.Trial, error) {
	record := trialRecord(tx, o.slot, number)
	if record == nil {
		return hone.Trial{}, hone.Errorf(hone.NotFound, "experiment %q has no trial %d", o.name, number)
	}
	return codec.DecodeTrial(record, o.name)
}

// Trials lists by number. Trials in other states are not decoded.
func (s *Store) Trials(ctx context.Context, uid string, f hone.TrialFilter) (trials []hone.Trial, err error) {
	err = s.read(ctx, func(tx *bbolt.Tx) error {
		owner, err := find(tx, uid)
		if err != nil || f.After >= math.MaxUint32 {
			return err
		}
		prefix := owner.key()
		c := trialBucket.in(tx).Cursor()
		for k, v := c.Seek(owner.trial(max(f.After, 0) + 1)); bytes.HasPrefix(k, prefix); k, v = c.Next() {
			if !codec.InState(v, f.States) {
				continue
			}
			if f.Limit > 0 && len(trials) == f.Limit {
				return nil
			}
			t, err := codec.DecodeTrial(v, owner.name)
			if err != nil {
				return err
			}
			trials = append(trials, t)
		}
		return nil
	})
	return trials, err
}

// Ranking returns the first n trials of the leaderboard.
func (s *Store) Ranking(ctx context.Context, uid string, n int, imported bool) (trials []hone.Trial, err error) {
	err = s.read(ctx, func(tx *bbolt.Tx) error {
		owner, err := find(tx, uid)
		if err != nil {
			return err
		}
		for _, class := range []byte{ranked, unranked} {
			walk := []*classWalk{walkClass(tx, owner.slot, class)}
			if imported {
				walk = append(walk, walkClass(tx, owner.slot, class+1))
			}
			for key := firstOf(walk); key != nil && (n <= 0 || len(trials) < n); key = firstOf(walk) {
				t, err := owner.trialOf(tx, rankNumber(key))
				if err != nil {
					return hone.Errorf(hone.DataLoss, "the ranking names a trial that cannot be read: %w", err)
				}
				trials = append(trials, t)
			}
		}
		return nil
	})
	return trials, err
}

// classWalk goes through one class of the ranking.
type classWalk struct {
	cursor *bbolt.Cursor
	prefix []byte
	key    []byte // the next one; nil at the end
}

func walkClass(tx *bbolt.Tx, at slot, class byte) *classWalk {
	w := &classWalk{cursor: rankBucket.in(tx).Cursor(), prefix: at.class(class)}
	w.take(w.cursor.Seek(w.prefix))
	return w
}

func (w *classWalk) take(key, _ []byte) {
	w.key = nil
	if bytes.HasPrefix(key, w.prefix) {
		w.key = key
	}
}

// firstOf takes the first key of several classes in the common order.
func firstOf(walks []*classWalk) []byte {
	var first *classWalk
	for _, w := range walks {
		if w.key != nil && (first == nil || bytes.Compare(rankSuffix(w.key), rankSuffix(first.key)) < 0) {
			first = w
		}
	}
	if first == nil {
		return nil
	}
	key := first.key
	first.take(first.cursor.Next())
	return key
}

// Finished lists the ended trials in the order of finishing.
func (s *Store) Finished(ctx context.Context, uid string) (trials []hone.Trial, err error) {
	err = s.read(ctx, func(tx *bbolt.Tx) error {
		owner, err := find(tx, uid)
		if err != nil {
			return err
		}
		prefix := owner.key()
		c := finishedBucket.in(tx).Cursor()
		for k, number := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, number = c.Next() {
			t, err := owner.trialOf(tx, int(slotOf(number)))
			if err != nil {
				return hone.Errorf(hone.DataLoss, "the order of finishing names a trial that cannot be read: %w", err)
			}
			trials = append(trials, t)
		}
		return nil
	})
	return trials, err
}
