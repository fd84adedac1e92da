package main

import (
	"context"
	"errors"
	"time"

	"github.com/hone-tuner/hone"
)

// printEvery is how often a watched leaderboard is printed again at most.
const printEvery = time.Second

// watchLeaderboard shows the leaderboard as it changes: live on a terminal, else printed again whenever the
// experiment has changed, until it has ended.
func (a *app) watchLeaderboard(ctx context.Context, s connection, n hone.Name, o boardOptions) error {
	if a.isTTY && a.width() > 0 && (o.format == asTable || o.format == asWide) {
		if st, err := a.openStage(); err == nil {
			return a.liveBoard(ctx, s, n, o, st)
		}
	}
	return a.printBoard(ctx, s, n, o)
}

// printBoard prints the leaderboard again and again.
func (a *app) printBoard(ctx context.Context, s hone.Service, n hone.Name, o boardOptions) error {
	ctx = tryItself(ctx)
	b := a.newStubborn()
	for first := true; ; {
		e, err := a.printOnce(ctx, s, n, o, first)
		if err == nil {
			b.answered()
			first = false
			if e.Status.State.Ended() && e.Status.Counts.Running == 0 {
				return nil
			}
			err = changed(ctx, s, n, e.Status.Events)
		}
		if err != nil {
			if err := b.again(ctx, err); err != nil {
				return err
			}
		}
	}
}

// printOnce prints the leaderboard below the one before.
func (a *app) printOnce(ctx context.Context, s hone.Service, n hone.Name, o boardOptions, first bool) (hone.Experiment, error) {
	e, err := s.GetExperiment(ctx, n)
	if err != nil {
		return e, err
	}
	l, err := a.leaderboard(ctx, s, n, o)
	if err != nil {
		return e, err
	}
	if !first && o.format != asJSON && o.format != asYAML {
		if _, err := a.stdout.Write([]byte("\n")); err != nil {
			return e, err
		}
	}
	if !first && o.format == asYAML {
		if _, err := a.stdout.Write([]byte("---\n")); err != nil {
			return e, err
		}
	}
	return e, a.print(l, o.format)
}

// changed waits until there is an event after a sequence number that can change the table, and at least printEvery.
func changed(ctx context.Context, s hone.EventService, n hone.Name, after int64) error {
	pause := time.NewTimer(printEvery)
	defer pause.Stop()
	for told := false; !told; {
		batch, err := s.Events(ctx, n, after, true)
		if err != nil {
			return errors.Join(ctx.Err(), err)
		}
		for _, ev := range batch {
			after = ev.Sequence
			told = told || ev.Type != hone.EventHeartbeat
		}
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-pause.C:
		return nil
	}
}
