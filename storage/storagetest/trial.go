package storagetest

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
)

func trials() []testCase {
	return []testCase{
		{"every field of a trial is kept", trialFields},
		{"lists go by number and can be cut and of some states", trialLists},
		{"the ranking maximises, ties by number", rankingMaximize},
		{"the ranking minimises, ties by number", rankingMinimize},
		{"what is not finite is ranked behind, by number", rankingNonFinite},
		{"imported trials are ranked only on request", rankingImported},
		{"a retried trial leaves the ranking and the order of finishing", retriedTrial},
		{"experiments do not see each other's trials", trialNeighbours},
	}
}

func trialFields(t *testing.T, subject Subject) {
	ctx, s := t.Context(), subject.Open(t)
	d := begin(t, s, "digits")
	d.record(hone.Event{Type: hone.EventTrialCreated, Trial: 1, Parameters: point(1), Origin: hone.OriginInitial,
		Labels: map[string]string{"rung": "2"}, Parent: 3, Fidelity: 0.5})
	created := d.trial(1)
	require.Equal(t, hone.Trial{Experiment: "digits", Number: 1, State: hone.TrialPending, Parameters: point(1),
		Origin: hone.OriginInitial, Labels: map[string]string{"rung": "2"}, Parent: 3, Fidelity: 0.5}, created)
	require.Equal(t, "digits-0001", created.Name())

	d.record(hone.Event{Type: hone.EventTrialStarted, Trial: 1, Attempt: 1})
	d.record(hone.Event{Type: hone.EventTrialRequeued, Trial: 1, Attempt: 1, Reason: hone.Killed, Message: "gone", Charged: true})
	d.record(hone.Event{Type: hone.EventTrialStarted, Trial: 1, Attempt: 2})
	d.end(1, 2, ptr(hone.Float(0.75)))
	got := d.trial(1)
	require.Equal(t, 2, got.Attempt)
	require.Equal(t, 1, got.Retries)
	require.Equal(t, hone.TrialSucceeded, got.State)
	require.Equal(t, ptr(hone.Float(0.75)), got.Value)
	require.Equal(t, map[string]hone.Float{"accuracy": 0.75, "loss": 1}, got.Metrics)
	require.Equal(t, 1, got.Finished)
	require.Equal(t, ptr(d.last.Status.Seen), got.EndTime)
	require.Equal(t, created.Parameters, got.Parameters)

	for _, number := range []int{0, -1, 2, math.MaxInt32, math.MaxInt} {
		_, err := s.Trial(ctx, d.uid, number)
		require.ErrorIs(t, err, hone.NotFound)
	}
}

func trialLists(t *testing.T, subject Subject) {
	ctx, s := t.Context(), subject.Open(t)
	d := begin(t, s, "digits")
	for range 3 {
		d.finished(0.5) // 1, 2, 3
	}
	d.end(d.start(), 1, nil) // 4 failed
	d.start()                // 5 runs
	d.finished(0.6)          // 6
	d.record(hone.Event{Type: hone.EventTrialCreated, Trial: 7, Parameters: point(7)})
	succeeded := []hone.TrialState{hone.TrialSucceeded}
	live := []hone.TrialState{hone.TrialPending, hone.TrialRunning}
	for _, c := range []struct {
		filter hone.TrialFilter
		want   []int
	}{
		{hone.TrialFilter{}, []int{1, 2, 3, 4, 5, 6, 7}},
		{hone.TrialFilter{Limit: 2}, []int{1, 2}},
		{hone.TrialFilter{After: 5}, []int{6, 7}},
		{hone.TrialFilter{After: 7}, []int{}},
		{hone.TrialFilter{After: math.MaxInt}, []int{}},
		{hone.TrialFilter{After: -3, Limit: 1}, []int{1}},
		{hone.TrialFilter{States: live}, []int{5, 7}},
		{hone.TrialFilter{States: live, Limit: 1}, []int{5}},
		{hone.TrialFilter{States: succeeded, After: 2}, []int{3, 6}},
		{hone.TrialFilter{States: succeeded, After: 1, Limit: 2}, []int{2, 3}},
		{hone.TrialFilter{States: []hone.TrialState{hone.TrialFailed}}, []int{4}},
		{hone.TrialFilter{States: []hone.TrialState{hone.TrialStopped}}, []int{}},
	} {
		got, err := s.Trials(ctx, d.uid, c.filter)
		require.NoError(t, err)
		require.Equal(t, c.want, numbers(got), "%+v", c.filter)
		for _, trial := range got {
			require.Equal(t, "digits", trial.Experiment)
		}
	}
}

func rankingMaximize(t *testing.T, subject Subject) {
	d := begin(t, subject.Open(t), "digits")
	for _, v := range []float64{0.5, -3, 1e308, math.Copysign(0, -1), 0, -1e-300, 0.5, math.SmallestNonzeroFloat64} {
		d.finished(v)
	}
	want := []int{3, 1, 7, 8, 4, 5, 6, 2}
	require.Equal(t, want, d.ranking(0, false))
	for n := 1; n <= len(want); n++ {
		require.Equal(t, want[:n], d.ranking(n, false))
	}
	require.Equal(t, want, d.ranking(99, false))
	require.Equal(t, 3, d.last.Status.Best.Number)
}

func rankingMinimize(t *testing.T, subject Subject) {
	e := sample("digits")
	e.Spec.Objective.Goal = hone.Minimize
	d := beginAs(t, subject.Open(t), e)
	for _, v := range []float64{0.5, -3, 1e308, 0, math.Copysign(0, -1), -1e-300, 0.5, -math.MaxFloat64} {
		d.finished(v)
	}
	require.Equal(t, []int{8, 2, 6, 4, 5, 1, 7, 3}, d.ranking(0, false))
}

func rankingNonFinite(t *testing.T, subject Subject) {
	d := begin(t, subject.Open(t), "digits")
	d.end(d.start(), 1, nil) // 1 failed
	d.finished(math.NaN())   // 2
	d.finished(0.1)          // 3
	d.finished(math.Inf(1))  // 4
	d.finished(math.Inf(-1)) // 5
	d.start()                // 6 runs
	d.finished(0.2)          // 7
	want := []int{7, 3, 1, 2, 4, 5, 6}
	require.Equal(t, want, d.ranking(0, false))
	require.Equal(t, want[:4], d.ranking(4, false))
	require.True(t, math.IsNaN(float64(*d.trial(2).Value)))
	require.Equal(t, hone.Float(math.Inf(1)), *d.trial(4).Value)
	require.Equal(t, 7, d.last.Status.Best.Number)
}

func rankingImported(t *testing.T, subject Subject) {
	d := begin(t, subject.Open(t), "digits")
	d.imported(ptr(hone.Float(0.9))) // 1
	d.finished(0.5)                  // 2
	d.imported(nil)                  // 3
	d.end(d.start(), 1, nil)         // 4
	d.imported(ptr(hone.Float(0.5))) // 5
	d.imported(ptr(hone.Float(0.1))) // 6
	d.finished(0.3)                  // 7
	require.Equal(t, []int{2, 7, 4}, d.ranking(0, false))
	require.Equal(t, []int{1, 2, 5, 7, 6, 3, 4}, d.ranking(0, true))
	require.Equal(t, []int{1, 2, 5}, d.ranking(3, true))
	require.Equal(t, []int{1, 2, 3, 4, 5, 6, 7}, d.order())
	require.Equal(t, 2, d.last.Status.Best.Number)
	require.Equal(t, 3, d.last.Status.Created)
}

func retriedTrial(t *testing.T, subject Subject) {
	d := begin(t, subject.Open(t), "digits")
	d.end(d.start(), 1, nil) // 1
	d.finished(0.5)          // 2
	require.Equal(t, []int{2, 1}, d.ranking(0, false))
	require.Equal(t, []int{1, 2}, d.order())
	d.record(hone.Event{Type: hone.EventTrialRetried, Trial: 1})
	require.Equal(t, []int{2}, d.order())
	require.Equal(t, []int{2, 1}, d.ranking(0, false), "a trial that has not ended is listed without a rank")
	d.record(hone.Event{Type: hone.EventTrialStarted, Trial: 1, Attempt: 2})
	d.end(1, 2, ptr(hone.Float(0.7)))
	require.Equal(t, []int{2, 1}, d.order())
	require.Equal(t, []int{1, 2}, d.ranking(0, false))
}

func trialNeighbours(t *testing.T, subject Subject) {
	s := subject.Open(t)
	var all []*driver
	for i := range 3 {
		all = append(all, begin(t, s, nameOf(i)))
	}
	for round := range 4 {
		for i, d := range all {
			d.finished(float64(round*3 + i))
		}
	}
	for _, d := range all {
		require.Equal(t, []int{4, 3, 2, 1}, d.ranking(0, true))
		require.Equal(t, []int{1, 2, 3, 4}, d.order())
		got, err := s.Trials(t.Context(), d.uid, hone.TrialFilter{})
		require.NoError(t, err)
		require.Equal(t, []int{1, 2, 3, 4}, numbers(got))
	}
}
