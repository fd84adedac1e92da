package report

import (
	"context"
	"errors"
	"fmt"
	"time"

	hone "github.com/hone-tuner/hone"
)

// Pauses between the tries of a request grow from the shortest to the longest; when the end is near, to a shorter one.
const (
	shortestPause = 100 * time.Millisecond
	longestPause  = 15 * time.Second
	hurriedPause  = time.Second
)

// Run sends what the Sink takes until ctx ends, which is no error, or until the service takes nothing any more.
func (r *Reporter) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		number, err := r.next(ctx)
		if err == nil {
			err = r.deliver(ctx, number)
		}
		if err != nil && ctx.Err() == nil {
			r.refuse(err)
			return err
		}
	}
	return nil
}

// refuse ends reporting for good.
func (r *Reporter) refuse(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.logger.Error("the service takes no more readings", "error", err)
	r.refused, r.gathered = err, nil
	r.change()
}

// next waits for the next batch: one that is full, or what came since the last one was sent.
func (r *Reporter) next(ctx context.Context) (number int64, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var due time.Time // when what is gathered may go
	for {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		if number := r.spool.first(); number != 0 {
			return number, nil
		}
		wait := time.Hour
		if len(r.gathered) > 0 {
			if due.IsZero() {
				due = time.Now().Add(r.pacer.Reserve().Delay())
			}
			if wait = time.Until(due); r.hurry || wait <= 0 {
				if r.keep() {
					continue
				}
				wait = time.Second
			}
		}
		if err := r.await(ctx, wait); err != nil {
			return 0, err
		}
	}
}

// deliver sends a batch until the service has it.
func (r *Reporter) deliver(ctx context.Context, number int64) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	head, readings, err := r.spool.read(number)
	if err != nil {
		return err
	}
	for tries := 0; ; tries++ {
		sequence := number + r.spool.state.Shift
		r.mu.Unlock()
		after, err := r.call.send(ctx, sequence, readings)
		r.mu.Lock()
		var order *hone.SequenceError
		switch {
		case err == nil:
			if tries > 0 {
				r.logger.Info("the service answers again", "tries", tries+1)
			}
			return r.settle(ctx, head)
		case ctx.Err() != nil:
			return err
		case errors.As(err, &order):
			if err := r.renumber(number, order); err != nil {
				return err
			}
			continue
		case !passing(err):
			return err
		}
		pause := max(r.pause(tries), after)
		r.logger.Warn("the service is away", "tries", tries+1, "next", pause.Round(time.Millisecond), "error", err)
		if err := r.rest(ctx, pause); err != nil {
			return err
		}
	}
}

// settle notes that the service has the first batch. Where that cannot be written down it is tried until it can:
// otherwise the next batch could not be told from this one after a restart.
func (r *Reporter) settle(ctx context.Context, h header) error {
	for {
		err := r.spool.acknowledged(h)
		if err == nil {
			r.change()
			return nil
		}
		r.complain(err)
		if err := r.rest(ctx, time.Second); err != nil {
			return err
		}
	}
}

// renumber takes up the numbers of a service that expects another one: its store was restored from a copy, and batches
// that it had acknowledged are gone. r.mu is held.
func (r *Reporter) renumber(number int64, order *hone.SequenceError) error {
	next := r.spool.state
	next.Shift = order.Expected - number
	if next.Shift >= r.spool.state.Shift || order.Expected < 1 {
		return order
	}
	next.Lost = fmt.Sprintf("the service has lost %d batches of readings that it had acknowledged", r.spool.state.Shift-next.Shift)
	r.logger.Error(next.Lost)
	return r.spool.save(next)
}

// rest waits, a shorter time when there is a hurry. r.mu is held.
func (r *Reporter) rest(ctx context.Context, pause time.Duration) error {
	until := time.Now().Add(pause)
	for {
		left := time.Until(until)
		if r.hurry {
			left = min(left, hurriedPause)
			until = time.Now().Add(left)
		}
		if left <= 0 {
			return nil
		}
		if err := r.await(ctx, left); err != nil {
			return err
		}
	}
}

// pause is how long to wait after so many tries.
func (r *Reporter) pause(tries int) time.Duration {
	d := min(shortestPause<<min(tries, 10), longestPause)
	return time.Duration(float64(d) * (0.7 + 0.6*r.o.Random()))
}

// passing reports whether an error may well be gone when the request is made again.
func passing(err error) bool {
	switch hone.KindOf(err) {
	case hone.Unauthenticated, hone.PermissionDenied, hone.NotFound, hone.Conflict, hone.AlreadyExists, hone.InvalidArgument, hone.Unimplemented:
		return false
	}
	return true
}
