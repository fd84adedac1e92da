package controller

import (
	"context"
	"io"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
)

// GetTrial implements hone.TrialService.
func (c *Controller) GetTrial(ctx context.Context, n hone.Name, number int) (hone.Trial, error) {
	e, err := c.GetExperiment(ctx, n)
	if err != nil {
		return hone.Trial{}, err
	}
	t, err := c.Store.Trial(ctx, e.UID, number)
	if err != nil {
		return hone.Trial{}, err
	}
	return c.withNewest(n, t), nil
}

// withNewest shows the newest readings of a running trial as its metrics.
func (c *Controller) withNewest(n hone.Name, t hone.Trial) hone.Trial {
	if t.State != hone.TrialRunning {
		return t
	}
	s := c.inMemory(n)
	if s == nil {
		return t
	}
	s.mu.Lock()
	l := s.live[t.Number]
	s.mu.Unlock()
	if l != nil {
		t.Metrics = l.curve.newest()
	}
	if d := c.describer; d != nil && t.Message == "" {
		if why := d.Describe(hone.AttemptID{UID: s.uid, Number: t.Number, Attempt: t.Attempt}); why != "" {
			t.Reason, t.Message, t.StartTime = hone.Waiting, why, nil // what it waits is not its duration
		}
	}
	return t
}

// ListTrials implements hone.TrialService.
func (c *Controller) ListTrials(ctx context.Context, n hone.Name, f hone.TrialFilter) (hone.TrialPage, error) {
	e, err := c.GetExperiment(ctx, n)
	if err != nil {
		return hone.TrialPage{}, err
	}
	const most = 1000
	limit := f.Limit
	if limit <= 0 || limit > most {
		limit = most
	}
	f.Limit = limit + 1 // one more tells whether there is a next page
	trials, err := c.Store.Trials(ctx, e.UID, f)
	if err != nil {
		return hone.TrialPage{}, err
	}
	page := hone.TrialPage{Experiment: e.Name, Trials: trials}
	for i, t := range trials[:min(limit, len(trials))] {
		trials[i] = c.withNewest(n, t)
	}
	if size := pageOf(trials, limit); size < len(trials) {
		page.Trials = trials[:size]
		page.Cursor = hone.Number(float64(page.Trials[size-1].Number)).String()
	}
	return page, nil
}

// pageBytes is about how large a page of trials may become.
const pageBytes = 8 << 20

// pageOf is how many of the trials make a page: at least one, at most limit, and no more than fit.
func pageOf(trials []hone.Trial, limit int) int {
	const each = 40 // of a metric, beside its name: what JSON adds, and the value
	size := 0
	for i, t := range trials {
		size += len(t.Message) + each*len(t.Parameters)
		for name := range t.Metrics {
			size += len(name) + each
		}
		if i == limit || i > 0 && size > pageBytes {
			return i
		}
	}
	return len(trials)
}

// StopTrial implements hone.TrialService.
func (c *Controller) StopTrial(ctx context.Context, n hone.Name, number int) (hone.Trial, error) {
	const why = "stopped by its user"
	s, err := c.change(ctx, n, func(s *session) ([]hone.Event, error) {
		t, err := s.trial(ctx, number, "")
		switch {
		case err != nil:
			return nil, err
		case s.external && t.State == hone.TrialRunning:
			ev, err := s.cancel(ctx, number, why)
			return []hone.Event{ev}, err
		case t.State == hone.TrialPending:
			return []hone.Event{{Type: hone.EventTrialEnded, Trial: number, Attempt: t.Attempt,
				State: string(hone.TrialStopped), Reason: hone.Cancelled, Message: why}}, nil
		}
		return []hone.Event{{Type: hone.EventTrialStopping, Trial: number, Attempt: t.Attempt, Reason: hone.Cancelled, Message: why}}, nil
	})
	if err != nil {
		return hone.Trial{}, err
	}
	if err := s.drive(ctx, false, launch{}); err != nil {
		return hone.Trial{}, err
	}
	return c.GetTrial(ctx, n, number)
}

// RetryTrial implements hone.TrialService.
func (c *Controller) RetryTrial(ctx context.Context, n hone.Name, number int) (hone.Trial, error) {
	if _, err := c.simply(ctx, n, hone.Event{Type: hone.EventTrialRetried, Trial: number}); err != nil {
		return hone.Trial{}, err
	}
	return c.GetTrial(ctx, n, number)
}

// Logs implements hone.TrialService.
func (c *Controller) Logs(ctx context.Context, n hone.Name, number int, q hone.LogQuery) (io.ReadCloser, error) {
	opener, ok := c.Runner.(hone.LogOpener)
	if !ok {
		return nil, hone.Errorf(hone.Unimplemented, "the runner of these trials keeps no logs")
	}
	e, err := c.GetExperiment(ctx, n)
	if err != nil {
		return nil, err
	}
	t, err := c.Store.Trial(ctx, e.UID, number)
	if err != nil {
		return nil, err
	}
	if q.Attempt == 0 {
		q.Attempt = t.Attempt
	}
	switch {
	case q.Offset < 0 || q.Tail < 0:
		return nil, hone.Errorf(hone.InvalidArgument, "offset and tail must not be negative")
	case q.Offset > 0 && q.Stream == "":
		return nil, hone.Errorf(hone.InvalidArgument, "offset counts within one stream: say which one, stdout or stderr")
	case t.Origin == hone.OriginImported:
		return nil, hone.Errorf(hone.NotFound, "trial %s was imported: it has no logs", t.Name())
	case q.Attempt == 0:
		return nil, hone.Errorf(hone.NotFound, "trial %s has not been started yet: it has no logs", t.Name())
	case q.Attempt < 0 || q.Attempt > t.Attempt:
		return nil, hone.Errorf(hone.NotFound, "trial %s has no attempt %d; its latest is %d", t.Name(), q.Attempt, t.Attempt)
	}
	return opener.OpenLog(ctx, e, t, q)
}

// Leaderboard implements hone.TrialService.
func (c *Controller) Leaderboard(ctx context.Context, n hone.Name, q hone.LeaderboardQuery) (hone.Leaderboard, error) {
	e, err := c.GetExperiment(ctx, n)
	if err != nil {
		return hone.Leaderboard{}, err
	}
	trials, err := c.Store.Ranking(ctx, e.UID, q.Top, q.Imported)
	if err != nil {
		return hone.Leaderboard{}, err
	}
	board := hone.Leaderboard{Experiment: e.Name, Namespace: e.Namespace, State: e.Status.State, Reason: e.Status.Reason,
		Message: e.Status.Message, Objective: e.Spec.Objective, Counts: e.Status.Counts, Trials: make([]hone.RankedTrial, len(trials))}
	for i, t := range trials {
		t = c.withNewest(n, t)
		r := hone.RankedTrial{Trial: t.Name(), State: t.State, Reason: t.Reason, Value: t.Value, Metrics: t.Metrics,
			Parameters: t.Parameters, StartTime: t.StartTime, EndTime: t.EndTime, Imported: t.Origin == hone.OriginImported,
			Attempt: t.Attempt, Client: t.Client}
		if t.Ranked() {
			r.Rank = i + 1
		}
		if t.StartTime != nil {
			r.Duration = wire.Duration(t.Duration(c.now()))
		}
		if q.Curves {
			if r.Curve, err = c.curve(ctx, e, t.Number); err != nil {
				return hone.Leaderboard{}, err
			}
		}
		board.Trials[i] = r
	}
	return board, nil
}

// curve is the objective's curve in few enough points to be drawn.
func (c *Controller) curve(ctx context.Context, e hone.Experiment, number int) ([]hone.Float, error) {
	batches, err := c.Store.Batches(ctx, e.UID, number)
	if err != nil {
		return nil, err
	}
	var all []hone.Float
	for _, m := range objectiveOnly(hone.Readings(batches), e.Spec.Objective.Metric) {
		if m.Value.Finite() {
			all = append(all, m.Value)
		}
	}
	const most = 120
	if len(all) <= most {
		return all, nil
	}
	out := make([]hone.Float, most)
	for i := range out {
		out[i] = all[i*(len(all)-1)/(most-1)]
	}
	return out, nil
}
