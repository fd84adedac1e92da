package main

import (
	"context"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/controller"
)

// held says why an experiment that is running gets no new trials: its algorithm does not answer. It is the newest
// note about that, unless the algorithm has proposed a trial since; "" when there is none.
func held(ctx context.Context, s hone.EventService, e hone.Experiment) string {
	const page = 500
	if e.Status.State != hone.ExperimentRunning {
		return ""
	}
	for end := e.Status.Events; end > 0; end -= page {
		events, err := s.Events(ctx, nameOf(e), max(0, end-page), false)
		if err != nil {
			return ""
		}
		for i := len(events) - 1; i >= 0; i-- {
			switch ev := events[i]; {
			case ev.Sequence > end: // was looked at already
			case ev.Type == hone.EventNote && ev.Reason == controller.SuggestionsUnavailable:
				return ev.Message
			case ev.Type == hone.EventNote && ev.Reason == controller.SuggestionsResumed,
				ev.Type == hone.EventTrialCreated && ev.Origin == hone.OriginAlgorithm,
				ev.Type == hone.EventReopened:
				return ""
			}
		}
	}
	return ""
}
