package bolt

import (
	"bytes"
	"context"
	"encoding/binary"
	"math"

	"go.etcd.io/bbolt"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/storage/codec"
)

var _ hone.BatchQueue = (*Store)(nil)

// Append stores a batch of measurements. The readings are encoded before the transaction, at the cost of
// the caller alone.
func (s *Store) Append(ctx context.Context, uid string, b hone.Batch) (next int64, err error) {
	wait, err := s.QueueBatch(ctx, uid, b)
	if err != nil {
		return 0, err
	}
	return wait()
}

// QueueBatch puts a batch in line, behind all that is there.
func (s *Store) QueueBatch(ctx context.Context, uid string, b hone.Batch) (wait func() (int64, error), err error) {
	if err := codec.CheckBatch(b); err != nil {
		return nil, err
	}
	chunk, next := codec.EncodeChunk(b), int64(0)
	op, err := s.enter(ctx, func(t *transaction) (err error) {
		next, err = t.append(uid, b, chunk)
		return err
	})
	if err != nil {
		return nil, err
	}
	return func() (int64, error) {
		if err := s.finish(ctx, op); err != nil {
			return 0, err
		}
		return next, nil
	}, nil
}

// encodeBatches checks and encodes batches.
func encodeBatches(batches []hone.Batch) ([][]byte, error) {
	chunks := make([][]byte, len(batches))
	for i, b := range batches {
		if err := codec.CheckBatch(b); err != nil {
			return nil, err
		}
		chunks[i] = codec.EncodeChunk(b)
	}
	return chunks, nil
}

// append writes a batch, unless it is there already, and returns the sequence number of the next one.
func (t *transaction) append(uid string, b hone.Batch, chunk []byte) (next int64, err error) {
	owner, err := find(t.tx, uid)
	if err != nil {
		return 0, err
	}
	if trialRecord(t.tx, owner.slot, b.Number) == nil {
		return 0, hone.Errorf(hone.NotFound, "experiment %q has no trial %d that measurements could belong to", owner.name, b.Number)
	}
	source := owner.source(b.Number, b.Attempt, b.Source)
	last, _, err := lastChunk(t.tx, source)
	next = last + 1
	switch {
	case err != nil:
		return 0, err
	case b.Sequence > next:
		return 0, &hone.SequenceError{Expected: next, Got: b.Sequence}
	case b.Sequence > 0 && b.Sequence < next, codec.Empty(b):
		return next, nil
	}
	key := binary.BigEndian.AppendUint64(source, uint64(next))
	return next + 1, t.put(chunkBucket, key, chunk)
}

// lastChunk finds the newest chunk of a source: its sequence number and record; 0 and nil if there is none.
func lastChunk(tx *bbolt.Tx, source []byte) (int64, []byte, error) {
	c := chunkBucket.in(tx).Cursor()
	c.Seek(binary.BigEndian.AppendUint64(bytes.Clone(source), math.MaxUint64))
	key, record := c.Prev()
	if !bytes.HasPrefix(key, source) {
		return 0, nil, nil
	}
	b, ok := chunkOf(key)
	if !ok {
		return 0, nil, hone.Errorf(hone.DataLoss, "the key of a chunk of measurements is malformed: %x", key)
	}
	return b.Sequence, record, nil
}

// Batches returns all batches of a trial.
func (s *Store) Batches(ctx context.Context, uid string, number int) (batches []hone.Batch, err error) {
	err = s.read(ctx, func(tx *bbolt.Tx) error {
		owner, err := find(tx, uid)
		if err != nil {
			return err
		}
		if trialRecord(tx, owner.slot, number) == nil {
			return hone.Errorf(hone.NotFound, "experiment %q has no trial %d", owner.name, number)
		}
		prefix := owner.trial(number)
		c := chunkBucket.in(tx).Cursor()
		for k, record := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, record = c.Next() {
			key, ok := chunkOf(k)
			b, err := codec.DecodeChunk(record)
			if err != nil || !ok {
				return hone.Errorf(hone.DataLoss, "measurements of trial %d of experiment %q: %w (key %x)", number, owner.name, err, k)
			}
			key.Cursor, key.Received, key.Measurements = b.Cursor, b.Received, b.Measurements
			batches = append(batches, key)
		}
		return nil
	})
	return batches, err
}

// Cursor returns the newest batch's sequence number and cursor.
func (s *Store) Cursor(ctx context.Context, uid string, number, attempt int, source string) (sequence int64, cursor []byte, err error) {
	if err := codec.CheckBatch(hone.Batch{Attempt: attempt, Source: source}); err != nil {
		return 0, nil, err
	}
	err = s.read(ctx, func(tx *bbolt.Tx) error {
		owner, err := find(tx, uid)
		if err != nil {
			return err
		}
		var record []byte
		sequence, record, err = lastChunk(tx, owner.source(number, attempt, source))
		if err != nil || record == nil {
			return err
		}
		cursor, err = codec.DecodeCursor(record)
		return err
	})
	return sequence, cursor, err
}
