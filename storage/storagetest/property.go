package storagetest

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/hone-tuner/hone"
)

func properties() []testCase {
	return []testCase{
		{"folding all events anew gives what is stored", refold},
		{"the ranking is what sorting gives", rankingIsSorted},
	}
}

// refold is the promise that status is nothing but a fold over events: whatever is recorded, and whatever
// is refused in between.
func refold(t *testing.T, subject Subject) {
	s := subject.Open(t)
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		e := sample(fmt.Sprintf("r%d", run))
		e.Spec.Parallelism, e.Spec.Budget.Trials = 2, 6
		d := beginAs(rt, s, e)
		for range rapid.IntRange(1, 30).Draw(rt, "steps") {
			var evs []hone.Event
			for range rapid.IntRange(1, 3).Draw(rt, "events") {
				evs = append(evs, anyEvent(d.last).Draw(rt, "event"))
			}
			_ = d.try(evs...) // refused ones leave no trace
		}
		requireRefolded(rt, d, e)
	})
}

func requireRefolded(t require.TestingT, d *driver, e hone.Experiment) {
	ctx := context.Background()
	evs, err := d.store.Events(ctx, d.uid, 0, 0)
	require.NoError(t, err)
	all := map[int]hone.Trial{}
	for _, ev := range evs {
		var trial hone.Trial
		e, trial, err = hone.Fold(e, all[ev.Trial], ev)
		require.NoError(t, err)
		if trial.Number != 0 {
			all[trial.Number] = trial
		}
	}
	stored, err := d.store.Record(ctx, d.uid)
	require.NoError(t, err)
	requireSame(t, e, stored)
	found, err := d.store.Experiment(ctx, e.Namespace, e.Name)
	require.NoError(t, err)
	requireSame(t, e, found)
	list, err := d.store.Trials(ctx, d.uid, hone.TrialFilter{})
	require.NoError(t, err)
	require.Len(t, list, len(all))
	for _, trial := range list {
		requireSame(t, all[trial.Number], trial)
	}
}

// requireSame compares by what is written, in which nil and empty are one.
func requireSame(t require.TestingT, want, got any) {
	a, err := json.Marshal(want)
	require.NoError(t, err)
	b, err := json.Marshal(got)
	require.NoError(t, err)
	require.Equal(t, string(a), string(b))
}

// anyEvent draws events that an experiment may or may not allow.
func anyEvent(e hone.Experiment) *rapid.Generator[hone.Event] {
	return rapid.Custom(func(t *rapid.T) hone.Event {
		ev := hone.Event{Type: rapid.SampledFrom(eventTypes()).Draw(t, "type")}
		switch ev.Type {
		case hone.EventEnded:
			ev.State = rapid.SampledFrom([]string{"Succeeded", "Failed", "Stopped"}).Draw(t, "state")
			ev.Reason = rapid.SampledFrom([]hone.Reason{hone.BudgetSpent, hone.Cancelled, hone.TooManyFailures}).Draw(t, "reason")
		case hone.EventEdited:
			limits := e.Spec.Limits()
			limits.Parallelism = rapid.IntRange(1, 4).Draw(t, "parallelism")
			limits.Budget.Trials = rapid.IntRange(1, 12).Draw(t, "budget")
			ev.Limits = &limits
		case hone.EventEnqueued:
			ev.Parameters = point(rapid.IntRange(1, 9).Draw(t, "point"))
		case hone.EventTrialCreated, hone.EventTrialImported:
			ev.Trial = e.Status.Trials() + rapid.IntRange(0, 2).Draw(t, "ahead")
			ev.Parameters = point(ev.Trial)
			ev.Origin = rapid.SampledFrom([]hone.Origin{hone.OriginAlgorithm, hone.OriginEnqueued}).Draw(t, "origin")
		}
		switch ev.Type {
		case hone.EventTrialStarted, hone.EventTrialStopping, hone.EventTrialRequeued, hone.EventTrialEnded, hone.EventTrialRetried:
			ev.Trial = rapid.IntRange(1, max(1, e.Status.Trials())).Draw(t, "trial")
			ev.Attempt = rapid.IntRange(0, 3).Draw(t, "attempt")
			ev.Charged = rapid.Bool().Draw(t, "charged")
			ev.Reason = rapid.SampledFrom([]hone.Reason{hone.Killed, hone.Interrupted}).Draw(t, "why")
		}
		if ev.Type == hone.EventTrialEnded || ev.Type == hone.EventTrialImported {
			ev.State = rapid.SampledFrom([]string{"Succeeded", "Failed", "EarlyStopped", "Stopped"}).Draw(t, "end")
			v := hone.Float(anyValue().Draw(t, "value"))
			ev.Value, ev.Metrics = &v, map[string]hone.Float{"accuracy": v}
		}
		return ev
	})
}

// eventTypes lists the types, the frequent ones more than once.
func eventTypes() []hone.EventType {
	trial := []hone.EventType{hone.EventTrialCreated, hone.EventTrialStarted, hone.EventTrialEnded}
	return append(append(append(trial, trial...), trial...), hone.EventTrialStopping, hone.EventTrialRequeued,
		hone.EventTrialRetried, hone.EventTrialImported, hone.EventAttached, hone.EventDetached, hone.EventHeartbeat,
		hone.EventNote, hone.EventPaused, hone.EventResumed, hone.EventEdited, hone.EventDraining, hone.EventEnded,
		hone.EventReopened, hone.EventEnqueued)
}

func anyValue() *rapid.Generator[float64] {
	return rapid.OneOf(rapid.SampledFrom([]float64{0, math.Copysign(0, -1), 0.5, math.NaN(), math.Inf(1), math.Inf(-1)}), rapid.Float64())
}

func rankingIsSorted(t *testing.T, subject Subject) {
	s := subject.Open(t)
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		e := sample(fmt.Sprintf("s%d", run))
		e.Spec.Objective.Goal = rapid.SampledFrom([]hone.Goal{hone.Maximize, hone.Minimize}).Draw(rt, "goal")
		d := beginAs(rt, s, e)
		var want []int
		values := rapid.SliceOfN(anyValue(), 0, 12).Draw(rt, "values")
		var life []hone.Event
		for i, v := range values {
			want = append(want, i+1)
			life = append(life, hone.Event{Type: hone.EventTrialCreated, Trial: i + 1, Parameters: point(i + 1)},
				hone.Event{Type: hone.EventTrialStarted, Trial: i + 1, Attempt: 1}, ended(i+1, 1, ptr(hone.Float(v))))
		}
		d.record(life...)
		// an insertion sort by the rule itself: finite before not, better before worse, else by number
		before := func(a, b int) bool { return e.Spec.Objective.Better(values[a-1], values[b-1]) }
		for i := 1; i < len(want); i++ {
			for j := i; j > 0 && before(want[j], want[j-1]); j-- {
				want[j], want[j-1] = want[j-1], want[j]
			}
		}
		require.Equal(rt, append([]int{}, want...), d.ranking(0, false))
		if best := d.last.Status.Best; best != nil {
			require.Equal(rt, want[0], best.Number)
		}
	})
}
