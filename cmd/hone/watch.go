package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hone-tuner/hone"
)

const (
	// watchEvery is how often a watched leaderboard is shown again at most.
	watchEvery = time.Second
	// lookAgain is how often one on a terminal is at least: readings and durations make no events.
	lookAgain = 2 * time.Second
)

// watchLeaderboard shows the leaderboard whenever the experiment has changed, until it has ended: in place
// on a terminal, else one below the other.
func (a *app) watchLeaderboard(ctx context.Context, s hone.Service, n hone.Name, o boardOptions) error {
	inPlace := a.isTTY && a.width() > 0 && (o.format == asTable || o.format == asWide)
	defer func() {
		if ctx.Err() != nil {
			a.stderr.Keep()
		}
		a.stderr.Clear()
	}()
	patience := time.Duration(0)
	if inPlace {
		patience = lookAgain
	}
	for first := true; ; first = false {
		e, err := s.GetExperiment(ctx, n)
		if err != nil {
			return err
		}
		ended := e.Status.State.Ended() && e.Status.Counts.Running == 0
		if inPlace && !ended {
			err = a.drawLeaderboard(ctx, s, n, e, o)
		} else {
			err = a.showAgain(ctx, s, n, o, first)
		}
		if ended || err != nil {
			return err
		}
		if err := changed(ctx, s, n, e.Status.Events, patience); err != nil {
			return err
		}
	}
}

// showAgain prints the leaderboard below the one before.
func (a *app) showAgain(ctx context.Context, s hone.Service, n hone.Name, o boardOptions, first bool) error {
	a.stderr.Clear()
	if !first && o.format != asJSON && o.format != asYAML {
		_, _ = a.stdout.Write([]byte("\n"))
	}
	return a.showLeaderboard(ctx, s, n, o)
}

// changed waits until there is an event after a sequence number, or for as long as patience unless that is 0;
// and at least watchEvery.
func changed(ctx context.Context, s hone.EventService, n hone.Name, after int64, patience time.Duration) error {
	pause := time.NewTimer(watchEvery)
	defer pause.Stop()
	inner := ctx
	if patience > 0 {
		var cancel context.CancelFunc
		inner, cancel = context.WithTimeout(ctx, patience)
		defer cancel()
	}
	if _, err := s.Events(inner, n, after, true); err != nil && (ctx.Err() != nil || inner.Err() == nil) {
		return err
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-pause.C:
		return nil
	}
}

func (a *app) drawLeaderboard(ctx context.Context, s hone.Service, n hone.Name, e hone.Experiment, o boardOptions) error {
	_, height := a.stderr.size()
	l, err := a.leaderboard(ctx, s, n, o)
	if err != nil {
		return err
	}
	rows, left := fit(l.rows, max(height-5, 1))
	l.rows = rows
	p := newProgress(e)
	p.now, p.waiting = a.now(), a.waiting(e)
	width, _ := a.stderr.size()
	lines := []string{p.headLine().render(width-1, a.look), p.barLine(width, a.look).render(width-1, a.look)}
	wide := o.format == asWide
	table := a.cutLines(a.textTable(l.only(func(c column) bool { return wide || !c.wide }), wide), false)
	lines = append(lines, strings.Split(strings.TrimRight(table, "\n"), "\n")...)
	if left > 0 {
		lines = append(lines, a.look.paint(dim, fmt.Sprintf("%s and %s more", a.look.ellipsis(), plural(left, "trial"))))
	}
	a.stderr.Draw(lines)
	return nil
}

// fit leaves so many rows as there is room for, in their order: the first ones, and up to half of them trials
// that run, which come last in a ranking: they are what moves.
func fit(rows []row, limit int) (kept []row, left int) {
	if len(rows) <= limit {
		return rows, 0
	}
	chosen := make([]bool, len(rows))
	free := limit
	for i, r := range rows {
		if r.running && free > limit-limit/2 {
			chosen[i] = true
			free--
		}
	}
	for i, r := range rows {
		if !chosen[i] && free > 0 {
			chosen[i] = true
			free--
		}
		if chosen[i] {
			kept = append(kept, r)
		}
	}
	return kept, len(rows) - len(kept)
}
