package controller

import (
	"context"

	"github.com/hone-tuner/hone"
)

// mostEvents is how many events one call gives.
const mostEvents = 1000

// Events implements hone.EventService. Only who waits keeps the experiment in memory.
func (c *Controller) Events(ctx context.Context, n hone.Name, after int64, wait bool) ([]hone.Event, error) {
	e, err := c.GetExperiment(ctx, n)
	switch {
	case err != nil:
		return nil, err
	case e.Status.Events > after:
		return c.Store.Events(ctx, e.UID, after, mostEvents)
	case !wait:
		return nil, nil
	}
	s, err := c.session(ctx, n)
	if err != nil {
		return nil, err
	}
	return s.await(ctx, after)
}

// await returns the events after a sequence number as soon as there are any.
func (s *session) await(ctx context.Context, after int64) ([]hone.Event, error) {
	for {
		s.mu.Lock()
		changed, newest, failure, deleted := s.changed, s.exp.Status.Events, s.failure, s.deleted
		s.mu.Unlock()
		switch {
		case deleted:
			return nil, hone.Errorf(hone.NotFound, "experiment %q was deleted", s.name)
		case newest > after:
			return s.c.Store.Events(ctx, s.uid, after, mostEvents)
		case failure != nil:
			return nil, failure
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-s.c.ctx.Done():
			return nil, hone.Errorf(hone.Unavailable, "the process that runs the experiment is leaving")
		}
	}
}

// Algorithms implements hone.AlgorithmService.
func (c *Controller) Algorithms(context.Context) (hone.Catalog, error) { return c.Catalog, nil }
