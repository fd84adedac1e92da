package controller

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/hone-tuner/hone"
)

// UpdateExperiment implements hone.ExperimentService.
func (c *Controller) UpdateExperiment(ctx context.Context, n hone.Name, patch []byte) (hone.Experiment, error) {
	e, err := c.GetExperiment(ctx, n)
	if err != nil {
		return hone.Experiment{}, err
	}
	limits, err := patched(e.Spec.Limits(), patch)
	if err != nil {
		return hone.Experiment{}, err
	}
	if limits.Budget.Trials == 0 && limits.Budget.Duration == 0 {
		return hone.Experiment{}, hone.FieldErrors{{Path: "spec.budget", Message: "needs trials or a duration: without either, the experiment would never end"}}
	}
	candidate := e
	candidate.Spec.Budget, candidate.Spec.Parallelism, candidate.Spec.Stop = limits.Budget, limits.Parallelism, limits.Stop
	if err := candidate.Validate(c.Catalog, c.Decoder); err != nil {
		return hone.Experiment{}, err
	}
	return c.setLimits(ctx, n, limits, false)
}

// patched applies a JSON merge patch (RFC 7396) of a spec to the limits, the only part that may change.
func patched(limits hone.Limits, patch []byte) (hone.Limits, error) {
	var change map[string]any
	if err := json.Unmarshal(patch, &change); err != nil {
		return limits, hone.Errorf(hone.InvalidArgument, "the patch is not a JSON object such as {\"parallelism\": 4}: %w", err)
	}
	for _, field := range slices.Sorted(maps.Keys(change)) {
		if field != "budget" && field != "parallelism" && field != "stop" {
			return limits, hone.FieldErrors{{Path: "spec." + field, Message: "cannot be changed: only budget, parallelism and stop can"}}
		}
	}
	data, err := json.Marshal(merge(tree(limits), change))
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
	s, err := c.change(ctx, n, func(s *session) ([]hone.Event, error) {
		if limits.Budget.Trials == 0 && limits.Budget.Duration == 0 {
			limits.Budget.Trials = hone.DefaultTrials
		}
		if limits.Parallelism == 0 && !s.exp.Spec.External() {
			limits.Parallelism = hone.DefaultParallelism
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
