package hone_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/hone-tuner/hone"
)

// world is an experiment with its trials, moved by Fold alone.
type world struct {
	t      require.TestingT
	start  hone.Experiment
	e      hone.Experiment
	trials map[int]hone.Trial
	events []hone.Event
}

func newWorld(t require.TestingT, spec hone.Spec) *world {
	e := hone.Experiment{UID: "u", Name: "digits", Namespace: "default", Spec: spec}
	w := &world{t: t, start: e, e: e, trials: map[int]hone.Trial{}}
	w.must(hone.Event{Type: hone.EventCreated})
	w.must(hone.Event{Type: hone.EventAttached})
	return w
}

func moment(i int64) time.Time {
	return time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(i) * time.Second)
}

// try folds an event and looks that nothing which was passed in has changed.
func (w *world) try(ev hone.Event) error {
	ev.Sequence = w.e.Status.Events + 1
	ev.Time = moment(ev.Sequence)
	before := written(w.t, []any{w.e, w.trials[ev.Trial], ev})
	e, trial, err := hone.Fold(w.e, w.trials[ev.Trial], ev)
	require.Equal(w.t, before, written(w.t, []any{w.e, w.trials[ev.Trial], ev}))
	if err != nil {
		require.Equal(w.t, before, written(w.t, []any{e, trial, ev}), "a refused event changes nothing")
		return err
	}
	w.e = e
	w.events = append(w.events, ev)
	if trial.Number != 0 {
		require.Equal(w.t, ev.Trial, trial.Number)
		w.trials[trial.Number] = trial
	}
	return nil
}

func (w *world) must(ev hone.Event) { require.NoError(w.t, w.try(ev), "%+v", ev) }

func written(t require.TestingT, v any) string {
	data, err := json.Marshal(v)
	require.NoError(t, err)
	return string(data)
}

func maximize() hone.Spec {
	return hone.Spec{Objective: hone.Objective{Metric: "accuracy", Goal: hone.Maximize}, Parallelism: 2, Budget: hone.Budget{Trials: 5}}
}

func (w *world) begin(number int) {
	w.must(hone.Event{Type: hone.EventTrialCreated, Trial: number})
	w.must(hone.Event{Type: hone.EventTrialStarted, Trial: number, Attempt: 1})
}

func end(number, attempt int, state hone.TrialState, value float64) hone.Event {
	v := hone.Float(value)
	return hone.Event{Type: hone.EventTrialEnded, Trial: number, Attempt: attempt, State: string(state), Value: &v}
}

func TestFoldKeepsItsPromises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		spec := maximize()
		spec.Objective.Goal = rapid.SampledFrom([]hone.Goal{hone.Maximize, hone.Minimize}).Draw(t, "goal")
		w := newWorld(t, spec)
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			before := w.e
			ev := anyEvent(w).Draw(t, "event")
			if w.try(ev) == nil {
				w.requireLimits(before)
			}
			w.requireCounts()
			w.requireBest()
			w.requireFinished()
		}
		w.requireRefold()
	})
}

// requireLimits looks that no event goes beyond the limits of its time. An edit may lower them below what is
// there already.
func (w *world) requireLimits(before hone.Experiment) {
	now := w.e
	if now.Status.Counts.Running > before.Status.Counts.Running {
		require.LessOrEqual(w.t, now.Status.Counts.Running, now.Spec.Parallelism)
		require.Equal(w.t, hone.ExperimentRunning, now.Status.State)
	}
	if now.Status.Created > before.Status.Created {
		require.LessOrEqual(w.t, now.Status.Created, now.Spec.Budget.Trials)
		require.Equal(w.t, hone.ExperimentRunning, now.Status.State)
	}
	require.LessOrEqual(w.t, before.Status.Active, now.Status.Active)
}

func (w *world) requireCounts() {
	var counts hone.Counts
	created, imported := 0, 0
	for _, trial := range w.trials {
		if trial.Origin == hone.OriginImported {
			imported++
			continue
		}
		created++
		switch trial.State {
		case hone.TrialPending:
			counts.Pending++
		case hone.TrialRunning:
			counts.Running++
		case hone.TrialSucceeded:
			counts.Succeeded++
		case hone.TrialFailed:
			counts.Failed++
		case hone.TrialEarlyStopped:
			counts.EarlyStopped++
		case hone.TrialStopped:
			counts.Stopped++
		}
	}
	require.Equal(w.t, counts, w.e.Status.Counts)
	require.Equal(w.t, created, w.e.Status.Created)
	require.Equal(w.t, imported, w.e.Status.Imported)
	require.Equal(w.t, created, counts.Live()+counts.Ended(), "every trial is in some state")
}

func (w *world) requireBest() {
	var best *hone.Trial
	for number := 1; number <= len(w.trials); number++ {
		trial := w.trials[number]
		if trial.Value != nil && trial.State != hone.TrialSucceeded && trial.State != hone.TrialEarlyStopped {
			require.Fail(w.t, "a trial that did not end well has a value", "%+v", trial)
		}
		if trial.Origin == hone.OriginImported || !trial.Ranked() {
			continue
		}
		if best == nil || w.e.Spec.Objective.Better(float64(*trial.Value), float64(*best.Value)) {
			best = &trial
		}
	}
	if best == nil {
		require.Nil(w.t, w.e.Status.Best)
		return
	}
	require.NotNil(w.t, w.e.Status.Best)
	require.Equal(w.t, best.Number, w.e.Status.Best.Number)
	require.Equal(w.t, *best.Value, w.e.Status.Best.Value)
	require.True(w.t, w.e.Status.Best.Value.Finite())
	require.Equal(w.t, best.Name(), w.e.Status.Best.Trial)
}

func (w *world) requireFinished() {
	places := map[int]bool{}
	for _, trial := range w.trials {
		require.Equal(w.t, trial.State.Ended(), trial.Finished > 0)
		if trial.Finished > 0 {
			require.False(w.t, places[trial.Finished], "two trials finished in one place")
			require.LessOrEqual(w.t, trial.Finished, w.e.Status.Finished)
			places[trial.Finished] = true
		}
	}
}

func (w *world) requireRefold() {
	e, trials := w.start, map[int]hone.Trial{}
	for _, ev := range w.events {
		after, trial, err := hone.Fold(e, trials[ev.Trial], ev)
		require.NoError(w.t, err)
		e = after
		if trial.Number != 0 {
			trials[trial.Number] = trial
		}
	}
	require.Equal(w.t, written(w.t, w.e), written(w.t, e))
	require.Equal(w.t, written(w.t, w.trials), written(w.t, trials))
}

// anyEvent draws events that make sense now and then, with the frequent ones drawn more often.
func anyEvent(w *world) *rapid.Generator[hone.Event] {
	types := []hone.EventType{hone.EventTrialCreated, hone.EventTrialStarted, hone.EventTrialEnded,
		hone.EventTrialCreated, hone.EventTrialStarted, hone.EventTrialEnded, hone.EventTrialRetried,
		hone.EventTrialRequeued, hone.EventTrialStopping, hone.EventTrialImported, hone.EventAttached, hone.EventDetached,
		hone.EventHeartbeat, hone.EventNote, hone.EventPaused, hone.EventResumed, hone.EventEdited, hone.EventDraining,
		hone.EventEnded, hone.EventReopened, hone.EventReopened, hone.EventEnqueued, hone.EventCreated, "Unheard"}
	return rapid.Custom(func(t *rapid.T) hone.Event {
		ev := hone.Event{Type: rapid.SampledFrom(types).Draw(t, "type")}
		known := w.e.Status.Trials()
		switch ev.Type {
		case hone.EventTrialCreated, hone.EventTrialImported:
			ev.Trial = known + rapid.SampledFrom([]int{0, 1, 1, 1, 2}).Draw(t, "next")
			ev.Origin = rapid.SampledFrom([]hone.Origin{hone.OriginAlgorithm, hone.OriginEnqueued, hone.OriginInitial}).Draw(t, "origin")
		case hone.EventTrialStarted, hone.EventTrialEnded, hone.EventTrialRetried, hone.EventTrialRequeued, hone.EventTrialStopping:
			ev.Trial = rapid.IntRange(0, known+1).Draw(t, "trial")
			ev.Attempt = w.trials[ev.Trial].Attempt + rapid.SampledFrom([]int{0, 0, 1, 1, 2, -1}).Draw(t, "attempt")
			ev.Charged = rapid.Bool().Draw(t, "charged")
			ev.Reason = rapid.SampledFrom([]hone.Reason{hone.Killed, hone.Interrupted}).Draw(t, "reason")
		case hone.EventEdited:
			ev.Limits = &hone.Limits{Parallelism: rapid.IntRange(1, 4).Draw(t, "parallelism"), Budget: hone.Budget{Trials: rapid.IntRange(1, 9).Draw(t, "trials")}}
		case hone.EventEnded:
			ev.State = rapid.SampledFrom([]string{"Succeeded", "Failed", "Stopped", "Running", ""}).Draw(t, "state")
			ev.Reason = rapid.SampledFrom([]hone.Reason{hone.BudgetSpent, hone.PlateauReached, hone.TooManyFailures, hone.Cancelled}).Draw(t, "why")
		case hone.EventEnqueued:
			ev.Parameters = hone.Assignments{{Parameter: "lr", Value: hone.Number(0.1)}}
		}
		if ev.Type == hone.EventTrialEnded || ev.Type == hone.EventTrialImported {
			ev.State = rapid.SampledFrom([]string{"Succeeded", "Succeeded", "Failed", "EarlyStopped", "Stopped", "Pending", "Bogus", ""}).Draw(t, "end")
			value := hone.Float(rapid.SampledFrom([]float64{0, math.Copysign(0, -1), 0.5, 0.7, -1, math.NaN(), math.Inf(1), math.Inf(-1)}).Draw(t, "value"))
			ev.Value = &value
		}
		return ev
	})
}

func TestFoldRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		before func(w *world)
		event  hone.Event
		kind   hone.Kind
	}{
		"a third trial where two may run": {func(w *world) {
			w.begin(1)
			w.begin(2)
			w.must(hone.Event{Type: hone.EventTrialCreated, Trial: 3})
		}, hone.Event{Type: hone.EventTrialStarted, Trial: 3, Attempt: 1}, hone.Conflict},
		"a sixth trial of five": {func(w *world) {
			for number := 1; number <= 5; number++ {
				w.must(hone.Event{Type: hone.EventTrialCreated, Trial: number})
			}
		}, hone.Event{Type: hone.EventTrialCreated, Trial: 6}, hone.Conflict},
		"an attempt that skips a number": {func(w *world) { w.must(hone.Event{Type: hone.EventTrialCreated, Trial: 1}) }, hone.Event{Type: hone.EventTrialStarted, Trial: 1, Attempt: 2}, hone.Conflict},
		"the end of an attempt that is over": {func(w *world) {
			w.begin(1)
			w.must(hone.Event{Type: hone.EventTrialRequeued, Trial: 1, Attempt: 1})
			w.must(hone.Event{Type: hone.EventTrialStarted, Trial: 1, Attempt: 2})
		}, end(1, 1, hone.TrialSucceeded, 0.5), hone.Conflict},
		"an end in a state that is none": {func(w *world) { w.begin(1) }, end(1, 1, "Bogus", 0.5), hone.Conflict},
		"an end without a state":         {func(w *world) { w.begin(1) }, end(1, 1, "", 0.5), hone.Conflict},
		"an import without a state":      {func(*world) {}, hone.Event{Type: hone.EventTrialImported, Trial: 1}, hone.Conflict},
		"a start while paused": {func(w *world) {
			w.must(hone.Event{Type: hone.EventTrialCreated, Trial: 1})
			w.must(hone.Event{Type: hone.EventPaused})
		}, hone.Event{Type: hone.EventTrialStarted, Trial: 1, Attempt: 1}, hone.Conflict},
		"an unknown trial":                   {func(*world) {}, hone.Event{Type: hone.EventTrialStarted, Trial: 1, Attempt: 1}, hone.NotFound},
		"a queued point from an empty queue": {func(*world) {}, hone.Event{Type: hone.EventTrialCreated, Trial: 1, Origin: hone.OriginEnqueued}, hone.Conflict},
		"pausing while it drains":            {func(w *world) { w.must(hone.Event{Type: hone.EventDraining}) }, hone.Event{Type: hone.EventPaused}, hone.Conflict},
		"resuming what was paused and drains": {func(w *world) {
			w.must(hone.Event{Type: hone.EventPaused})
			w.must(hone.Event{Type: hone.EventDraining})
		}, hone.Event{Type: hone.EventResumed}, hone.Conflict},
		"a second creation":               {func(*world) {}, hone.Event{Type: hone.EventCreated}, hone.Conflict},
		"reopening what was cancelled":    {func(w *world) { w.must(hone.Event{Type: hone.EventEnded, State: "Stopped", Reason: hone.Cancelled}) }, hone.Event{Type: hone.EventReopened}, hone.Conflict},
		"retrying a trial that succeeded": {func(w *world) { w.begin(1); w.must(end(1, 1, hone.TrialSucceeded, 0.5)) }, hone.Event{Type: hone.EventTrialRetried, Trial: 1}, hone.Conflict},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, maximize())
			c.before(w)
			require.ErrorIs(t, w.try(c.event), c.kind)
		})
	}
}

func TestFoldBeginsWithCreation(t *testing.T) {
	for _, first := range []hone.EventType{hone.EventAttached, hone.EventHeartbeat, hone.EventNote, hone.EventEdited, hone.EventDraining, hone.EventTrialImported} {
		_, _, err := hone.Fold(hone.Experiment{Name: "digits"}, hone.Trial{}, hone.Event{Sequence: 1, Type: first, Trial: 1, State: "Failed", Limits: &hone.Limits{}})
		require.ErrorIs(t, err, hone.Conflict, string(first))
	}
}

func TestFoldRefusesAnotherTrialThanTheEventNames(t *testing.T) {
	w := newWorld(t, maximize())
	w.begin(1)
	w.begin(2)
	ev := end(2, 1, hone.TrialSucceeded, 0.5)
	ev.Sequence = w.e.Status.Events + 1
	_, _, err := hone.Fold(w.e, w.trials[1], ev)
	require.ErrorIs(t, err, hone.Internal)
}

func TestFoldGivesNoValueToATrialThatDidNotEndWell(t *testing.T) {
	w := newWorld(t, maximize())
	w.begin(1)
	w.begin(2)
	w.must(end(1, 1, hone.TrialFailed, 0.9))
	w.must(end(2, 1, hone.TrialEarlyStopped, 0.5))
	require.Nil(t, w.trials[1].Value)
	require.Equal(t, 2, w.e.Status.Best.Number)
}

func TestFoldEndsATrialWhenItsProgramEnded(t *testing.T) {
	for name, c := range map[string]struct{ ended, want time.Time }{
		"unknown":                      {time.Time{}, moment(5)},
		"while nobody was there":       {moment(4).Add(time.Millisecond), moment(4).Add(time.Millisecond)},
		"by a clock that was set back": {moment(3), moment(5)},
		"by a clock that was set on":   {moment(9), moment(5)},
	} {
		t.Run(name, func(t *testing.T) {
			for _, ev := range []hone.Event{end(1, 1, hone.TrialSucceeded, 0.5), {Type: hone.EventTrialRequeued, Trial: 1, Attempt: 1, Reason: hone.Lost}} {
				w := newWorld(t, maximize())
				w.begin(1) // the fourth event
				ev.Ended = c.ended
				w.must(ev)
				require.Equal(t, c.want, *w.trials[1].EndTime)
			}
		})
	}
}

func TestFoldCountsTheTimeInWhichAProcessWasRunning(t *testing.T) {
	w := newWorld(t, maximize()) // attached at second 2
	w.must(hone.Event{Type: hone.EventHeartbeat})
	w.must(hone.Event{Type: hone.EventPaused})
	w.must(hone.Event{Type: hone.EventHeartbeat})
	w.must(hone.Event{Type: hone.EventResumed})
	w.must(hone.Event{Type: hone.EventDetached})
	w.must(hone.Event{Type: hone.EventNote})
	w.must(hone.Event{Type: hone.EventAttached})
	w.must(hone.Event{Type: hone.EventAttached}) // a process that crashed and came back
	w.must(hone.Event{Type: hone.EventHeartbeat})
	require.Equal(t, hone.Duration(4*time.Second), w.e.Status.Active)
}
