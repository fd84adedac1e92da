package controller

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/difference"
)

// UpdateExperiment implements hone.ExperimentService. The patch is put over the limits as they are when it is
// recorded, so that of two at once neither undoes the other.
func (c *Controller) UpdateExperiment(ctx context.Context, n hone.Name, p hone.Patch) (hone.Experiment, error) {
	return c.edit(ctx, n, false, func(e hone.Experiment) (hone.Limits, error) {
		if err := unchanged(e, p); err != nil {
			return hone.Limits{}, err
		}
		limits, err := patched(e.Spec.Limits(), p.Spec)
		if err != nil {
			return limits, err
		}
		if limits.Budget.Trials == 0 && limits.Budget.Duration == 0 {
			return limits, hone.FieldErrors{{Path: "spec.budget", Message: "needs trials or a duration: without either, the experiment would never end"}}
		}
		e.Spec.Budget, e.Spec.Parallelism, e.Spec.Stop = limits.Budget, limits.Parallelism, limits.Stop
		return limits, e.Validate(c.Catalog, c.Decoder)
	})
}

// unchanged says that the experiment is not in the state that the patch is meant for.
func unchanged(e hone.Experiment, p hone.Patch) error {
	newest := e.Status.Events
	switch {
	case p.UID != "" && p.UID != e.UID:
		return &hone.ChangedError{Experiment: e.Name}
	case p.Events > 0 && p.Events != newest:
		return &hone.ChangedError{Experiment: e.Name, Known: p.Events, Newest: newest}
	}
	return nil
}

// patched applies a JSON merge patch (RFC 7396) of a spec to the limits, the only part that may change.
func patched(limits hone.Limits, patch []byte) (hone.Limits, error) {
	var change map[string]any
	if err := json.Unmarshal(patch, &change); err != nil {
		return limits, hone.Errorf(hone.InvalidArgument, "the patch is not a JSON object such as {\"parallelism\": 4}: %w", err)
	}
	if change == nil {
		return limits, hone.Errorf(hone.InvalidArgument, "the patch is null: write an object such as {\"parallelism\": 4}")
	}
	for _, field := range slices.Sorted(maps.Keys(change)) {
		if field != "budget" && field != "parallelism" && field != "stop" {
			return limits, hone.FieldErrors{{Path: "spec." + field, Message: "cannot be changed: only budget, parallelism and stop can"}}
		}
	}
	data, err := json.Marshal(merge(difference.Tree(limits), change))
	if err != nil {
		return limits, err
	}
	var out hone.Limits
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&out); err != nil {
		return limits, hone.Errorf(hone.InvalidArgument, "the patch does not fit a spec: %w", err)
	}
	return out, nil
}

// merge is the algorithm of RFC 7396, section 2.
func merge(target, patch any) any {
	changes, ok := patch.(map[string]any)
	if !ok {
		return patch
	}
	out := map[string]any{}
	if object, ok := target.(map[string]any); ok {
		for k, v := range object {
			out[k] = v
		}
	}
	for k, v := range changes {
		if v == nil {
			delete(out, k)
		} else {
			out[k] = merge(out[k], v)
		}
	}
	return out
}

// setLimits puts limits in force. Limits under which an experiment that ended would not have ended
// reopen it.
func (c *Controller) setLimits(ctx context.Context, n hone.Name, limits hone.Limits, submitted bool) (hone.Experiment, error) {
	return c.edit(ctx, n, submitted, func(hone.Experiment) (hone.Limits, error) { return limits, nil })
}

// edit puts limits in force that are made of the experiment as it is.
func (c *Controller) edit(ctx context.Context, n hone.Name, submitted bool, want func(hone.Experiment) (hone.Limits, error)) (hone.Experiment, error) {
	s, err := c.change(ctx, n, func(s *session) ([]hone.Event, error) {
		limits, err := want(s.exp)
		if err != nil {
			return nil, err
		}
		if limits.Budget.Trials == 0 && limits.Budget.Duration == 0 {
			limits.Budget.Trials = hone.DefaultTrials
		}
		if limits.Parallelism == 0 && !s.exp.Spec.External() {
			limits.Parallelism = hone.DefaultParallelism
		}
		if s.exp.Status.State.Ended() {
			if err := s.needHistory(ctx); err != nil {
				return nil, err
			}
		}
		events := []hone.Event{{Type: hone.EventEdited, Limits: &limits, Submitted: submitted, Message: limitsText(limits)}}
		if s.reopens(limits) {
			events = append(events, hone.Event{Type: hone.EventReopened})
		}
		return events, nil
	})
	if err != nil {
		return hone.Experiment{}, err
	}
	return s.experiment(), nil
}

func limitsText(l hone.Limits) string {
	data, err := json.Marshal(l)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("limits are now %s", data)
}

// reopens reports whether the experiment ended by a limit that no longer holds.
func (s *session) reopens(limits hone.Limits) bool {
	e := s.exp
	if !e.Status.State.Ended() || !e.Status.Reason.Reopens() {
		return false
	}
	e.Spec.Budget, e.Spec.Parallelism, e.Spec.Stop = limits.Budget, limits.Parallelism, limits.Stop
	e.Status.State = hone.ExperimentRunning
	return ending(facts{exp: e, values: values(s.ended), opening: opening(s.ended), now: s.c.now()}) == nil
}
