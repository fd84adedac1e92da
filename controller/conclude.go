package controller

import (
	"fmt"
	"strings"

	"github.com/hone-tuner/hone"
)

// outcome is what is known of an attempt that has ended.
type outcome struct {
	exit hone.Exit
	obs  hone.Observation
	clues
}

// clues help to explain a failure.
type clues struct {
	names []string // what was seen instead of the metric
	tail  []string // the last lines of the output
	hint  string   // the usual cause
}

// lookFor gathers the clues if the attempt failed; looking costs reading files.
func lookFor(seen hone.Seen, exit hone.Exit, obs hone.Observation) clues {
	c := clues{names: seen.Names}
	never := exit.Reason.Hopeless() || exit.Reason == hone.Unschedulable // its program never ran
	if seen.Look != nil && !never && (exit.Reason != "" || !obs.Value.Finite()) {
		c.tail, c.hint = seen.Look()
	}
	return c
}

// conclude says what the end of an attempt makes of its trial: the event to record. It is pure.
func conclude(e hone.Experiment, t hone.Trial, o outcome) hone.Event {
	ev := judgement(e, t, o)
	ev.Began, ev.Ended = o.exit.Start.Round(0).UTC(), o.exit.End.Round(0).UTC() // without the reading of this process's own clock
	return ev
}

// judgement is what became of the trial.
func judgement(e hone.Experiment, t hone.Trial, o outcome) hone.Event {
	ev := hone.Event{Type: hone.EventTrialEnded, Trial: t.Number, Attempt: t.Attempt, Metrics: o.obs.Metrics}
	switch {
	case o.exit.Requested:
		return concludeStopped(e, t, o, ev)
	case o.exit.Reason.Retryable():
		return lost(e, t, o)
	case o.exit.Reason != "":
		fail(&ev, o.exit.Reason, withTail(withHint(o.exit.Message, o.clues), o.clues))
	case !o.obs.Found:
		fail(&ev, hone.MetricsUnavailable, unavailable(e.Spec, o.clues))
	case !o.obs.Value.Finite():
		fail(&ev, hone.NonFinite, fmt.Sprintf("no reading of %s was finite: training may have diverged", e.Spec.Objective.Metric))
	default:
		ev.State, ev.Value = string(hone.TrialSucceeded), &o.obs.Value
	}
	return ev
}

// concludeStopped is for an attempt that was asked to end, and did.
func concludeStopped(e hone.Experiment, t hone.Trial, o outcome, ev hone.Event) hone.Event {
	switch {
	case t.Stopping == hone.StoppedEarly && o.obs.Value.Finite():
		ev.State, ev.Reason, ev.Message, ev.Value = string(hone.TrialEarlyStopped), hone.StoppedEarly, t.Message, &o.obs.Value
	case t.Stopping == hone.StoppedEarly:
		fail(&ev, hone.NonFinite, t.Message)
	case e.Status.State.Ended():
		ev.State, ev.Reason, ev.Message = string(hone.TrialStopped), hone.ExperimentEnded, "stopped because the experiment ended"
	case t.Stopping == hone.Cancelled:
		ev.State, ev.Reason, ev.Message = string(hone.TrialStopped), hone.Cancelled, t.Message
	case t.Stopping == hone.Interrupted:
		return requeue(t, hone.Interrupted, "interrupted; it will be started again", false)
	default:
		return lost(e, t, o)
	}
	return ev
}

func fail(ev *hone.Event, reason hone.Reason, message string) {
	ev.State, ev.Reason, ev.Message = string(hone.TrialFailed), reason, message
}

func requeue(t hone.Trial, reason hone.Reason, message string, charged bool) hone.Event {
	return hone.Event{Type: hone.EventTrialRequeued, Trial: t.Number, Attempt: t.Attempt,
		Reason: reason, Message: message, Charged: charged}
}

// lost decides about an attempt that did not end by itself: another one, or the end of the trial.
func lost(e hone.Experiment, t hone.Trial, o outcome) hone.Event {
	reason := o.exit.Reason
	if reason == "" || !reason.Retryable() {
		reason = hone.Killed
	}
	limit := 0
	if e.Spec.Trial != nil {
		limit = e.Spec.Trial.RetryLimit()
	}
	switch {
	case e.Status.State.Ended():
		return hone.Event{Type: hone.EventTrialEnded, Trial: t.Number, Attempt: t.Attempt, Metrics: o.obs.Metrics,
			State: string(hone.TrialStopped), Reason: hone.ExperimentEnded, Message: "stopped because the experiment ended"}
	case t.Retries < limit:
		return requeue(t, reason, fmt.Sprintf("%s; attempt %d of %d follows", o.exit.Message, t.Retries+2, limit+1), true)
	}
	ev := hone.Event{Type: hone.EventTrialEnded, Trial: t.Number, Attempt: t.Attempt, Metrics: o.obs.Metrics}
	fail(&ev, reason, withTail(withHint(o.exit.Message, o.clues), o.clues))
	return ev
}

// unavailable explains a trial that ended well without its metric.
func unavailable(s hone.Spec, seen clues) string {
	from := "its output"
	switch s.Metrics.Source {
	case hone.SourceFile:
		from = s.Metrics.Path
	case hone.SourcePush:
		from = "what it pushed"
	case hone.SourceTensorBoard:
		from = "its event files"
	case hone.SourcePrometheus:
		from = "what was scraped of it"
	}
	message := fmt.Sprintf("the program ended well, but there was no reading of %q in %s", s.Objective.Metric, from)
	if len(seen.names) > 0 {
		message += "; saw " + strings.Join(seen.names, ", ")
	}
	return withTail(withHint(message, seen), seen)
}

// withHint adds the usual cause.
func withHint(message string, seen clues) string {
	if seen.hint == "" {
		return message
	}
	return message + ". " + seen.hint
}

// withTail adds the last lines of the output.
func withTail(message string, seen clues) string {
	const lines = 6
	tail := seen.tail
	if len(tail) > lines {
		tail = tail[len(tail)-lines:]
	}
	if len(tail) == 0 {
		return message
	}
	return message + "\nlast lines of its output:\n  " + strings.Join(tail, "\n  ")
}
