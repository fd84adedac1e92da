package collector

import (
	"context"
	"path/filepath"
	"sync"
	"time"

	"github.com/hone-tuner/hone"
)

// Options change how a Collector works. The zero value works.
type Options struct {
	// Clock stamps readings that carry no time of their own; time.Now when nil.
	Clock hone.Clock
	// MinPoll and MaxPoll are the times between two looks at a file that grows, and at one that does not:
	// 10 ms and 100 ms when zero.
	MinPoll, MaxPoll time.Duration
	// Quiet makes the sink hear how far the collector is where there is nothing to hand over: after so many bytes
	// without a reading it is called with none, and the cursor behind them. 0 means never.
	Quiet int64
}

// Collector follows what attempts of trials write. It is safe for concurrent use.
type Collector struct {
	clock            hone.Clock
	minPoll, maxPoll time.Duration
	quiet            int64
	buffers          sync.Pool // of *[]byte, so that a short trial does not pay for one
}

var _ hone.Collector = (*Collector)(nil)

// New makes a Collector.
func New(o Options) *Collector {
	c := &Collector{clock: o.Clock, minPoll: o.MinPoll, maxPoll: o.MaxPoll, quiet: o.Quiet}
	if c.clock == nil {
		c.clock = time.Now
	}
	if c.minPoll <= 0 {
		c.minPoll = 10 * time.Millisecond
	}
	if c.maxPoll <= 0 {
		c.maxPoll = 100 * time.Millisecond
	}
	c.maxPoll = max(c.minPoll, c.maxPoll)
	c.buffers.New = func() any { b := make([]byte, 2*chunkSize); return &b }
	return c
}

// Collect implements hone.Collector. Readings of the standard output have the source "stdout", those of a
// metrics file "file", of event files "tensorboard" and of a scraped endpoint "prometheus"; of a trial that pushes, nothing is
// followed.
func (c *Collector) Collect(ctx context.Context, what hone.Collection, ended <-chan struct{}, sink hone.Sink) (hone.Seen, error) {
	seen := hone.Seen{Look: look(what)}
	if what.Emission.Late {
		if err := wait(ctx, ended); err != nil {
			return seen, err
		}
	}
	switch source := what.Spec.Source; {
	case what.Emission.Late && (source == hone.SourceTensorBoard || source == hone.SourcePrometheus):
		return seen, nil // somebody else looks there, not from this machine
	case source == hone.SourceTensorBoard:
		return c.events(ctx, what, ended, sink, seen)
	case source == hone.SourcePrometheus:
		return c.scrape(ctx, what, ended, sink, seen)
	}
	f, err := c.follower(what, sink)
	if err != nil {
		return seen, err
	}
	if f == nil {
		return seen, wait(ctx, ended)
	}
	defer c.release(f)
	err = c.follow(ctx, f, ended)
	seen.Names = f.reader.names.list()
	return seen, err
}

// events follows the event files of a trial.
func (c *Collector) events(ctx context.Context, what hone.Collection, ended <-chan struct{}, sink hone.Sink, seen hone.Seen) (hone.Seen, error) {
	if what.Emission.Dir == "" && !filepath.IsAbs(what.Spec.Path) {
		return seen, wait(ctx, ended)
	}
	e, err := newEvents(what, c.clock, sink)
	if err != nil {
		return seen, err
	}
	defer e.close()
	err = poll(ctx, e, ended, c.minPoll, c.pauses())
	seen.Names = e.names.list()
	seen.Look = otherwise(seen.Look, e.hint())
	return seen, err
}

// follower makes what follows the source of the readings; nil when there is nothing to follow.
func (c *Collector) follower(what hone.Collection, sink hone.Sink) (*follower, error) {
	f := &follower{sink: sink, source: what.Spec.Source, quiet: c.quiet}
	var left origin
	switch what.Spec.Source {
	case hone.SourceStdout, "":
		f.source, f.path = hone.SourceStdout, what.Emission.Stdout
	case hone.SourceFile:
		f.path, f.replaceable, left = what.Emission.File, true, originOf(what.Emission)
	}
	if f.path == "" {
		return nil, nil
	}
	var err error
	if f.reader, err = newReader(what, c.clock); err != nil {
		return nil, err
	}
	f.lines.buf = *c.buffers.Get().(*[]byte)
	var resume []byte
	if what.Resume != nil {
		resume = what.Resume(f.source)
	}
	return f, f.begin(resume, left)
}

func (c *Collector) release(f *follower) {
	f.close()
	if cap(f.lines.buf) == 2*chunkSize { // one that has grown is not kept
		c.buffers.Put(&f.lines.buf)
	}
}

// follow polls until the end: often while there is something to read, seldom while there is not. A trial
// that ends before the first poll is read once.
func (c *Collector) follow(ctx context.Context, f *follower, ended <-chan struct{}) error {
	first := c.minPoll
	if f.replaceable && f.lines.offset > 0 {
		first = 0 // see what an earlier attempt left before this one writes over it
	}
	return poll(ctx, f, ended, first, c.pauses())
}

func wait(ctx context.Context, ended <-chan struct{}) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-ended:
		return nil
	}
}
