package main

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/hone-tuner/hone"
)

const (
	firstPause   = 200 * time.Millisecond // before a service that went away is tried again
	longestPause = 3 * time.Second
	givenUpAfter = 10 * time.Minute // of trying, where nobody watches
)

// tryingItself marks the calls of commands that tell the user when the service is away, and try again themselves.
type tryingItself struct{}

func tryItself(ctx context.Context) context.Context {
	return context.WithValue(ctx, tryingItself{}, true)
}

func triesItself(ctx context.Context) bool { return ctx.Value(tryingItself{}) != nil }

// stubborn goes on over times in which the service is away: a restart, a lost connection. A service that was never
// there is an error at once.
type stubborn struct {
	say     func(away bool, cause error) // is told when the service goes away, and when it is back
	forever bool                         // never gives up
	back    func(context.Context) error  // is called when the service is back, if it is not nil; an error is final
	begun   bool
	away    bool
	pause   time.Duration
	tried   time.Duration
}

// newStubborn makes one that tells the user on stderr.
func (a *app) newStubborn() *stubborn {
	return &stubborn{forever: a.isTTY, say: func(away bool, cause error) {
		if away {
			a.stderr.print("connection lost, trying again: %s", cleanLines(cause.Error()))
			return
		}
		a.stderr.print("connected again")
	}}
}

// answered is told of every answer.
func (b *stubborn) answered() {
	if b.away {
		b.say(false, nil)
	}
	b.begun, b.away, b.pause, b.tried = true, false, 0, 0
}

// again reports whether to try once more after an error, and waits before that. Where it is final, it is returned.
func (b *stubborn) again(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if !b.begun || !errors.Is(err, hone.Unavailable) || !b.forever && b.tried >= givenUpAfter {
		return err
	}
	if !b.away {
		b.away = true
		b.say(true, err)
	}
	b.pause = max(b.pause, firstPause)
	sleep(ctx, b.pause)
	b.tried += b.pause
	b.pause = min(2*b.pause, longestPause)
	return ctx.Err()
}

// until makes a call again and again while the service is away.
func (b *stubborn) until(ctx context.Context, call func() error) error {
	for {
		err := call()
		if err == nil {
			b.answered()
			return nil
		}
		if err := b.again(ctx, err); err != nil {
			return err
		}
	}
}

// events yields what happens to an experiment after an event, as it happens, until the caller leaves the loop. The
// last thing that it yields is an error otherwise. None is missed or told twice when the service goes away and comes
// back.
func events(ctx context.Context, s hone.EventService, n hone.Name, after int64, b *stubborn) iter.Seq2[[]hone.Event, error] {
	return func(yield func([]hone.Event, error) bool) {
		for {
			was := b.away // then it is only asked whether it is back
			batch, err := s.Events(ctx, n, after, !was)
			if err == nil && was && b.back != nil {
				err = b.back(ctx)
			}
			if err != nil {
				if err := b.again(ctx, err); err != nil {
					yield(nil, err)
					return
				}
				continue
			}
			b.answered()
			if len(batch) == 0 {
				continue
			}
			after = batch[len(batch)-1].Sequence
			if !yield(batch, nil) {
				return
			}
			sleep(ctx, gatherFor)
		}
	}
}
