package main

import (
	"context"
	"strings"
	"time"

	"github.com/hone-tuner/hone"
)

// watchEvery is how often a watched leaderboard is shown again at most.
const watchEvery = time.Second

// watchLeaderboard shows the leaderboard whenever the experiment has changed, until it has ended: in place
// on a terminal, else one below the other.
func (a *app) watchLeaderboard(ctx context.Context, s hone.Service, n hone.Name, o boardOptions) error {
	inPlace := a.isTTY && a.width() > 0 && (o.format == asTable || o.format == asWide)
	defer a.stderr.Clear()
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
		if err := changed(ctx, s, n, e.Status.Events); err != nil {
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

// changed waits until there is an event after a sequence number, and at least watchEvery.
func changed(ctx context.Context, s hone.EventService, n hone.Name, after int64) error {
	pause := time.NewTimer(watchEvery)
	defer pause.Stop()
	if _, err := s.Events(ctx, n, after, true); err != nil {
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
	if limit := max(height-4, 1); o.query.Top == 0 || o.query.Top > limit {
		o.query.Top = limit
	}
	l, err := a.leaderboard(ctx, s, n, o)
	if err != nil {
		return err
	}
	p := newProgress(e)
	p.now = a.now()
	width, _ := a.stderr.size()
	lines := []string{p.headLine().render(width-1, a.look), p.barLine(width, a.look).render(width-1, a.look)}
	wide := o.format == asWide
	table := a.cutLines(a.textTable(l.only(func(c column) bool { return wide || !c.wide }), wide), false)
	a.stderr.Draw(append(lines, strings.Split(strings.TrimRight(table, "\n"), "\n")...))
	return nil
}
