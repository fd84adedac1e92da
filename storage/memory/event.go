package memory

import (
	"context"
	"maps"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/storage/codec"
)

// Record folds events into an experiment and its trials.
func (s *Store) Record(ctx context.Context, uid string, events ...hone.Event) (hone.Experiment, error) {
	return s.Conclude(ctx, uid, nil, events...)
}

// Conclude stores batches of measurements and folds events, all of it or nothing.
func (s *Store) Conclude(ctx context.Context, uid string, readings []hone.Batch, events ...hone.Event) (hone.Experiment, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x, err := s.find(ctx, uid)
	if err != nil {
		return hone.Experiment{}, err
	}
	before := maps.Clone(x.sources)
	for _, b := range readings {
		err := codec.CheckBatch(b)
		if err == nil {
			_, err = x.append(b, codec.EncodeChunk(b))
		}
		if err != nil {
			x.sources = before
			return hone.Experiment{}, err
		}
	}
	e, err := x.fold(events)
	if err != nil {
		x.sources = before
	}
	return e, err
}

// fold folds events into the experiment, all of them or none.
func (x *experiment) fold(events []hone.Event) (hone.Experiment, error) {
	e, err := x.load()
	if err != nil {
		return hone.Experiment{}, err
	}
	c := changes{experiment: x, trials: map[int][]byte{}}
	for _, ev := range events {
		if e, err = c.record(e, codec.CloneEvent(ev)); err != nil {
			return hone.Experiment{}, err
		}
	}
	state, err := codec.EncodeState(e)
	if err != nil {
		return hone.Experiment{}, err
	}
	x.state = state
	x.events = append(x.events, c.events...)
	for len(x.trials) < e.Status.Trials() {
		x.trials = append(x.trials, nil)
	}
	for number, record := range c.trials {
		x.trials[number-1] = record
	}
	return codec.CloneExperiment(e), nil
}

// changes are what a list of events writes, all of it or nothing.
type changes struct {
	*experiment
	events [][]byte
	trials map[int][]byte
}

func (c *changes) record(e hone.Experiment, ev hone.Event) (hone.Experiment, error) {
	record, err := codec.EncodeEvent(ev)
	if err != nil {
		return e, err
	}
	t, err := c.trial(ev.Trial)
	if changed := c.trials[ev.Trial]; changed != nil {
		t, err = codec.DecodeTrial(changed, c.name.Name)
	}
	if err != nil {
		return e, err
	}
	e, t, err = hone.Fold(e, t, ev)
	if err != nil {
		return e, err
	}
	c.events = append(c.events, record)
	if t.Number != 0 {
		c.trials[t.Number], err = codec.EncodeTrial(t)
	}
	return e, err
}

// Events returns up to limit events after a sequence number, all of them with a limit of 0.
func (s *Store) Events(ctx context.Context, uid string, after int64, limit int) (events []hone.Event, err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	x, err := s.find(ctx, uid)
	if err != nil {
		return nil, err
	}
	for i := max(after, 0); i < int64(len(x.events)); i++ {
		if limit > 0 && len(events) == limit {
			break
		}
		ev, err := codec.DecodeEvent(x.events[i])
		if err != nil {
			return nil, err
		}
		events = append(events, ev)
	}
	return events, nil
}
