package memory

import (
	"context"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/storage/codec"
)

// Append stores a batch of measurements.
func (s *Store) Append(ctx context.Context, uid string, b hone.Batch) (next int64, err error) {
	if err := codec.CheckBatch(b); err != nil {
		return 0, err
	}
	chunk := codec.EncodeChunk(b)
	s.mu.Lock()
	defer s.mu.Unlock()
	x, err := s.find(ctx, uid)
	if err != nil {
		return 0, err
	}
	return x.append(b, chunk)
}

// append adds a batch, unless it is there already, and returns the sequence number of the next one.
func (x *experiment) append(b hone.Batch, chunk []byte) (next int64, err error) {
	if !x.has(b.Number) {
		return 0, hone.Errorf(hone.NotFound, "experiment %q has no trial %d that measurements could belong to", x.name.Name, b.Number)
	}
	from := source{number: b.Number, attempt: b.Attempt, name: b.Source}
	next = int64(len(x.sources[from])) + 1
	switch {
	case b.Sequence > next:
		return 0, &hone.SequenceError{Expected: next, Got: b.Sequence}
	case b.Sequence > 0 && b.Sequence < next, codec.Empty(b):
		return next, nil
	}
	x.sources[from] = append(x.sources[from], chunk)
	return next + 1, nil
}

// Batches returns all batches of a trial.
func (s *Store) Batches(ctx context.Context, uid string, number int) (batches []hone.Batch, err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	x, err := s.find(ctx, uid)
	if err != nil {
		return nil, err
	}
	if !x.has(number) {
		return nil, hone.Errorf(hone.NotFound, "experiment %q has no trial %d", x.name.Name, number)
	}
	for from, chunks := range x.sources {
		if from.number != number {
			continue
		}
		for i, chunk := range chunks {
			b, err := codec.DecodeChunk(chunk)
			if err != nil {
				return nil, err
			}
			b.Number, b.Attempt, b.Source, b.Sequence = number, from.attempt, from.name, int64(i)+1
			batches = append(batches, b)
		}
	}
	return batches, nil
}

// Cursor returns the newest batch's sequence number and cursor.
func (s *Store) Cursor(ctx context.Context, uid string, number, attempt int, name string) (int64, []byte, error) {
	if err := codec.CheckBatch(hone.Batch{Attempt: attempt, Source: name}); err != nil {
		return 0, nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	x, err := s.find(ctx, uid)
	if err != nil {
		return 0, nil, err
	}
	chunks := x.sources[source{number: number, attempt: attempt, name: name}]
	if len(chunks) == 0 {
		return 0, nil, nil
	}
	cursor, err := codec.DecodeCursor(chunks[len(chunks)-1])
	return int64(len(chunks)), cursor, err
}
