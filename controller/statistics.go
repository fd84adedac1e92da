package controller

import (
	"context"
	"errors"
	"slices"
	"sort"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hone-tuner/hone"
)

var _ hone.Statistician = (*Controller)(nil)

// counters count what happens while the process runs.
type counters struct {
	suggestions timings
	failures    atomic.Int64 // of suggestions
	appends     timings
	askers      atomic.Int64

	mu   sync.Mutex
	ends map[hone.TrialEnd]int64
}

func newCounters() *counters {
	return &counters{ends: map[hone.TrialEnd]int64{},
		suggestions: newTimings(.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60),
		appends:     newTimings(.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5)}
}

// ended counts the trials that events have ended.
func (n *counters) ended(events []hone.Event) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, ev := range events {
		if ev.Type == hone.EventTrialEnded {
			n.ends[hone.TrialEnd{State: hone.TrialState(ev.State), Reason: ev.Reason}]++
		}
	}
}

// suggested counts a question that was answered, or failed; one that was given up is neither.
func (n *counters) suggested(q *question) {
	switch {
	case q.err == nil:
		n.suggestions.took(q.took)
	case !errors.Is(q.err, context.Canceled):
		n.failures.Add(1)
	}
}

// timedStore measures how long readings take to be stored, and puts them in line where its store cannot.
type timedStore struct {
	hone.Store
	queue   hone.BatchQueue // the store, if it is one
	appends *timings
}

func timed(s hone.Store, appends *timings) timedStore {
	queue, _ := s.(hone.BatchQueue)
	return timedStore{Store: s, queue: queue, appends: appends}
}

// Append implements hone.MeasurementStore.
func (s timedStore) Append(ctx context.Context, uid string, b hone.Batch) (int64, error) {
	began := time.Now()
	next, err := s.Store.Append(ctx, uid, b)
	if err == nil {
		s.appends.took(time.Since(began))
	}
	return next, err
}

// QueueBatch implements hone.BatchQueue. A store that has no line stores the batch at once.
func (s timedStore) QueueBatch(ctx context.Context, uid string, b hone.Batch) (wait func() (int64, error), err error) {
	if s.queue == nil {
		next, err := s.Append(ctx, uid, b)
		return func() (int64, error) { return next, err }, nil
	}
	began := time.Now()
	stored, err := s.queue.QueueBatch(ctx, uid, b)
	if err != nil {
		return nil, err
	}
	return func() (int64, error) {
		next, err := stored()
		if err == nil {
			s.appends.took(time.Since(began))
		}
		return next, err
	}, nil
}

// timings counts how long something took.
type timings struct {
	mu sync.Mutex
	hone.Histogram
}

func newTimings(bounds ...float64) timings {
	return timings{Histogram: hone.Histogram{Bounds: bounds, Counts: make([]uint64, len(bounds)+1)}}
}

func (t *timings) took(d time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	seconds := d.Seconds()
	t.Counts[sort.SearchFloat64s(t.Bounds, seconds)]++
	t.Sum += seconds
}

func (t *timings) histogram() hone.Histogram {
	t.mu.Lock()
	defer t.mu.Unlock()
	h := t.Histogram
	h.Counts = slices.Clone(h.Counts)
	return h
}

// Statistics implements hone.Statistician. The first call looks at all stored experiments.
func (c *Controller) Statistics(ctx context.Context) (hone.Statistics, error) {
	if err := c.takeCensus(ctx); err != nil {
		return hone.Statistics{}, err
	}
	s := hone.Statistics{Experiments: map[hone.ExperimentState]int{}, Loaded: c.sessions.count(), Driven: int(c.driven.Load()),
		Places: c.places.statistics(), Askers: int(c.counters.askers.Load()), Suggestions: c.counters.suggestions.histogram(),
		SuggestionFailures: c.counters.failures.Load(), Appends: c.counters.appends.histogram()}
	for _, state := range hone.ExperimentStates() {
		s.Experiments[state] = 0
	}
	c.census.count(&s)
	c.counters.mu.Lock()
	defer c.counters.mu.Unlock()
	s.Ends = make(map[hone.TrialEnd]int64, len(c.counters.ends))
	for end, n := range c.counters.ends {
		s.Ends[end] = n
	}
	return s, nil
}
