package controller

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/hone-tuner/hone"
)

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func running(parallelism, trials int) hone.Experiment {
	e := hone.Experiment{Name: "e", UID: "u"}
	e.Spec.Objective = hone.Objective{Metric: "accuracy", Goal: hone.Maximize}
	e.Spec.Parallelism, e.Spec.Budget.Trials = parallelism, trials
	e.Spec.Trial = &hone.TrialTemplate{Command: []string{"true"}}
	e.Status.State = hone.ExperimentRunning
	return e
}

func best(value float64) *hone.Best {
	return &hone.Best{Trial: "e-0001", Number: 1, Value: hone.Float(value)}
}

func TestDecideEndsTheExperiment(t *testing.T) {
	target, zero := 0.9, 0
	cases := map[string]struct {
		change func(*facts)
		state  hone.ExperimentState
		reason hone.Reason
	}{
		"when the best value reaches the target, though trials run": {func(f *facts) {
			f.exp.Spec.Objective.Target, f.exp.Status.Best = &target, best(0.9)
			f.exp.Status.Counts.Running = 1
		}, hone.ExperimentSucceeded, hone.TargetReached},
		"when its trials are used up and have ended": {func(f *facts) {
			f.exp.Status.Created, f.exp.Status.Best = 10, best(0.5)
		}, hone.ExperimentSucceeded, hone.BudgetSpent},
		"as failed when its trials are used up without a value": {func(f *facts) {
			f.exp.Status.Created = 10
		}, hone.ExperimentFailed, hone.BudgetSpent},
		"when more trials failed than the default allows": {func(f *facts) {
			f.exp.Status.Counts.Failed = hone.DefaultFailures + 1
		}, hone.ExperimentFailed, hone.TooManyFailures},
		"at the first failure when none is allowed": {func(f *facts) {
			f.exp.Spec.Budget.Failures, f.exp.Status.Counts.Failed = &zero, 1
		}, hone.ExperimentFailed, hone.TooManyFailures},
		"when the first three trials fail for one reason": {func(f *facts) {
			f.opening = []hone.Reason{hone.NonZeroExit, hone.NonZeroExit, hone.NonZeroExit}
		}, hone.ExperimentFailed, hone.TooManyFailures},
		"when it has run for its duration": {func(f *facts) {
			f.exp.Spec.Budget.Duration, f.exp.Status.Best = hone.Duration(time.Hour), best(0.5)
			f.exp.Status.Active, f.exp.Status.Seen = hone.Duration(time.Hour-time.Second), f.now.Add(-time.Second)
		}, hone.ExperimentSucceeded, hone.BudgetSpent},
		"when the best value no longer improves": {func(f *facts) {
			f.exp.Spec.Stop.Plateau = &hone.Plateau{Trials: 2}
			f.exp.Status.Best, f.values = best(0.5), []float64{0.5, 0.4, math.NaN(), 0.3}
		}, hone.ExperimentSucceeded, hone.PlateauReached},
		"when the algorithm has no more points": {func(f *facts) {
			f.exhausted, f.exp.Status.Created, f.exp.Status.Best = true, 4, best(0.5)
		}, hone.ExperimentSucceeded, hone.SpaceExhausted},
		"as stopped when it has drained": {func(f *facts) {
			f.exp.Status.Draining = true
		}, hone.ExperimentStopped, hone.Cancelled},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			f := facts{exp: running(2, 10), attached: true, free: -1, now: epoch}
			c.change(&f)
			p := decide(f)
			require.NotNil(t, p.end)
			require.Equal(t, string(c.state), p.end.State)
			require.Equal(t, c.reason, p.end.Reason)
			require.NotEmpty(t, p.end.Message)
		})
	}
}

func TestDecideGoesOn(t *testing.T) {
	target, three := 0.9, 3
	cases := map[string]func(*facts){
		"when NaN and infinity are all there is":   func(f *facts) { f.exp.Spec.Objective.Target = &target },
		"while the last trials run":                func(f *facts) { f.exp.Status.Created, f.exp.Status.Counts.Running = 10, 1 },
		"when the first failures have two reasons": func(f *facts) { f.opening = []hone.Reason{hone.NonZeroExit, hone.TimedOut, hone.NonZeroExit} },
		"when one of the first three succeeded":    func(f *facts) { f.opening = []hone.Reason{hone.NonZeroExit, "", hone.NonZeroExit} },
		"when failures are allowed and three failed": func(f *facts) {
			f.exp.Spec.Budget.Failures = &three
			f.opening = []hone.Reason{hone.NonZeroExit, hone.NonZeroExit, hone.NonZeroExit}
			f.exp.Status.Counts.Failed = 3
		},
		"while an enqueued point waits though the space is exhausted": func(f *facts) {
			f.exhausted, f.exp.Status.Queue = true, []hone.Assignments{{}}
		},
		"when nothing but the plateau's own trials is there": func(f *facts) {
			f.exp.Spec.Stop.Plateau = &hone.Plateau{Trials: 3}
			f.values = []float64{0.5, 0.4, 0.3}
		},
	}
	for name, change := range cases {
		t.Run(name, func(t *testing.T) {
			f := facts{exp: running(2, 10), attached: true, free: -1, now: epoch}
			change(&f)
			require.Nil(t, decide(f).end)
		})
	}
}

// TestDecideKeepsTheLimits draws situations and checks what no decision may break.
func TestDecideKeepsTheLimits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := facts{exp: running(rapid.IntRange(1, 5).Draw(t, "parallelism"), rapid.IntRange(1, 20).Draw(t, "budget")),
			attached: rapid.Bool().Draw(t, "attached"), interrupted: rapid.Bool().Draw(t, "interrupted"),
			exhausted: rapid.Bool().Draw(t, "exhausted"), free: rapid.IntRange(-1, 3).Draw(t, "free"), now: epoch}
		f.exp.Status.State = rapid.SampledFrom([]hone.ExperimentState{hone.ExperimentRunning, hone.ExperimentPaused,
			hone.ExperimentSucceeded, hone.ExperimentStopped}).Draw(t, "state")
		f.exp.Status.Draining = rapid.Bool().Draw(t, "draining")
		for i := range rapid.IntRange(0, 8).Draw(t, "live") {
			state := rapid.SampledFrom([]hone.TrialState{hone.TrialPending, hone.TrialRunning}).Draw(t, "trial")
			if state == hone.TrialRunning && f.exp.Status.Counts.Running == f.exp.Spec.Parallelism {
				state = hone.TrialPending
			}
			f.live = append(f.live, &hone.Trial{Experiment: "e", Number: i + 1, State: state, Attempt: 1})
			if state == hone.TrialRunning {
				f.exp.Status.Counts.Running++
			} else {
				f.exp.Status.Counts.Pending++
			}
		}
		f.exp.Status.Created = max(len(f.live), rapid.IntRange(0, 20).Draw(t, "created"))

		p := decide(f)
		require.LessOrEqual(t, f.exp.Status.Counts.Running+len(p.start)+p.create, max(f.exp.Spec.Parallelism, f.exp.Status.Counts.Running))
		if p.create > 0 {
			require.LessOrEqual(t, f.exp.Status.Created+p.create, f.exp.Spec.Budget.Trials)
		}
		if f.free >= 0 {
			require.LessOrEqual(t, len(p.start)+p.create, f.free)
		}
		if !f.attached || f.interrupted || f.exp.Status.State != hone.ExperimentRunning || f.exp.Status.Draining {
			require.Empty(t, p.start)
			require.Zero(t, p.create)
		}
		if p.done {
			require.Zero(t, len(p.start)+p.create+len(p.stop)+len(p.drop))
		}
	})
}

func TestDecideInterruptsAndWindsUp(t *testing.T) {
	f := facts{exp: running(2, 10), attached: true, interrupted: true, free: -1, now: epoch}
	f.live = []*hone.Trial{{Number: 1, Attempt: 1, State: hone.TrialRunning}, {Number: 2, State: hone.TrialPending}}
	p := decide(f)
	require.Len(t, p.stop, 1)
	require.Equal(t, hone.Interrupted, p.stop[0].Reason)
	require.False(t, p.done)

	f.live[0].State = hone.TrialPending
	require.True(t, decide(f).done, "an interrupt leaves pending trials as they are")

	f.interrupted, f.live[0].State, f.exp.Status.State = false, hone.TrialRunning, hone.ExperimentSucceeded
	p = decide(f)
	require.Equal(t, []int{1}, p.kill)
	require.Equal(t, []int{2}, p.drop)
}

func TestConclude(t *testing.T) {
	value := func(x float64) hone.Observation {
		return hone.Observation{Value: hone.Float(x), Found: true, Metrics: map[string]hone.Float{"accuracy": hone.Float(x)}}
	}
	none := hone.Observation{Value: hone.Float(math.NaN())}
	one := 1
	cases := map[string]struct {
		outcome  outcome
		stopping hone.Reason
		ended    bool
		retries  int
		want     hone.EventType
		state    hone.TrialState
		reason   hone.Reason
	}{
		"a good end with a value":         {outcome: outcome{obs: value(0.5)}, want: hone.EventTrialEnded, state: hone.TrialSucceeded},
		"a good end with NaN":             {outcome: outcome{obs: value(math.NaN())}, want: hone.EventTrialEnded, state: hone.TrialFailed, reason: hone.NonFinite},
		"a good end with infinity":        {outcome: outcome{obs: value(math.Inf(1))}, want: hone.EventTrialEnded, state: hone.TrialFailed, reason: hone.NonFinite},
		"a good end without a reading":    {outcome: outcome{obs: none}, want: hone.EventTrialEnded, state: hone.TrialFailed, reason: hone.MetricsUnavailable},
		"a bad end, whatever was read":    {outcome: outcome{obs: value(0.5), exit: hone.Exit{Reason: hone.NonZeroExit, Code: 3}}, want: hone.EventTrialEnded, state: hone.TrialFailed, reason: hone.NonZeroExit},
		"killed by somebody, once":        {outcome: outcome{exit: hone.Exit{Reason: hone.Killed}}, want: hone.EventTrialRequeued, reason: hone.Killed},
		"lost, retries used up":           {outcome: outcome{exit: hone.Exit{Reason: hone.Lost}}, retries: 1, want: hone.EventTrialEnded, state: hone.TrialFailed, reason: hone.Lost},
		"stopped early":                   {outcome: outcome{obs: value(0.3), exit: hone.Exit{Requested: true}}, stopping: hone.StoppedEarly, want: hone.EventTrialEnded, state: hone.TrialEarlyStopped, reason: hone.StoppedEarly},
		"stopped early on NaN":            {outcome: outcome{obs: value(math.NaN()), exit: hone.Exit{Requested: true}}, stopping: hone.StoppedEarly, want: hone.EventTrialEnded, state: hone.TrialFailed, reason: hone.NonFinite},
		"ended before the stop came":      {outcome: outcome{obs: value(0.3)}, stopping: hone.StoppedEarly, want: hone.EventTrialEnded, state: hone.TrialSucceeded},
		"stopped by its user":             {outcome: outcome{obs: value(0.3), exit: hone.Exit{Requested: true}}, stopping: hone.Cancelled, want: hone.EventTrialEnded, state: hone.TrialStopped, reason: hone.Cancelled},
		"interrupted":                     {outcome: outcome{obs: value(0.3), exit: hone.Exit{Requested: true, Reason: hone.Killed}}, stopping: hone.Interrupted, want: hone.EventTrialRequeued, reason: hone.Interrupted},
		"the experiment ended":            {outcome: outcome{obs: value(0.3), exit: hone.Exit{Requested: true}}, ended: true, want: hone.EventTrialEnded, state: hone.TrialStopped, reason: hone.ExperimentEnded},
		"lost after the experiment ended": {outcome: outcome{exit: hone.Exit{Reason: hone.Lost}}, ended: true, want: hone.EventTrialEnded, state: hone.TrialStopped, reason: hone.ExperimentEnded},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			e := running(1, 10)
			e.Spec.Trial.Retries = &one
			if c.ended {
				e.Status.State = hone.ExperimentSucceeded
			}
			ev := conclude(e, hone.Trial{Number: 4, Attempt: 2, State: hone.TrialRunning, Stopping: c.stopping, Retries: c.retries}, c.outcome)
			require.Equal(t, c.want, ev.Type)
			require.Equal(t, string(c.state), ev.State)
			require.Equal(t, c.reason, ev.Reason)
			require.Equal(t, c.state == hone.TrialSucceeded || c.state == hone.TrialEarlyStopped, ev.Value != nil)
			require.Equal(t, c.reason == hone.Killed || c.reason == hone.Lost && c.want == hone.EventTrialRequeued, ev.Charged)
		})
	}
}

func TestUnavailableSaysWhatWasSeen(t *testing.T) {
	e := running(1, 10)
	ev := conclude(e, hone.Trial{Number: 1, Attempt: 1, State: hone.TrialRunning},
		outcome{clues: clues{names: []string{"val_accuracy"}, tail: []string{"done"}, hint: "Did you mean val_accuracy?"}})
	require.Contains(t, ev.Message, `"accuracy"`)
	require.Contains(t, ev.Message, "saw val_accuracy")
	require.Contains(t, ev.Message, "Did you mean")
	require.Contains(t, ev.Message, "done")
}
