package controller

import (
	"context"

	"github.com/hone-tuner/hone"
)

// Events implements hone.EventService.
func (c *Controller) Events(ctx context.Context, n hone.Name, after int64, wait bool) ([]hone.Event, error) {
	const most = 1000
	s, err := c.session(ctx, n)
	if err != nil {
		return nil, err
	}
	for {
		s.mu.Lock()
		changed, newest, failure, deleted := s.changed, s.exp.Status.Events, s.failure, s.deleted
		s.mu.Unlock()
		if deleted {
			return nil, hone.Errorf(hone.NotFound, "experiment %q was deleted", n.Name)
		}
		if newest > after {
			return c.Store.Events(ctx, s.uid, after, most)
		}
		switch {
		case !wait:
			return nil, nil
		case failure != nil:
			return nil, failure
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-c.ctx.Done():
			return nil, hone.Errorf(hone.Unavailable, "the process that runs the experiment is leaving")
		}
	}
}

// Algorithms implements hone.AlgorithmService.
func (c *Controller) Algorithms(context.Context) (hone.Catalog, error) { return c.Catalog, nil }
