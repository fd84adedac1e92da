package storagetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
)

func events() []testCase {
	return []testCase{
		{"events are stored in their order and read by range", eventRanges},
		{"every field of an event is kept", eventFields},
		{"a list of events is stored as a whole or not at all", allOrNothing},
		{"readings are concluded with their events or not at all", concludeTogether},
		{"a sequence number that does not go on is a conflict", sequenceGap},
		{"limits that were edited take effect", editedLimits},
		{"nothing of an event is shared with the caller", eventsAreCopies},
	}
}

func eventRanges(t *testing.T, subject Subject) {
	ctx, s := t.Context(), subject.Open(t)
	begin(t, s, "before")
	d := begin(t, s, "digits")
	for range 10 {
		d.record(hone.Event{Type: hone.EventNote, Message: "tick"})
	}
	begin(t, s, "later")
	for _, c := range []struct {
		after       int64
		limit       int
		first, size int
	}{{0, 0, 1, 12}, {0, 3, 1, 3}, {5, 0, 6, 7}, {5, 2, 6, 2}, {11, 5, 12, 1}, {12, 5, 0, 0}, {99, 0, 0, 0}, {-4, 2, 1, 2}} {
		got, err := s.Events(ctx, d.uid, c.after, c.limit)
		require.NoError(t, err)
		require.Len(t, got, c.size)
		for i, ev := range got {
			require.Equal(t, int64(c.first+i), ev.Sequence)
		}
	}
}

func eventFields(t *testing.T, subject Subject) {
	ctx, s := t.Context(), subject.Open(t)
	d := begin(t, s, "digits")
	limits := d.last.Spec.Limits()
	want := d.number(hone.Event{Type: hone.EventNote, Attempt: 2, State: "s", Reason: hone.Killed, Message: "say \"<hi>\" & 日本\n",
		Parameters: point(3), Origin: hone.OriginInitial, Labels: map[string]string{"a": "b"}, Parent: 4, Fidelity: 0.25,
		Charged: true, Value: ptr(hone.Float(0.1)), Metrics: map[string]hone.Float{"x": 1e300}, Limits: &limits})[0]
	moved := want
	moved.Time = want.Time.In(time.FixedZone("elsewhere", 3600)) // times are kept as moments
	_, err := s.Record(ctx, d.uid, moved)
	require.NoError(t, err)
	got, err := s.Events(ctx, d.uid, want.Sequence-1, 1)
	require.NoError(t, err)
	require.Equal(t, want, got[0])
}

func allOrNothing(t *testing.T, subject Subject) {
	s := subject.Open(t)
	d := begin(t, s, "digits")
	d.finished(0.5)
	before := snapshot(t, d)
	err := d.try(
		hone.Event{Type: hone.EventTrialCreated, Trial: 2, Parameters: point(2)},
		hone.Event{Type: hone.EventTrialStarted, Trial: 2, Attempt: 1},
		ended(2, 1, ptr(hone.Float(0.9))),
		hone.Event{Type: hone.EventTrialStarted, Trial: 1, Attempt: 2}, // it has ended
	)
	require.ErrorIs(t, err, hone.Conflict)
	require.Equal(t, before, snapshot(t, d))
	require.Error(t, d.try(hone.Event{Type: "Unheard"}))
	require.ErrorIs(t, d.try(hone.Event{Type: hone.EventTrialStarted, Trial: 7, Attempt: 1}), hone.NotFound)
	require.Error(t, d.try(hone.Event{Type: hone.EventTrialStarted, Trial: -7, Attempt: 1}))
	require.Equal(t, before, snapshot(t, d))

	d.record( // all of a trial's life at once
		hone.Event{Type: hone.EventTrialCreated, Trial: 2, Parameters: point(2)},
		hone.Event{Type: hone.EventTrialStarted, Trial: 2, Attempt: 1},
		ended(2, 1, nil),
		hone.Event{Type: hone.EventTrialRetried, Trial: 2},
		hone.Event{Type: hone.EventTrialStarted, Trial: 2, Attempt: 2},
		ended(2, 2, ptr(hone.Float(0.9))),
	)
	require.Equal(t, []int{2, 1}, d.ranking(0, false))
	require.Equal(t, []int{1, 2}, d.order())
	require.Equal(t, 3, d.trial(2).Finished)
}

func sequenceGap(t *testing.T, subject Subject) {
	ctx, s := t.Context(), subject.Open(t)
	d := begin(t, s, "digits")
	next := d.last.Status.Events + 1
	for _, wrong := range []int64{0, 1, next - 1, next + 1, -1} {
		_, err := s.Record(ctx, d.uid, hone.Event{Sequence: wrong, Time: epoch(), Type: hone.EventNote})
		require.ErrorIs(t, err, hone.Conflict)
	}
	ev := hone.Event{Sequence: next, Time: epoch(), Type: hone.EventNote}
	_, err := s.Record(ctx, d.uid, ev)
	require.NoError(t, err)
	_, err = s.Record(ctx, d.uid, ev)
	require.ErrorIs(t, err, hone.Conflict, "an event happens once")
}

func editedLimits(t *testing.T, subject Subject) {
	ctx, s := t.Context(), subject.Open(t)
	d := begin(t, s, "digits")
	limits := hone.Limits{Budget: hone.Budget{Trials: 2, Failures: ptr(0)}, Parallelism: 1,
		Stop: hone.StopRules{Plateau: &hone.Plateau{Trials: 3, MinImprovement: hone.Improvement{Amount: 0.001, Relative: true}}}}
	d.record(hone.Event{Type: hone.EventEdited, Limits: &limits})
	found, err := s.Experiment(ctx, "default", "digits")
	require.NoError(t, err)
	require.Equal(t, limits, found.Spec.Limits())
	require.Equal(t, limits, d.last.Spec.Limits())

	d.start()
	require.ErrorIs(t, d.try(
		hone.Event{Type: hone.EventTrialCreated, Trial: 2, Parameters: point(2)},
		hone.Event{Type: hone.EventTrialStarted, Trial: 2, Attempt: 1}), hone.Conflict, "one at a time")
	d.end(1, 1, nil)
	d.finished(0.5)
	require.ErrorIs(t, d.try(hone.Event{Type: hone.EventTrialCreated, Trial: 3, Parameters: point(3)}), hone.Conflict, "two in all")
}

func eventsAreCopies(t *testing.T, subject Subject) {
	ctx, s := t.Context(), subject.Open(t)
	d := begin(t, s, "digits")
	d.start()
	limits := d.last.Spec.Limits()
	evs := d.number(ended(1, 1, ptr(hone.Float(0.5))), hone.Event{Type: hone.EventEdited, Limits: &limits})
	after, err := s.Record(ctx, d.uid, evs...)
	require.NoError(t, err)
	before := text(t, after)
	spoil := func(evs []hone.Event) {
		*evs[0].Value = -1
		evs[0].Metrics["accuracy"] = -1
		*evs[1].Limits.Budget.Failures = -1
		evs[1].Limits.Stop.Plateau.Trials = -1
		evs[1].Limits.Parallelism = -1
	}
	spoil(evs)
	stored, err := s.Events(ctx, d.uid, after.Status.Events-2, 0)
	require.NoError(t, err)
	require.Equal(t, hone.Float(0.5), *stored[0].Value)
	spoil(stored)
	trial := d.trial(1)
	require.Equal(t, map[string]hone.Float{"accuracy": 0.5, "loss": 1}, trial.Metrics)
	*trial.Value = -1
	trial.Metrics["accuracy"] = -1
	trial.Labels["rung"] = "scribble"
	*trial.EndTime = epoch()
	require.Equal(t, hone.Float(0.5), *d.trial(1).Value)
	require.Equal(t, map[string]string{"rung": "1"}, d.trial(1).Labels)
	again, err := s.Record(ctx, d.uid)
	require.NoError(t, err)
	require.Equal(t, before, text(t, again))
}

func concludeTogether(t *testing.T, subject Subject) {
	ctx, s := t.Context(), subject.Open(t)
	d := begin(t, s, "digits")
	number := d.start()
	batch := func(sequence int64, value float64) hone.Batch {
		return hone.Batch{Number: number, Attempt: 1, Source: "stdout", Sequence: sequence, Cursor: []byte("c"), Received: epoch(),
			Measurements: []hone.Measurement{{Metric: "accuracy", Value: hone.Float(value), Time: epoch()}}}
	}
	end := func() hone.Event {
		return d.number(hone.Event{Type: hone.EventTrialEnded, Trial: number, Attempt: 1, State: string(hone.TrialSucceeded), Value: ptr(hone.Float(0.5))})[0]
	}
	wrong := end()
	wrong.Sequence++
	_, err := s.Conclude(ctx, d.uid, []hone.Batch{batch(1, 0.5)}, wrong)
	require.ErrorIs(t, err, hone.Conflict)
	_, err = s.Conclude(ctx, d.uid, []hone.Batch{batch(1, 0.5), batch(3, 0.6)}, end())
	require.ErrorIs(t, err, hone.Conflict, "the second batch skips ahead")
	require.Empty(t, d.batches(number), "nothing is half done")

	e, err := s.Conclude(ctx, d.uid, []hone.Batch{batch(1, 0.4), batch(2, 0.5)}, end())
	require.NoError(t, err)
	require.Equal(t, 1, e.Status.Counts.Succeeded)
	require.Len(t, d.batches(number), 2)
	_, err = s.Conclude(ctx, d.uid, []hone.Batch{batch(2, 0.9)})
	require.NoError(t, err)
	require.Len(t, d.batches(number), 2, "what was stored is not stored again")
}
