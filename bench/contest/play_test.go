package contest_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/bench/contest"
)

func TestARunIsRecordedTrialByTrial(t *testing.T) {
	p := bowl()
	tp := &tape{points: []hone.Assignments{at(p, 0.5, 0.3), at(p, 0.9, 0.9), nil, at(p, 0.5, 0.3), at(p, 0.3, 0.3)}}
	var told []contest.Result
	tp.told = func(r []contest.Result) { told = append(told, r...) }
	r, err := contest.Play(context.Background(), contest.Task{Contestant: playing("tape", tp), Problem: p, Mode: contest.Sequential, Seed: 3, Trials: 5})
	require.NoError(t, err)
	require.True(t, tp.closed)
	first := 0.04 / p.Typical()
	require.InDeltaSlice(t, []float64{first, first, first, first, 0}, []float64(r.Regret), 1e-12)
	require.Equal(t, contest.Figures{3, 3, 3, 3, 3}, r.Seconds, "asking and telling")
	require.Equal(t, 1, r.Duplicates)
	require.Equal(t, 1, r.Outside)
	require.Equal(t, 1, r.Failures)
	require.Equal(t, "nonsense", r.Fault)
	require.True(t, math.IsNaN(told[2].Value), "a point that is none has failed")
	require.InDelta(t, 0.04, told[0].Value, 1e-12)
	require.Positive(t, r.Cholesky)
	require.True(t, r.Good())
	require.Equal(t, contest.Key{Contestant: "tape", Problem: "bowl", Mode: contest.Sequential, Seed: 3, Trials: 5}, r.Key())
}

func TestTheRegretUnderNoiseIsTheTruthAboutThePointThatLooksBest(t *testing.T) {
	p := bowl()
	p.Noise = 10
	var points []hone.Assignments
	for i := range 40 {
		points = append(points, at(p, 0.01+float64(i)/50, 0.5))
	}
	tp := &tape{points: points}
	best, truth := math.NaN(), 0.0
	var want []float64
	tp.told = func(results []contest.Result) {
		for _, r := range results {
			if !(r.Value >= best) {
				best, truth = r.Value, p.Value(points[r.ID])
			}
			want = append(want, p.Regret(truth))
		}
	}
	r, err := contest.Play(context.Background(), contest.Task{Contestant: playing("tape", tp), Problem: p, Mode: contest.Sequential, Seed: 1, Trials: 40})
	require.NoError(t, err)
	require.Equal(t, want, []float64(r.Regret))
	require.False(t, math.IsNaN(best))
	require.Less(t, best, -2.0, "the noise is seen")
}

func TestNoiseAndDurationsAreTheSameForAllContestants(t *testing.T) {
	p := bowl()
	p.Noise = 1
	run := func(seed uint64, mode contest.Mode) (values []float64, order []int) {
		tp := &tape{}
		for range 30 {
			tp.points = append(tp.points, at(p, 0.5, 0.5))
		}
		tp.told = func(results []contest.Result) {
			for _, r := range results {
				values, order = append(values, r.Value), append(order, r.ID)
			}
		}
		_, err := contest.Play(context.Background(), contest.Task{Contestant: playing(fmt.Sprint("tape", len(values)), tp), Problem: p, Mode: mode, Seed: seed, Trials: 30})
		require.NoError(t, err)
		return values, order
	}
	a, order := run(1, contest.Async10)
	b, again := run(1, contest.Async10)
	c, _ := run(2, contest.Async10)
	require.Equal(t, a, b)
	require.Equal(t, order, again)
	require.NotEqual(t, a, c)
	require.False(t, slices.IsSorted(order), "trials overtake each other")
	s, _ := run(1, contest.Sequential)
	require.ElementsMatch(t, a, s, "the noise of a trial goes by its number")
}

func TestModesKeepAsManyTrialsRunningAsTheySay(t *testing.T) {
	for _, c := range []struct {
		mode   contest.Mode
		trials int
		asks   []int
		most   int
	}{
		{contest.Sequential, 3, []int{1, 1, 1}, 1},
		{contest.Batch8, 20, []int{8, 8, 4}, 8},
		{contest.Async10, 12, []int{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, 10},
	} {
		t.Run(string(c.mode), func(t *testing.T) {
			p := bowl()
			tp := &tape{}
			for i := range 100 {
				tp.points = append(tp.points, at(p, float64(i)/100, 0))
			}
			var asks []int
			running, most := 0, 0
			tp.asked = func(count int) error {
				asks = append(asks, count)
				running += count
				most = max(most, running)
				return nil
			}
			tp.told = func(results []contest.Result) { running -= len(results) }
			setup := contest.Setup{}
			one := scripted{info: contest.Info{Name: "tape"}, start: func(s contest.Setup) (contest.Tuner, error) { setup = s; return tp, nil }}
			r, err := contest.Play(context.Background(), contest.Task{Contestant: one, Problem: p, Mode: c.mode, Seed: 1, Trials: c.trials})
			require.NoError(t, err)
			require.Equal(t, c.asks, asks)
			require.Equal(t, c.most, most)
			require.Zero(t, running, "every trial is told")
			require.Len(t, r.Regret, c.trials)
			require.Len(t, r.Seconds, c.trials)
			require.Equal(t, contest.Setup{Space: p.Space, Seed: 1, Trials: c.trials, Parallel: c.most}, setup)
		})
	}
}

func TestARunThatGoesWrongDoesNotCount(t *testing.T) {
	p := bowl()
	broken := &tape{points: []hone.Assignments{at(p, 0.3, 0.3)}}
	broken.asked = func(int) error {
		if broken.next == 1 {
			return errors.New("it has crashed")
		}
		return nil
	}
	for name, one := range map[string]scripted{
		"it has crashed":        playing("broken", broken),
		"unsupported: doubles":  {start: func(contest.Setup) (contest.Tuner, error) { return nil, errors.New("unsupported: doubles") }},
		"no point was proposed": playing("silent", &tape{}),
	} {
		r, err := contest.Play(context.Background(), contest.Task{Contestant: one, Problem: p, Mode: contest.Sequential, Seed: 1, Trials: 5})
		require.ErrorContains(t, err, name)
		require.Equal(t, name, r.Error)
		require.False(t, r.Good())
		require.Empty(t, r.Regret)
	}
	require.True(t, broken.closed)
}

func TestHonesAlgorithmsPlayInEveryMode(t *testing.T) {
	for _, mode := range contest.Modes() {
		r, err := contest.Play(context.Background(), contest.Task{Contestant: own(t, "bayesian"), Problem: bowl(), Mode: mode, Seed: 1, Trials: 24})
		require.NoError(t, err)
		require.Len(t, r.Regret, 24)
		require.Less(t, r.After(24), 0.01, "%s: the model helps, so the results have reached it", mode)
		require.Zero(t, r.Duplicates)
		require.Zero(t, r.Failures)
		require.Equal(t, "abc", r.Version)
		require.True(t, r.Own)
	}
}

func TestARunEndsWhenTheSpaceHasNoOtherPoint(t *testing.T) {
	for _, mode := range contest.Modes() {
		r, err := contest.Play(context.Background(), contest.Task{Contestant: own(t, "random"), Problem: ladder(), Mode: mode, Seed: 1, Trials: 20})
		require.NoError(t, err)
		require.Len(t, r.Regret, 9)
		require.Equal(t, 3, r.Failures)
		require.Zero(t, r.Duplicates)
		require.Zero(t, r.After(20), "it keeps what it had")
	}
}

func TestAlgorithmsAreWrittenWithSettingsAndNames(t *testing.T) {
	for text, want := range map[string]struct {
		name string
		spec hone.AlgorithmSpec
	}{
		"bayesian":               {"bayesian", hone.AlgorithmSpec{Name: "bayesian"}},
		"bayesian:start=8":       {"bayesian:start=8", hone.AlgorithmSpec{Name: "bayesian", Settings: map[string]hone.Value{"start": hone.Number(8)}}},
		"eight=bayesian:start=8": {"eight", hone.AlgorithmSpec{Name: "bayesian", Settings: map[string]hone.Value{"start": hone.Number(8)}}},
		"g=grid:a=x:b=true":      {"g", hone.AlgorithmSpec{Name: "grid", Settings: map[string]hone.Value{"a": hone.String("x"), "b": hone.Bool(true)}}},
	} {
		name, spec, ok := contest.ParseOwn(text)
		require.True(t, ok, text)
		require.Equal(t, want.name, name)
		require.Equal(t, want.spec, spec)
	}
	_, _, ok := contest.ParseOwn("optuna-tpe")
	require.False(t, ok)
}
