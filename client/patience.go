package client

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"time"

	hone "github.com/hone-tuner/hone"
)

// Pauses between the tries of a call grow from the shortest to the longest.
const (
	shortestPause = 100 * time.Millisecond
	longestPause  = 15 * time.Second
)

// passing reports whether an error may well be gone when the call is tried again.
func passing(ctx context.Context, err error) bool {
	if err == nil || ctx.Err() != nil {
		return false
	}
	switch hone.KindOf(err) {
	case hone.Unavailable, hone.DeadlineExceeded, hone.ResourceExhausted:
		return true
	}
	return errors.Is(err, context.DeadlineExceeded) // of the one call
}

// pause is how long to wait after so many tries. It is spread by a name, so that workers that lost the same
// service do not all come back at once.
func pause(name string, tries int) time.Duration {
	d := min(shortestPause<<min(tries, 10), longestPause)
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))
	rng := rand.New(rand.NewPCG(h.Sum64(), uint64(tries))) //nolint:gosec // spreads, keeps no secret; never negative
	return time.Duration(float64(d) * (0.7 + 0.6*rng.Float64()))
}

// keepTrying repeats a call while the service is away, until patience is over. It must be one that does no harm
// when it is made twice.
func (x *Experiment) keepTrying(ctx context.Context, what string, call func(ctx context.Context) error) error {
	patience := x.patience
	if !x.met.Load() {
		patience = x.contact
	}
	began := time.Now()
	for tries := 0; ; tries++ {
		err := call(ctx)
		if !passing(ctx, err) {
			x.met.CompareAndSwap(false, ctx.Err() == nil)
			if tries > 0 && err == nil {
				x.logger.Info("the service answers again", "experiment", x.name.String(), "call", what)
			}
			return err
		}
		d := pause(x.name.String()+what, tries)
		if away := time.Since(began); away+d > patience {
			if tries == 0 {
				return err
			}
			return fmt.Errorf("no answer to %s in %s: %w", what, away.Round(time.Millisecond), err)
		}
		x.logger.Warn("the service is away", "experiment", x.name.String(), "call", what, "tries", tries+1, "next", d, "error", err)
		if err := sleep(ctx, d); err != nil {
			return err
		}
	}
}

// sleep waits for a while, or until ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

// errOver ends what lingers.
var errOver = errors.New("it was not waited for any longer")

// lingering is a context that outlives another one by a while: an answer that is on its way when the other
// one ends is still heard.
func lingering(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	out, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		_ = sleep(out, d)
		cancel(errOver)
	})
	return out, func() {
		stop()
		cancel(nil)
	}
}
