package controller

import (
	"fmt"
	"time"

	"github.com/hone-tuner/hone"
)

// facts are all that a decision depends on.
type facts struct {
	exp  hone.Experiment
	live []*hone.Trial // trials that have not ended, by number
	// values are those of the finished trials in the order of finishing, NaN where there is none; needed
	// only when the experiment has a plateau rule.
	values []float64
	// opening are the reasons of the first trials, as far as these failed; needed only while they are few.
	opening []hone.Reason
	// attached is set while a process runs the experiment; without it only what runs is brought to its end.
	attached bool
	// interrupted is set when the user wants to leave the experiment as it is.
	interrupted bool
	exhausted   bool // the algorithm has no more points
	// idle is set when nothing is lost by leaving an experiment that has nothing to do.
	idle bool
	// muted is until when the algorithm, which does not answer, is left alone; zero when it is not.
	muted time.Time
	free  int // how many more trials the runner can take; negative for any number
	// wanted is how many trials of an external experiment are waited for by those who ask.
	wanted int
	lease  time.Time // when the next worker may be lost; zero for never
	now    time.Time
}

// plan is what to do next.
type plan struct {
	end    *hone.Event  // ends the experiment
	stop   []hone.Event // TrialStopping events to record, and attempts to stop
	kill   []int        // running trials to stop without a further event
	drop   []int        // pending trials that end as Stopped
	start  []int        // pending trials to begin an attempt of
	create int          // trials to create
	waits  int          // trials that would be begun if the service had places left
	done   bool         // nothing is left to do here
	wake   time.Time    // look again at this time; zero for no need
}

// decide says what an experiment needs next. It changes nothing and knows no time but f.now.
func decide(f facts) plan {
	var running, pending []*hone.Trial
	for _, t := range f.live {
		if t.State == hone.TrialRunning {
			running = append(running, t)
		} else {
			pending = append(pending, t)
		}
	}
	external := f.exp.Spec.External()
	switch {
	case f.exp.Status.State.Ended() && external: // there is no process to wait for
		return plan{drop: numbers(f.live), done: len(f.live) == 0}
	case f.exp.Status.State.Ended():
		return windUp(running, pending)
	case f.interrupted && external: // who runs them is not ours to interrupt
		return plan{done: true}
	case f.interrupted:
		return interrupt(running)
	}
	if end := ending(f); end != nil {
		return plan{end: end}
	}
	return proceed(f, running, pending)
}

// proceed is for an experiment that goes on.
func proceed(f facts, running, pending []*hone.Trial) plan {
	p := plan{wake: earlier(earlier(deadline(f), f.muted), f.lease)}
	if !f.exp.Spec.External() { // a worker learns it with its next measurements
		p.kill = asked(running)
	}
	if f.exp.Status.Draining {
		p.drop = numbers(pending)
	}
	p.done = !f.attached && len(p.kill)+len(p.drop) == 0 && (!f.exp.Status.Draining || len(running) == 0)
	if f.idle && len(f.live) == 0 {
		p.done = true
		return p
	}
	if f.attached && f.exp.Status.State == hone.ExperimentRunning && !f.exp.Status.Draining {
		p.start, p.create = fill(f, len(running), pending)
	}
	return p
}

// windUp brings an ended experiment to rest: everything that lives is stopped.
func windUp(running, pending []*hone.Trial) plan {
	return plan{kill: numbers(running), drop: numbers(pending), done: len(running)+len(pending) == 0}
}

// interrupt sends the running trials back to Pending.
func interrupt(running []*hone.Trial) plan {
	p := plan{done: len(running) == 0}
	for _, t := range running {
		if t.Stopping == "" {
			p.stop = append(p.stop, hone.Event{Type: hone.EventTrialStopping, Trial: t.Number, Attempt: t.Attempt,
				Reason: hone.Interrupted, Message: "interrupted; it will be started again"})
		} else {
			p.kill = append(p.kill, t.Number)
		}
	}
	return p
}

// asked lists the running trials that were asked to end: asking again does no harm, and after a restart
// it is needed.
func asked(running []*hone.Trial) (out []int) {
	for _, t := range running {
		if t.Stopping != "" {
			out = append(out, t.Number)
		}
	}
	return out
}

func numbers(trials []*hone.Trial) []int {
	out := make([]int, len(trials))
	for i, t := range trials {
		out[i] = t.Number
	}
	return out
}

// fill says which pending trials to start and how many to create, so that the free places are taken.
func fill(f facts, running int, pending []*hone.Trial) (start []int, create int) {
	places := len(pending) + hone.MaxParallelism
	if f.exp.Spec.Parallelism > 0 {
		places = f.exp.Spec.Parallelism - running
	}
	if f.free >= 0 {
		places = min(places, f.free)
	}
	if f.exp.Spec.External() {
		places = min(places, f.wanted)
	}
	for _, t := range pending {
		if places <= 0 {
			return start, 0
		}
		start = append(start, t.Number)
		places--
	}
	if limit := f.exp.Spec.Budget.Trials; limit > 0 {
		places = min(places, limit-f.exp.Status.Created)
	}
	if f.exhausted && len(f.exp.Status.Queue) == 0 {
		places = 0
	}
	if !f.muted.IsZero() { // only what the user asked for
		places = min(places, len(f.exp.Status.Queue)+len(f.exp.Spec.Initial)-f.exp.Status.InitialUsed)
	}
	return start, max(places, 0)
}

// earlier is the first of two moments; zero stands for none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// ending says how the experiment ends now, or nil.
func ending(f facts) *hone.Event {
	s, spec := f.exp.Status, f.exp.Spec
	end := func(state hone.ExperimentState, reason hone.Reason, format string, args ...any) *hone.Event {
		return &hone.Event{Type: hone.EventEnded, State: string(state), Reason: reason, Message: fmt.Sprintf(format, args...)}
	}
	if s.Best != nil && spec.Objective.Reached(float64(s.Best.Value)) {
		return end(hone.ExperimentSucceeded, hone.TargetReached, "%s reached %s = %v; the target is %v",
			s.Best.Trial, spec.Objective.Metric, s.Best.Value, hone.Float(*spec.Objective.Target))
	}
	if s.Draining && s.Counts.Live() == 0 {
		return end(hone.ExperimentStopped, hone.Cancelled, "stopped after its running trials had finished")
	}
	if s.State != hone.ExperimentRunning {
		return nil
	}
	if limit := spec.Budget.FailureLimit(); s.Counts.Failed > limit {
		return end(hone.ExperimentFailed, hone.TooManyFailures, "%d trials failed; %d are allowed (budget.failures)", s.Counts.Failed, limit)
	}
	if reason, first := sameFailure(f); first > 0 {
		return end(hone.ExperimentFailed, hone.TooManyFailures, "%s failed with %s; set budget.failures to go on regardless",
			firstTrials(first), reason)
	}
	if limit := time.Duration(spec.Budget.Duration); limit > 0 && active(f) >= limit {
		return orEmpty(f, end(hone.ExperimentSucceeded, hone.BudgetSpent, "ran for its %s (budget.duration)", spec.Budget.Duration))
	}
	if p := spec.Stop.Plateau; p != nil && p.Flat(spec.Objective, f.values) {
		return end(hone.ExperimentSucceeded, hone.PlateauReached, "the last %d trials did not improve the best value by %s", p.Trials, improvement(p.MinImprovement))
	}
	return spent(f)
}

// spent ends an experiment that has had its trials or has no points left, once the last one has ended.
func spent(f facts) *hone.Event {
	s, limit := f.exp.Status, f.exp.Spec.Budget.Trials
	switch {
	case s.Counts.Live() > 0:
		return nil
	case limit > 0 && s.Created >= limit:
		return orEmpty(f, &hone.Event{Type: hone.EventEnded, State: string(hone.ExperimentSucceeded),
			Reason: hone.BudgetSpent, Message: fmt.Sprintf("used up its trials (budget.trials: %d)", limit)})
	case f.exhausted && len(s.Queue) == 0:
		return orEmpty(f, &hone.Event{Type: hone.EventEnded, State: string(hone.ExperimentSucceeded),
			Reason: hone.SpaceExhausted, Message: fmt.Sprintf("every point was tried: %d trials", s.Created)})
	}
	return nil
}

// orEmpty makes an end a failure when no trial has a value to show for it.
func orEmpty(f facts, end *hone.Event) *hone.Event {
	if f.exp.Status.Best == nil {
		end.State = string(hone.ExperimentFailed)
		end.Message += "; no trial gave a finite value of " + f.exp.Spec.Objective.Metric
	}
	return end
}

// sameFailure reports why the first trials all failed, and how many, where no limit was set: 0 when they did not. One
// is enough when no other can fare better.
func sameFailure(f facts) (hone.Reason, int) {
	switch {
	case f.exp.Spec.Budget.Failures != nil || len(f.opening) == 0 || f.opening[0] == "":
		return "", 0
	case f.opening[0].Hopeless():
		return f.opening[0], 1
	case len(f.opening) < hone.SameFailures:
		return "", 0
	}
	for _, r := range f.opening[:hone.SameFailures] {
		if r != f.opening[0] {
			return "", 0
		}
	}
	return f.opening[0], hone.SameFailures
}

func firstTrials(n int) string {
	if n == 1 {
		return "the first trial"
	}
	return fmt.Sprintf("the first %d trials all", n)
}

// active is the time in state Running so far.
func active(f facts) time.Duration {
	d := time.Duration(f.exp.Status.Active)
	if seen := f.exp.Status.Seen; f.attached && !seen.IsZero() && f.exp.Status.State == hone.ExperimentRunning {
		d += min(max(f.now.Sub(seen), 0), 2*hone.HeartbeatInterval)
	}
	return d
}

// deadline is when the time budget runs out; zero without one.
func deadline(f facts) time.Time {
	limit := time.Duration(f.exp.Spec.Budget.Duration)
	if limit == 0 || !f.attached || f.exp.Status.State != hone.ExperimentRunning {
		return time.Time{}
	}
	return f.now.Add(limit - active(f))
}

func improvement(i hone.Improvement) string {
	if i.Relative {
		return hone.Float(i.Amount*100).String() + "%"
	}
	return hone.Float(i.Amount).String()
}
