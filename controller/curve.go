package controller

import (
	"context"
	"sync"
	"time"

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
	// received is when the newest batch came, and last is closed when it was taken in, or refused.
	received time.Time
	last     chan struct{}
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

// store appends a batch durably and then takes it in, as one step for everybody who looks. Many batches may be on
// their way to the disk at once: they are stored and taken in in the order in which they came.
func (l *liveCurve) store(ctx context.Context, queue hone.BatchQueue, uid string, b hone.Batch) error {
	l.mu.Lock()
	if !b.Received.After(l.received) { // the order in which they are read back
		b.Received = l.received.Add(time.Nanosecond)
	}
	wait, err := queue.QueueBatch(ctx, uid, b)
	if err != nil {
		l.mu.Unlock()
		return err
	}
	before, mine := l.last, make(chan struct{})
	l.received, l.last = b.Received, mine
	l.mu.Unlock()
	defer close(mine)

	next, err := wait()
	if before != nil {
		<-before
	}
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.complete {
		b.Sequence = next - 1 // which the store gave it, if it had none
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
