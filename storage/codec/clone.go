package codec

import (
	"bytes"
	"maps"
	"slices"
	"time"

	"github.com/hone-tuner/hone"
)

// CloneExperiment copies an experiment so that nothing is shared but Assignments, which nobody changes.
func CloneExperiment(e hone.Experiment) hone.Experiment {
	e.Labels = maps.Clone(e.Labels)
	e.Spec = cloneSpec(e.Spec)
	e.Status.StartTime, e.Status.EndTime = clonePointer(e.Status.StartTime), clonePointer(e.Status.EndTime)
	e.Status.Best = clonePointer(e.Status.Best)
	e.Status.Queue = slices.Clone(e.Status.Queue)
	e.Status.Submitted = cloneLimitsPointer(e.Status.Submitted)
	return e
}

func cloneSpec(s hone.Spec) hone.Spec {
	s.Objective.Target = clonePointer(s.Objective.Target)
	s.Parameters = cloneSlice(s.Parameters, cloneParameter)
	s.Constraints = slices.Clone(s.Constraints)
	s.Algorithm.Seed, s.Algorithm.Settings = clonePointer(s.Algorithm.Seed), maps.Clone(s.Algorithm.Settings)
	s.Initial = cloneSlice(s.Initial, maps.Clone)
	limits := cloneLimits(s.Limits())
	s.Budget, s.Stop = limits.Budget, limits.Stop
	s.EarlyStopping.Settings = maps.Clone(s.EarlyStopping.Settings)
	s.Metrics.Record = slices.Clone(s.Metrics.Record)
	if s.Trial != nil {
		t := *s.Trial
		t.Command, t.Env = slices.Clone(t.Command), maps.Clone(t.Env)
		t.Grace, t.Retries = clonePointer(t.Grace), clonePointer(t.Retries)
		t.Manifest = bytes.Clone(t.Manifest)
		s.Trial = &t
	}
	return s
}

func cloneParameter(p hone.Parameter) hone.Parameter {
	p.Values = slices.Clone(p.Values)
	p.Conditions = cloneSlice(p.Conditions, func(c hone.Condition) hone.Condition {
		c.Values = slices.Clone(c.Values)
		return c
	})
	return p
}

func cloneLimits(l hone.Limits) hone.Limits {
	l.Budget.Failures = clonePointer(l.Budget.Failures)
	l.Stop.Plateau = clonePointer(l.Stop.Plateau)
	return l
}

// CloneEvent copies an event so that nothing is shared but Assignments. Its time becomes the one that is
// read back: in UTC, without a monotonic clock.
func CloneEvent(ev hone.Event) hone.Event {
	ev.Time = plainTime(ev.Time)
	ev.Labels, ev.Metrics = maps.Clone(ev.Labels), maps.Clone(ev.Metrics)
	ev.Value = clonePointer(ev.Value)
	ev.Limits = cloneLimitsPointer(ev.Limits)
	return ev
}

func cloneLimitsPointer(l *hone.Limits) *hone.Limits {
	if l == nil {
		return nil
	}
	limits := cloneLimits(*l)
	return &limits
}

func plainTime(t time.Time) time.Time { return t.UTC().Round(0) }

func clonePointer[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}

func cloneSlice[T any](s []T, clone func(T) T) []T {
	if s == nil {
		return nil
	}
	out := make([]T, len(s))
	for i, v := range s {
		out[i] = clone(v)
	}
	return out
}
