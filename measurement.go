package hone

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// Measurement is one raw reading of a metric.
type Measurement struct {
	Metric string `json:"metric"`
	Value  Float  `json:"value"`
	// Step is the epoch, iteration or other progress at which it was taken; nil when the trial gave none.
	Step *int64    `json:"step,omitempty"`
	Time time.Time `json:"time,omitzero"`
}

// MetricLimit is the longest name of a metric, in bytes.
const MetricLimit = 255

// Batch is some measurements of one attempt from one source. Batches are numbered from 1 for each (trial,
// attempt, source); one that was acknowledged is durable, and counts once however often it is sent.
type Batch struct {
	Number  int    `json:"-"`
	Attempt int    `json:"attempt"`
	Source  string `json:"source,omitempty"`
	// Sequence is the batch's number; 0 lets the store give it the next one.
	Sequence int64 `json:"sequence,omitempty"`
	// Cursor is where the source stands after this batch, in its own words: stored with the batch, so
	// that a collector that starts again goes on exactly there.
	Cursor       []byte        `json:"cursor,omitempty"`
	Received     time.Time     `json:"received,omitzero"`
	Measurements []Measurement `json:"measurements"`
}

// Readings turns the batches of one trial into its curve: every reading with a step, one for each
// (metric, step), ordered by metric, then step.
//
// Batches are taken attempt by attempt, in the order in which they were received; within a source, by
// sequence. A reading without a step gets the step after its metric's newest one, or 1. The newest
// reading of a (metric, step) stands. An attempt discards the readings of earlier ones from its own first
// step onwards.
func Readings(batches []Batch) []Measurement {
	curve := NewCurve()
	EachBatch(batches, func(b Batch) { curve.Add(b.Attempt, b.Measurements) })
	return curve.Readings("")
}

// EachBatch calls f for the batches of one trial in the order in which they make a curve: attempt by
// attempt, as they were received; within a source, by sequence.
func EachBatch(batches []Batch, f func(Batch)) {
	sorted := slices.Clone(batches)
	slices.SortFunc(sorted, func(a, b Batch) int {
		return cmp.Or(cmp.Compare(a.Attempt, b.Attempt), cmp.Compare(a.Source, b.Source), cmp.Compare(a.Sequence, b.Sequence))
	})
	for i := 1; i < len(sorted); i++ { // a clock that was set back does not change the order of a source
		before, b := sorted[i-1], &sorted[i]
		if before.Attempt == b.Attempt && before.Source == b.Source && b.Received.Before(before.Received) {
			b.Received = before.Received
		}
	}
	slices.SortStableFunc(sorted, func(a, b Batch) int {
		return cmp.Or(cmp.Compare(a.Attempt, b.Attempt), a.Received.Compare(b.Received))
	})
	for _, b := range sorted {
		f(b)
	}
}

// Curve gathers the readings of one trial as they come in.
type Curve struct {
	attempt int
	last    map[string]int64
	points  map[string]map[int64]Measurement
	earlier []place // the points of earlier attempts, by step
}

type place struct {
	metric string
	step   int64
}

// NewCurve makes an empty curve.
func NewCurve() *Curve {
	return &Curve{last: map[string]int64{}, points: map[string]map[int64]Measurement{}}
}

// Add puts in readings of an attempt, in their order. Readings of an attempt before the newest one are
// left out.
func (c *Curve) Add(attempt int, ms []Measurement) {
	if attempt < c.attempt {
		return
	}
	if attempt > c.attempt {
		c.begin(attempt)
	}
	for _, m := range ms {
		step := c.last[m.Metric]
		if m.Step != nil {
			step = *m.Step
		} else if step < math.MaxInt64 {
			step++
		}
		c.last[m.Metric] = step
		c.discardFrom(step)
		if c.points[m.Metric] == nil {
			c.points[m.Metric] = map[int64]Measurement{}
		}
		m.Step = &step
		c.points[m.Metric][step] = m
	}
}

// begin makes all points that there are those of earlier attempts.
func (c *Curve) begin(attempt int) {
	c.attempt = attempt
	clear(c.last)
	c.earlier = nil
	for metric, points := range c.points {
		for step := range points {
			c.earlier = append(c.earlier, place{metric: metric, step: step})
		}
	}
	slices.SortFunc(c.earlier, func(a, b place) int { return cmp.Compare(a.step, b.step) })
}

// discardFrom drops what earlier attempts left from a step onwards. Each point is looked at once, however
// the steps of this attempt go up and down.
func (c *Curve) discardFrom(step int64) {
	for n := len(c.earlier); n > 0 && c.earlier[n-1].step >= step; n-- {
		p := c.earlier[n-1]
		c.earlier = c.earlier[:n-1]
		if delete(c.points[p.metric], p.step); len(c.points[p.metric]) == 0 {
			delete(c.points, p.metric)
		}
	}
}

// Readings returns the curve of one metric, or of all with "", ordered by metric, then step.
func (c *Curve) Readings(metric string) []Measurement {
	var all []Measurement
	for name, points := range c.points {
		if metric != "" && metric != name {
			continue
		}
		for _, p := range points {
			all = append(all, p)
		}
	}
	slices.SortFunc(all, func(a, b Measurement) int {
		return cmp.Or(cmp.Compare(a.Metric, b.Metric), cmp.Compare(*a.Step, *b.Step))
	})
	return all
}
