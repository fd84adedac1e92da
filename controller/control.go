package controller

import (
	"context"
	"math/rand/v2"

	"github.com/hone-tuner/hone"
)

// change records events for an experiment and wakes its loop. events looks at the experiment as it is.
func (c *Controller) change(ctx context.Context, n hone.Name, events func(s *session) ([]hone.Event, error)) (*session, error) {
	s, err := c.session(ctx, n)
	if err != nil {
		return nil, err
	}
	list, err := s.alter(ctx, events)
	if err != nil {
		return nil, err
	}
	return s, s.goOn(ctx, list)
}

// alter records what events asks for.
func (s *session) alter(ctx context.Context, events func(s *session) ([]hone.Event, error)) ([]hone.Event, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := hone.Admit(ctx, s.exp); err != nil {
		return nil, err
	}
	if err := s.gone(); err != nil {
		return nil, err
	}
	list, err := events(s)
	if err != nil {
		return nil, err
	}
	if len(list) > 0 {
		if err := s.record(ctx, list...); err != nil {
			return nil, err
		}
	}
	s.nudge()
	return list, nil
}

// gone says that the experiment is being deleted, or was. The lock is held.
func (s *session) gone() error {
	if s.deleting || s.deleted {
		return hone.Errorf(hone.Conflict, "experiment %q is being deleted", s.name)
	}
	return nil
}

func (s *session) experiment() hone.Experiment {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.exp
}

// simply is change for one event, giving the experiment after it.
func (c *Controller) simply(ctx context.Context, n hone.Name, ev hone.Event) (hone.Experiment, error) {
	s, err := c.change(ctx, n, func(*session) ([]hone.Event, error) { return []hone.Event{ev}, nil })
	if err != nil {
		return hone.Experiment{}, err
	}
	return s.experiment(), nil
}

// PauseExperiment implements hone.ControlService.
func (c *Controller) PauseExperiment(ctx context.Context, n hone.Name) (hone.Experiment, error) {
	return c.simply(ctx, n, hone.Event{Type: hone.EventPaused})
}

// ResumeExperiment implements hone.ControlService.
func (c *Controller) ResumeExperiment(ctx context.Context, n hone.Name) (hone.Experiment, error) {
	return c.simply(ctx, n, hone.Event{Type: hone.EventResumed})
}

// StopExperiment implements hone.ControlService. What still runs is seen to its end by this process.
func (c *Controller) StopExperiment(ctx context.Context, n hone.Name, drain bool) (hone.Experiment, error) {
	ev := hone.Event{Type: hone.EventEnded, State: string(hone.ExperimentStopped), Reason: hone.Cancelled, Message: "stopped by its user"}
	if drain {
		ev = hone.Event{Type: hone.EventDraining, Message: "its running trials may finish"}
	}
	s, err := c.change(ctx, n, func(*session) ([]hone.Event, error) { return []hone.Event{ev}, nil })
	if err != nil {
		return hone.Experiment{}, err
	}
	if err := s.drive(ctx, false, launch{}); err != nil {
		return hone.Experiment{}, err
	}
	return s.experiment(), nil
}

// InterruptExperiment implements hone.ControlService.
func (c *Controller) InterruptExperiment(ctx context.Context, n hone.Name) error {
	s, err := c.session(ctx, n)
	if err != nil {
		return err
	}
	s.mu.Lock()
	if s.loop != nil {
		s.interrupted = true
		s.serving.Store(false)
	}
	s.mu.Unlock()
	s.nudge()
	return s.waitLoop(ctx)
}

// Enqueue implements hone.ControlService.
func (c *Controller) Enqueue(ctx context.Context, n hone.Name, parameters map[string]hone.Value) (point hone.Assignments, err error) {
	_, err = c.change(ctx, n, func(s *session) ([]hone.Event, error) {
		rng := rand.New(rand.NewPCG(*s.exp.Spec.Algorithm.Seed, uint64(s.exp.Status.Events))) //nolint:gosec // reproducible, not secret
		if point, err = s.space.Complete(parameters, rng); err != nil {
			return nil, err
		}
		return []hone.Event{{Type: hone.EventEnqueued, Parameters: point}}, nil
	})
	return point, err
}

// Import implements hone.ControlService.
func (c *Controller) Import(ctx context.Context, n hone.Name, trials []hone.ImportedTrial) (int, error) {
	_, err := c.change(ctx, n, func(s *session) ([]hone.Event, error) {
		var errs hone.FieldErrors
		events := make([]hone.Event, 0, len(trials))
		for i, t := range trials {
			ev, err := s.imported(t, i)
			if err != nil {
				errs = append(errs, hone.FieldError{Path: "trials[" + hone.Number(float64(i)).String() + "]", Message: err.Error()})
				continue
			}
			events = append(events, ev)
		}
		return events, errs.Err()
	})
	if err != nil {
		return 0, err
	}
	return len(trials), nil
}

// imported turns the i-th imported trial into its event.
func (s *session) imported(t hone.ImportedTrial, i int) (hone.Event, error) {
	point, err := s.space.Exact(t.Parameters)
	if err != nil {
		return hone.Event{}, err
	}
	ev := hone.Event{Type: hone.EventTrialImported, Trial: s.exp.Status.Trials() + 1 + i, Parameters: point,
		State: string(t.State), Metrics: t.Metrics, Message: "imported"}
	if len(t.Metrics) > hone.MetricsLimit {
		return ev, hone.Errorf(hone.InvalidArgument, "metrics are %d; at most %d are kept of a trial", len(t.Metrics), hone.MetricsLimit)
	}
	value, found := t.Metrics[s.objective.Metric]
	switch t.State {
	case "", hone.TrialSucceeded, hone.TrialEarlyStopped:
		if !found {
			return ev, hone.Errorf(hone.InvalidArgument, "metrics has no %q, the metric of the objective", s.objective.Metric)
		}
		if t.State == "" {
			ev.State = string(hone.TrialSucceeded)
		}
		ev.Value = &value
		if !value.Finite() {
			ev.State, ev.Reason, ev.Value = string(hone.TrialFailed), hone.NonFinite, nil
		}
	case hone.TrialFailed, hone.TrialStopped:
	default:
		return ev, hone.Errorf(hone.InvalidArgument, "state %q is not an end: Succeeded, Failed, EarlyStopped or Stopped", t.State)
	}
	return ev, nil
}
