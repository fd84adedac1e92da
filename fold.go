package hone

import (
	"slices"
	"time"
)

// Fold applies one event: it returns the experiment and the trial as they are after it. t is the trial
// that the event names (the zero Trial when it creates one, or names none). Nothing that was passed in is
// changed. An event that the state does not allow is an error of kind Conflict and changes nothing:
// this is where "never more live trials than parallelism, never more trials than the budget" is kept.
func Fold(e Experiment, t Trial, ev Event) (Experiment, Trial, error) {
	if ev.Sequence != e.Status.Events+1 {
		return e, t, Errorf(Conflict, "event %d of experiment %q cannot follow event %d", ev.Sequence, e.Name, e.Status.Events)
	}
	apply, ok := folds[ev.Type]
	switch {
	case !ok:
		return e, t, Errorf(Internal, "there is no rule for an event of type %q", ev.Type)
	case e.Status.State == "" && ev.Type != EventCreated:
		return e, t, Errorf(Conflict, "experiment %q was not created yet: it cannot begin with %s", e.Name, ev.Type)
	case t.Number != 0 && t.Number != ev.Trial:
		return e, t, Errorf(Internal, "an event of trial %d was applied to trial %d of experiment %q", ev.Trial, t.Number, e.Name)
	}
	after, trial := e, t
	after.Status.tick(ev)
	after.Status.Events = ev.Sequence
	if err := apply(&after, &trial, ev); err != nil {
		return e, t, err
	}
	if trial.Number != 0 && trial.Origin != OriginImported {
		after.Status.Counts.add(t.State, -1)
		after.Status.Counts.add(trial.State, 1)
	}
	return after, trial, nil
}

// HeartbeatInterval is how often a process that runs an experiment says so when nothing else happens. A
// silence of more than twice that means that no process was there, or that the machine slept.
const HeartbeatInterval = time.Minute

// tick moves the clock of the budget on.
func (s *Status) tick(ev Event) {
	if s.Seen.IsZero() {
		return
	}
	vanished := ev.Type == EventDetached && ev.Reason == Lost
	if d := ev.Time.Sub(s.Seen); d > 0 && s.State == ExperimentRunning && ev.Type != EventAttached && !vanished {
		s.Active += Duration(min(d, 2*HeartbeatInterval))
	}
	s.Seen = ev.Time
}

// folds is the table of the rules: docs/states.md draws it.
var folds = map[EventType]func(*Experiment, *Trial, Event) error{
	EventCreated:   foldCreated,
	EventAttached:  foldAttached,
	EventDetached:  foldDetached,
	EventHeartbeat: func(*Experiment, *Trial, Event) error { return nil },
	EventNote:      func(*Experiment, *Trial, Event) error { return nil },
	EventPaused:    foldPaused,
	EventResumed:   foldResumed,
	EventEdited:    foldEdited,
	EventDraining:  foldDraining,
	EventEnded:     foldEnded,
	EventReopened:  foldReopened,
	EventEnqueued:  foldEnqueued,

	EventTrialCreated:  foldTrialCreated,
	EventTrialStarted:  foldTrialStarted,
	EventTrialStopping: foldTrialStopping,
	EventTrialRequeued: foldTrialRequeued,
	EventTrialEnded:    foldTrialEnded,
	EventTrialRetried:  foldTrialRetried,
	EventTrialImported: foldTrialImported,
}

func foldCreated(e *Experiment, _ *Trial, ev Event) error {
	if e.Status.State != "" {
		return Errorf(Conflict, "experiment %q exists already", e.Name)
	}
	e.Status.State = ExperimentCreated
	e.Status.Submitted = ev.Limits
	e.Created = ev.Time
	return nil
}

func foldAttached(e *Experiment, _ *Trial, ev Event) error {
	if e.Status.State == ExperimentCreated {
		e.Status.State = ExperimentRunning
		e.Status.StartTime = &ev.Time
	}
	e.Status.Seen = ev.Time
	return nil
}

func foldDetached(e *Experiment, _ *Trial, _ Event) error {
	e.Status.Seen = time.Time{}
	return nil
}

func foldPaused(e *Experiment, _ *Trial, _ Event) error {
	if e.Status.Draining {
		return drainConflict(e, "paused")
	}
	if e.Status.State != ExperimentRunning && e.Status.State != ExperimentCreated {
		return stateConflict(e, "paused")
	}
	e.Status.State = ExperimentPaused
	return nil
}

func foldResumed(e *Experiment, _ *Trial, ev Event) error {
	if e.Status.Draining {
		return drainConflict(e, "resumed")
	}
	if e.Status.State != ExperimentPaused {
		return stateConflict(e, "resumed")
	}
	e.run(ev)
	return nil
}

// run makes the experiment Running, from whatever state.
func (e *Experiment) run(ev Event) {
	e.Status.State, e.Status.Reason, e.Status.Message = ExperimentRunning, "", ""
	e.Status.EndTime, e.Status.Draining = nil, false
	if e.Status.StartTime == nil {
		e.Status.StartTime = &ev.Time
	}
}

func foldEdited(e *Experiment, _ *Trial, ev Event) error {
	if ev.Limits == nil {
		return Errorf(Internal, "an edit without limits")
	}
	e.Spec.Budget, e.Spec.Parallelism, e.Spec.Stop = ev.Limits.Budget, ev.Limits.Parallelism, ev.Limits.Stop
	if ev.Submitted {
		e.Status.Submitted = ev.Limits
	}
	return nil
}

func foldDraining(e *Experiment, _ *Trial, _ Event) error {
	if e.Status.State.Ended() {
		return stateConflict(e, "drained")
	}
	e.Status.Draining = true
	return nil
}

func foldEnded(e *Experiment, _ *Trial, ev Event) error {
	state := ExperimentState(ev.State)
	if e.Status.State.Ended() || !state.Ended() {
		return stateConflict(e, "ended as "+ev.State)
	}
	e.Status.State, e.Status.Reason, e.Status.Message = state, ev.Reason, ev.Message
	e.Status.EndTime, e.Status.Draining, e.Status.Seen = &ev.Time, false, time.Time{}
	return nil
}

// Reopens reports whether an experiment that ended for the reason may run again when its limits are
// raised.
func (r Reason) Reopens() bool {
	return r == BudgetSpent || r == PlateauReached || r == TooManyFailures
}

func foldReopened(e *Experiment, _ *Trial, ev Event) error {
	if !e.Status.State.Ended() || !e.Status.Reason.Reopens() {
		return stateConflict(e, "reopened")
	}
	e.run(ev)
	return nil
}

func foldEnqueued(e *Experiment, _ *Trial, ev Event) error {
	if e.Status.State.Ended() {
		return stateConflict(e, "given further points")
	}
	e.Status.Queue = append(slices.Clip(e.Status.Queue), ev.Parameters)
	return nil
}

func foldTrialCreated(e *Experiment, t *Trial, ev Event) error {
	switch limit := e.Spec.Budget.Trials; {
	case e.Status.State != ExperimentRunning || e.Status.Draining:
		return stateConflict(e, "given a new trial")
	case limit > 0 && e.Status.Created >= limit:
		return Errorf(Conflict, "experiment %q has had its %d trials", e.Name, limit)
	case t.Number != 0 || ev.Trial != e.Status.Trials()+1:
		return Errorf(Conflict, "trial %d of experiment %q exists already or skips a number", ev.Trial, e.Name)
	}
	switch ev.Origin {
	case OriginInitial:
		e.Status.InitialUsed++
	case OriginEnqueued:
		if len(e.Status.Queue) == 0 {
			return Errorf(Conflict, "the queue of experiment %q is empty", e.Name)
		}
		if e.Status.Queue = e.Status.Queue[1:]; len(e.Status.Queue) == 0 {
			e.Status.Queue = nil // as it is read back
		}
	}
	e.Status.Created++
	*t = Trial{Experiment: e.Name, Number: ev.Trial, State: TrialPending, Parameters: ev.Parameters,
		Origin: ev.Origin, Labels: ev.Labels, Parent: ev.Parent, Fidelity: ev.Fidelity}
	return nil
}

func foldTrialStarted(e *Experiment, t *Trial, ev Event) error {
	switch limit := e.Spec.Parallelism; {
	case e.Status.State != ExperimentRunning || e.Status.Draining:
		return stateConflict(e, "given a running trial")
	case t.State != TrialPending || ev.Attempt != t.Attempt+1:
		return trialConflict(t, "started")
	case limit > 0 && e.Status.Counts.Running >= limit:
		return Errorf(Conflict, "experiment %q runs its %d parallel trials already", e.Name, limit)
	}
	t.State, t.Attempt = TrialRunning, ev.Attempt
	t.Reason, t.Message, t.Stopping = "", "", ""
	t.Client, t.Lease = ev.Client, ev.Lease
	t.StartTime, t.EndTime = &ev.Time, nil
	return nil
}

func foldTrialStopping(_ *Experiment, t *Trial, ev Event) error {
	if t.State != TrialRunning || ev.Attempt != t.Attempt || t.Stopping != "" && t.Stopping != Interrupted {
		return trialConflict(t, "asked to end")
	}
	t.Stopping, t.Message = ev.Reason, ev.Message
	return nil
}

func foldTrialRequeued(_ *Experiment, t *Trial, ev Event) error {
	if t.State != TrialRunning || ev.Attempt != t.Attempt {
		return trialConflict(t, "put back")
	}
	t.State, t.Reason, t.Message, t.Stopping = TrialPending, ev.Reason, ev.Message, ""
	t.StartTime, t.EndTime = ev.Times(*t)
	if ev.Charged {
		t.Retries++
	}
	return nil
}

func foldTrialEnded(e *Experiment, t *Trial, ev Event) error {
	state := TrialState(ev.State)
	if t.Number == 0 || t.State.Ended() || !state.Ended() || ev.Attempt != t.Attempt {
		return trialConflict(t, "ended as "+ev.State)
	}
	e.end(t, ev)
	return nil
}

// end puts what an event says of a trial's end into it.
func (e *Experiment) end(t *Trial, ev Event) {
	e.Status.Finished++
	t.State, t.Reason, t.Message = TrialState(ev.State), ev.Reason, ev.Message
	t.Value, t.Metrics, t.Stopping, t.Told = nil, ev.Metrics, "", ev.Told
	if t.State.Valued() {
		t.Value = ev.Value
	}
	t.StartTime, t.EndTime = ev.Times(*t)
	t.Finished = e.Status.Finished
	if t.Origin == OriginImported || !t.Ranked() {
		return
	}
	best, value := e.Status.Best, float64(*t.Value)
	if best == nil || e.Spec.Objective.Better(value, float64(best.Value)) ||
		value == float64(best.Value) && t.Number < best.Number {
		e.Status.Best = &Best{Trial: t.Name(), Number: t.Number, Value: *t.Value, Parameters: t.Parameters}
	}
}

// Times are when the program of a trial's attempt began and ended, of an event that tells the end of the attempt.
func (ev Event) Times(t Trial) (start, end *time.Time) { return startTime(&t, ev), endTime(&t, ev) }

// startTime is when the program of an attempt began, if a clock that was set meanwhile does not contradict: what
// an attempt waits for before is not its duration.
func startTime(t *Trial, ev Event) *time.Time {
	if ev.Began.IsZero() || t.StartTime == nil || ev.Began.Before(*t.StartTime) || ev.Began.After(*endTime(t, ev)) {
		return t.StartTime
	}
	return &ev.Began
}

// endTime is when an attempt ended: when its program did, if a clock that was set meanwhile does not contradict.
func endTime(t *Trial, ev Event) *time.Time {
	if ev.Ended.IsZero() || ev.Ended.After(ev.Time) || t.StartTime != nil && ev.Ended.Before(*t.StartTime) {
		return &ev.Time
	}
	return &ev.Ended
}

func foldTrialRetried(e *Experiment, t *Trial, ev Event) error {
	switch {
	case t.State != TrialFailed && t.State != TrialStopped || t.Origin == OriginImported:
		return trialConflict(t, "retried")
	case e.Status.State.Ended() && !e.Status.Reason.Reopens() && e.Status.Reason != SpaceExhausted:
		return stateConflict(e, "given a trial to retry")
	case e.Status.State.Ended():
		e.run(ev)
	}
	t.State, t.Reason, t.Message = TrialPending, "", ""
	t.Retries, t.Finished, t.Value, t.Metrics, t.Told = 0, 0, nil, nil, ""
	return nil
}

func foldTrialImported(e *Experiment, t *Trial, ev Event) error {
	if t.Number != 0 || ev.Trial != e.Status.Trials()+1 || !TrialState(ev.State).Ended() {
		return Errorf(Conflict, "trial %d of experiment %q cannot be imported", ev.Trial, e.Name)
	}
	e.Status.Imported++
	*t = Trial{Experiment: e.Name, Number: ev.Trial, Parameters: ev.Parameters, Origin: OriginImported}
	e.end(t, ev)
	return nil
}

// drainConflict refuses what would call a drain off in silence.
func drainConflict(e *Experiment, what string) error {
	return Errorf(Conflict, "experiment %q is draining: it cannot be %s, and stops when its running trials have ended", e.Name, what)
}

func stateConflict(e *Experiment, what string) error {
	state := string(e.Status.State)
	if e.Status.Reason != "" {
		state += " (" + string(e.Status.Reason) + ")"
	}
	return Errorf(Conflict, "experiment %q is %s: it cannot be %s", e.Name, state, what)
}

func trialConflict(t *Trial, what string) error {
	if t.Number == 0 {
		return Errorf(NotFound, "there is no such trial to be %s", what)
	}
	return Errorf(Conflict, "trial %s is %s (attempt %d): it cannot be %s", t.Name(), t.State, t.Attempt, what)
}
