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

// MetricsLimit is how many metrics a trial may be told or imported with, so that lists of trials stay small.
const MetricsLimit = 500

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

// Curve gathers the readings of one trial as they come in. Only one goroutine may use it at a time.
type Curve struct {
	attempt int
	lines   map[string]*line
	// low is the lowest step of the attempt, once it has one: readings of earlier attempts lie below it.
	low   int64
	begun bool
}

// line is the curve of one metric.
type line struct {
	last int64 // the step of the attempt's newest reading
	// before are the points of earlier attempts that stand, by step. All of them lie below those of this attempt.
	before []point
	// points are those of this attempt as they came; the first so many are in order, each step once.
	points  []point
	ordered int
}

// point is a reading without its metric.
type point struct {
	step  int64
	value Float
	time  time.Time
}

// NewCurve makes an empty curve.
func NewCurve() *Curve { return &Curve{lines: map[string]*line{}} }

// Add puts in readings of an attempt, in their order. Readings of an attempt before the newest one are
// left out.
func (c *Curve) Add(attempt int, ms []Measurement) {
	if attempt < c.attempt {
		return
	}
	if attempt > c.attempt {
		c.begin(attempt)
	}
	for i := range ms {
		m := &ms[i]
		l := c.lines[m.Metric]
		if l == nil {
			l = &line{}
			c.lines[m.Metric] = l
		}
		if m.Step != nil {
			l.last = *m.Step
		} else if l.last < math.MaxInt64 {
			l.last++
		}
		c.discardFrom(l.last)
		l.add(point{step: l.last, value: m.Value, time: m.Time})
	}
}

// begin makes all points that there are those of earlier attempts.
func (c *Curve) begin(attempt int) {
	c.attempt, c.begun = attempt, false
	for _, l := range c.lines {
		l.order()
		l.last, l.before, l.points, l.ordered = 0, append(l.before, l.points...), nil, 0
	}
}

// discardFrom drops what earlier attempts left from a step onwards.
func (c *Curve) discardFrom(step int64) {
	if c.begun && step >= c.low {
		return
	}
	c.low, c.begun = step, true
	for _, l := range c.lines {
		i, _ := slices.BinarySearchFunc(l.before, step, func(p point, step int64) int { return cmp.Compare(p.step, step) })
		l.before = l.before[:i]
	}
}

// add takes a point in. Steps nearly always go up; where they do not, they are put in order when somebody looks, or
// when there are as many that are out of order as that are in it.
func (l *line) add(p point) {
	switch n := len(l.points); {
	case l.ordered < n || n > 0 && p.step < l.points[n-1].step:
		if l.points = append(l.points, p); n > 2*l.ordered {
			l.order()
		}
	case n > 0 && p.step == l.points[n-1].step:
		l.points[n-1] = p
	default:
		l.points = append(l.points, p)
		l.ordered++
	}
}

// order sorts the points by step and leaves the newest of each.
func (l *line) order() {
	if l.ordered == len(l.points) {
		return
	}
	slices.SortStableFunc(l.points, func(a, b point) int { return cmp.Compare(a.step, b.step) })
	kept := l.points[:0]
	for i, p := range l.points {
		if i+1 == len(l.points) || l.points[i+1].step != p.step {
			kept = append(kept, p)
		}
	}
	l.points, l.ordered = kept, len(kept)
}

// Readings returns the curve of one metric, or of all with "", ordered by metric, then step.
func (c *Curve) Readings(metric string) []Measurement {
	if metric != "" {
		return c.lines[metric].readings(metric, nil)
	}
	var all []Measurement
	for _, name := range sortedKeys(c.lines) {
		all = c.lines[name].readings(name, all)
	}
	return all
}

func (l *line) readings(metric string, all []Measurement) []Measurement {
	if l == nil {
		return all
	}
	l.order()
	n := len(l.before) + len(l.points)
	all, steps := slices.Grow(all, n), make([]int64, 0, n)
	for _, points := range [][]point{l.before, l.points} {
		for _, p := range points {
			steps = append(steps, p.step)
			all = append(all, Measurement{Metric: metric, Value: p.value, Step: &steps[len(steps)-1], Time: p.time})
		}
	}
	return all
}
