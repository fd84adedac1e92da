package controller

import (
	"context"
	"sync"

	"github.com/hone-tuner/hone"
)

// liveCurve is the curve of a running trial, shared by its collector, those who push, and those who
// look.
type liveCurve struct {
	mu       sync.Mutex
	complete bool // everything that is stored is in it
	curve    *hone.Curve
	latest   map[string]hone.Measurement
	// newest batch taken in, by attempt and source
	sequences map[batchSource]int64
}

type batchSource struct {
	attempt int
	source  string
}

// recall reads what is stored of the trial: readings of earlier attempts, and of earlier processes.
func (l *liveCurve) recall(ctx context.Context, store hone.MeasurementStore, uid string, number int) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.complete {
		return nil
	}
	batches, err := store.Batches(ctx, uid, number)
	if err != nil {
		return err
	}
	l.curve, l.complete = nil, true
	hone.EachBatch(batches, l.add)
	return nil
}

// store appends a batch durably and then takes it in, as one step for everybody who looks.
func (l *liveCurve) store(ctx context.Context, store hone.MeasurementStore, uid string, b hone.Batch) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, err := store.Append(ctx, uid, b); err != nil {
		return err
	}
	if l.complete {
		l.add(b)
	}
	return nil
}

// take takes in a batch that is about to be stored.
func (l *liveCurve) take(b hone.Batch) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.add(b)
}

// add takes a stored batch in, once.
func (l *liveCurve) add(b hone.Batch) {
	if l.curve == nil {
		l.curve, l.latest, l.sequences = hone.NewCurve(), map[string]hone.Measurement{}, map[batchSource]int64{}
	}
	key := batchSource{b.Attempt, b.Source}
	if b.Sequence > 0 && b.Sequence <= l.sequences[key] {
		return
	}
	l.sequences[key] = max(b.Sequence, l.sequences[key])
	l.curve.Add(b.Attempt, b.Measurements)
	for _, m := range b.Measurements {
		l.latest[m.Metric] = m
	}
}

// readings returns the whole curve.
func (l *liveCurve) readings() []hone.Measurement { return l.of("") }

// objective returns the readings of one metric, by step.
func (l *liveCurve) objective(metric string) []hone.Measurement { return l.of(metric) }

func (l *liveCurve) of(metric string) []hone.Measurement {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.curve == nil {
		return nil
	}
	return l.curve.Readings(metric)
}

// newest returns the latest value of every metric.
func (l *liveCurve) newest() map[string]hone.Float {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.latest) == 0 {
		return nil
	}
	out := make(map[string]hone.Float, len(l.latest))
	for name, m := range l.latest {
		out[name] = m.Value
	}
	return out
}
