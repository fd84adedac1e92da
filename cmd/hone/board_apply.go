package main

import "github.com/hone-tuner/hone"

// apply brings a trial up to date with an event, as hone.Fold does in the store. The picture of the trials was taken
// while the experiment went on: what is in it already is left out, and false.
func (t *boardTrial) apply(ev hone.Event) bool {
	switch ev.Type {
	case hone.EventTrialStarted:
		return t.started(ev)
	case hone.EventTrialStopping:
		return t.stopping(ev)
	case hone.EventTrialRequeued:
		return t.requeued(ev)
	case hone.EventTrialRetried:
		return t.retried(ev)
	case hone.EventTrialEnded, hone.EventTrialImported:
		return t.over(ev)
	}
	return false
}

func (t *boardTrial) started(ev hone.Event) bool {
	if ev.Attempt <= t.Attempt {
		return false
	}
	t.State, t.Attempt, t.Client, t.Lease = hone.TrialRunning, ev.Attempt, ev.Client, ev.Lease
	t.StartTime, t.EndTime, t.Value, t.Metrics, t.Reason, t.Message = &ev.Time, nil, nil, nil, "", ""
	return true
}

func (t *boardTrial) stopping(ev hone.Event) bool {
	if t.State != hone.TrialRunning || ev.Attempt != t.Attempt {
		return false
	}
	t.Stopping, t.Message = ev.Reason, ev.Message
	return true
}

func (t *boardTrial) requeued(ev hone.Event) bool {
	if t.State != hone.TrialRunning || ev.Attempt != t.Attempt {
		return false
	}
	t.StartTime, t.EndTime = ev.Times(t.Trial)
	t.State, t.Metrics, t.Reason, t.Message = hone.TrialPending, nil, ev.Reason, ev.Message
	return true
}

// retried is about an end before it, not about one that the picture shows and that came later.
func (t *boardTrial) retried(ev hone.Event) bool {
	if !t.State.Ended() || t.EndTime != nil && t.EndTime.After(ev.Time) {
		return false
	}
	t.State, t.Value, t.Metrics, t.Reason, t.Message = hone.TrialPending, nil, nil, "", ""
	return true
}

func (t *boardTrial) over(ev hone.Event) bool {
	if t.State.Ended() || ev.Attempt < t.Attempt {
		return false
	}
	t.StartTime, t.EndTime = ev.Times(t.Trial)
	t.State, t.Value, t.Metrics, t.Reason, t.Message = hone.TrialState(ev.State), nil, ev.Metrics, ev.Reason, ev.Message
	if t.State.Valued() {
		t.Value = ev.Value
	}
	if ev.Type == hone.EventTrialImported {
		t.Origin = hone.OriginImported
	}
	return true
}
