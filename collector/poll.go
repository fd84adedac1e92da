package collector

import (
	"context"
	"errors"
	"time"
)

// poller reads a source whenever it is asked to.
type poller interface {
	// poll reads what is there. When the trial has ended, that is the end of it. It reports whether there was anything
	// new.
	poll(ctx context.Context, final bool) (progress bool, err error)
}

// pause says how long to wait before the next poll.
type pause func(progress bool) time.Duration

// pauses are short while there is something to read, and get longer while there is not.
func (c *Collector) pauses() pause {
	last := c.minPoll
	return func(progress bool) time.Duration {
		if last = min(max(2*last, c.minPoll), c.maxPoll); progress {
			last = c.minPoll
		}
		return last
	}
}

// poll polls until the end. What cannot be read while the trial runs may be read later.
func poll(ctx context.Context, p poller, ended <-chan struct{}, first time.Duration, next pause) error {
	timer := time.NewTimer(first)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ended:
			_, err := p.poll(ctx, true)
			return err
		case <-timer.C:
		}
		progress, err := p.poll(ctx, false)
		if err != nil && !errors.As(err, new(readError)) {
			return err
		}
		timer.Reset(next(progress))
	}
}
