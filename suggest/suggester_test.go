package suggest_test

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/algorithms"
	"github.com/hone-tuner/hone/algorithms/algorithmtest"
	"github.com/hone-tuner/hone/suggest"
)

// scripted is an algorithm that does what a test says.
type scripted func(ctx context.Context, r hone.Request) ([]hone.Suggestion, error)

func (f scripted) Suggest(ctx context.Context, r hone.Request) ([]hone.Suggestion, error) {
	return f(ctx, r)
}

func with(f scripted) *suggest.Suggester {
	return suggest.New(map[string]suggest.Factory{"scripted": func(map[string]hone.Value) (hone.Algorithm, error) { return f, nil }}, hclog.NewNullLogger())
}

var scriptedSpec = hone.AlgorithmSpec{Name: "scripted"}

func builtin() *suggest.Suggester {
	factories := map[string]suggest.Factory{}
	for name, entry := range algorithms.Builtin() {
		factories[name] = entry.New
	}
	return suggest.New(factories, hclog.NewNullLogger())
}

func request(space hone.SearchSpace, count int) hone.Request {
	return hone.Request{Space: algorithmtest.Compile(space), Objective: hone.Objective{Goal: hone.Minimize}, Seed: 5, Number: 1, Count: count,
		Budget: 50, History: hone.NewHistory("h")}
}

func point(n float64) hone.Assignments {
	return hone.Assignments{{Parameter: "n", Value: hone.Number(n)}}
}

func points(got []hone.Suggestion) (all []float64) {
	for _, s := range got {
		all = append(all, s.Parameters[0].Value.Float())
	}
	return all
}

// through is the suggester as an algorithm, so that it passes the same suite.
type through struct {
	s    *suggest.Suggester
	spec hone.AlgorithmSpec
}

func (x through) Suggest(ctx context.Context, r hone.Request) ([]hone.Suggestion, error) {
	return x.s.Suggest(ctx, "uid", x.spec, r)
}

func TestConformanceOfWhatComesThrough(t *testing.T) {
	for _, name := range []string{"random", "grid"} {
		t.Run(name, func(t *testing.T) {
			algorithmtest.Run(t, algorithmtest.Subject{Ends: name == "grid", New: func() hone.Algorithm {
				return through{builtin(), hone.AlgorithmSpec{Name: name}}
			}})
		})
	}
}

// An algorithm that proposes nonsense still passes: every point is replaced, the same way each time.
func TestConformanceWithAnAlgorithmThatIsAlwaysWrong(t *testing.T) {
	algorithmtest.Run(t, algorithmtest.Subject{New: func() hone.Algorithm {
		return through{with(func(ctx context.Context, r hone.Request) ([]hone.Suggestion, error) {
			all := make([]hone.Suggestion, r.Count)
			for i := range all {
				all[i].Parameters = point(math.NaN())
			}
			return all, nil
		}), scriptedSpec}
	}})
}

func TestDuplicatesAreReplacedAndTheRestIsAskedForAgain(t *testing.T) {
	var asked []hone.Request
	s := with(func(_ context.Context, r hone.Request) ([]hone.Suggestion, error) {
		asked = append(asked, r)
		all := make([]hone.Suggestion, r.Count)
		for i := range all {
			all[i] = hone.Suggestion{Parameters: point(float64((r.Number + i) % 100)), Labels: map[string]string{"k": "v"}}
		}
		return all, nil
	})
	r := request(hone.NewSpace(hone.Int("n", 0, 999_999)), 4)
	r.History = r.History.Append(hone.Outcome{Number: 1, Parameters: point(4), Value: 1})
	r.Pending = []hone.Pending{{Number: 2, Parameters: point(50)}}
	r.Number = 3
	got, err := s.Suggest(context.Background(), "uid", scriptedSpec, r)
	require.NoError(t, err)
	require.Len(t, got, 4)
	all := points(got)
	require.Equal(t, 3.0, all[0])
	require.NotEqual(t, 4.0, all[1], "it stands in the history")
	require.Equal(t, "v", got[1].Labels["k"])
	require.Equal(t, []float64{5, 6}, all[2:])
	require.Len(t, asked, 2)
	require.Equal(t, 5, asked[1].Number)
	require.Equal(t, 2, asked[1].Count)
	require.Len(t, asked[1].Pending, 3)
	require.Equal(t, all[1], asked[1].Pending[2].Parameters[0].Value.Float(), "the algorithm learns what took the place of its point")
	require.Len(t, r.Pending, 1, "the caller's request stays as it is")
}

// An answer that is short because its author thought of a point that was not free is no end of the space.
func TestAShortAnswerWithAWrongPointIsNotTheEnd(t *testing.T) {
	s := with(func(_ context.Context, r hone.Request) ([]hone.Suggestion, error) {
		if r.Number == 1 {
			return make([]hone.Suggestion, 1), nil
		}
		var all []hone.Suggestion
		for i := range r.Count {
			all = append(all, hone.Suggestion{Parameters: point(float64(r.Number + i))})
		}
		return all, nil
	})
	got, err := s.Suggest(context.Background(), "uid", scriptedSpec, request(hone.NewSpace(hone.Int("n", 0, 999_999)), 3))
	require.NoError(t, err)
	require.Equal(t, []float64{2, 3}, points(got)[1:])
}

func TestWhatCannotBeASuggestionIsReplaced(t *testing.T) {
	for name, wrong := range map[string]hone.Suggestion{
		"no parameters":              {},
		"a value out of range":       {Parameters: point(100)},
		"half a step":                {Parameters: point(1.5)},
		"an unknown parameter":       {Parameters: hone.Assignments{{Parameter: "m", Value: hone.Number(1)}}},
		"a broken constraint":        {Parameters: point(60)},
		"a fidelity above one":       {Parameters: point(3), Fidelity: 2},
		"a fidelity of not a number": {Parameters: point(3), Fidelity: math.NaN()},
		"a negative parent":          {Parameters: point(3), Parent: -1},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			s := suggest.New(map[string]suggest.Factory{"scripted": func(map[string]hone.Value) (hone.Algorithm, error) {
				return scripted(func(context.Context, hone.Request) ([]hone.Suggestion, error) { return []hone.Suggestion{wrong}, nil }), nil
			}}, hclog.New(&hclog.LoggerOptions{Output: &log}))
			r := request(hone.NewSpace(hone.Int("n", 0, 99)).Where("n <= 50"), 1)
			got, err := s.Suggest(context.Background(), "uid", scriptedSpec, r)
			require.NoError(t, err)
			require.Len(t, got, 1)
			require.NoError(t, r.Space.Check(got[0].Parameters))
			require.Zero(t, got[0].Fidelity)
			require.Contains(t, log.String(), "replaced a suggestion")
			again, err := s.Suggest(context.Background(), "other", scriptedSpec, r)
			require.NoError(t, err)
			require.Equal(t, got, again, "the draw depends on the seed and the number")
		})
	}
}

func TestTooManyAreCutOff(t *testing.T) {
	s := with(func(context.Context, hone.Request) ([]hone.Suggestion, error) {
		return []hone.Suggestion{{Parameters: point(1)}, {Parameters: point(2)}, {Parameters: point(3)}}, nil
	})
	got, err := s.Suggest(context.Background(), "uid", scriptedSpec, request(hone.NewSpace(hone.Int("n", 0, 9)), 2))
	require.NoError(t, err)
	require.Equal(t, []float64{1, 2}, points(got))
}

func TestAUsedUpSpaceGivesFewer(t *testing.T) {
	s := with(func(_ context.Context, r hone.Request) ([]hone.Suggestion, error) {
		return make([]hone.Suggestion, r.Count), nil // all wrong
	})
	r := request(hone.NewSpace(hone.Int("n", 0, 4)), 9)
	r.Pending = []hone.Pending{{Number: 1, Parameters: point(2)}}
	got, err := s.Suggest(context.Background(), "uid", scriptedSpec, r)
	require.NoError(t, err)
	require.ElementsMatch(t, []float64{0, 1, 3, 4}, points(got))
}

func TestAPanicIsAnErrorAndTheInstanceIsThrownAway(t *testing.T) {
	made := 0
	s := suggest.New(map[string]suggest.Factory{"scripted": func(map[string]hone.Value) (hone.Algorithm, error) {
		made++
		calls := 0
		return scripted(func(context.Context, hone.Request) ([]hone.Suggestion, error) {
			if calls++; made == 1 && calls == 2 {
				panic("index out of range")
			}
			return []hone.Suggestion{{Parameters: point(float64(calls))}}, nil
		}), nil
	}}, hclog.NewNullLogger())
	r := request(hone.NewSpace(hone.Int("n", 0, 9)), 1)
	_, err := s.Suggest(context.Background(), "uid", scriptedSpec, r)
	require.NoError(t, err)
	_, err = s.Suggest(context.Background(), "uid", scriptedSpec, r)
	require.ErrorIs(t, err, hone.Internal)
	require.ErrorContains(t, err, "index out of range")
	require.ErrorContains(t, err, `"scripted"`)
	_, err = s.Suggest(context.Background(), "uid", scriptedSpec, r)
	require.NoError(t, err)
	require.Equal(t, 2, made)
}

func TestErrorsKeepTheirKind(t *testing.T) {
	s := with(func(context.Context, hone.Request) ([]hone.Suggestion, error) {
		return nil, hone.Errorf(hone.Unavailable, "the service is away")
	})
	_, err := s.Suggest(context.Background(), "uid", scriptedSpec, request(hone.NewSpace(hone.Int("n", 0, 9)), 1))
	require.ErrorIs(t, err, hone.Unavailable)
	require.ErrorContains(t, err, "the service is away")
}

func TestUnknownAlgorithmsAndSettingsAreInvalid(t *testing.T) {
	s := builtin()
	r := request(hone.NewSpace(hone.Int("n", 0, 9)), 1)
	_, err := s.Suggest(context.Background(), "uid", hone.AlgorithmSpec{Name: "genetic"}, r)
	require.ErrorIs(t, err, hone.InvalidArgument)
	require.ErrorContains(t, err, "auto, bayesian, cmaes, grid, random, sobol, tpe")
	_, err = s.Suggest(context.Background(), "uid", hone.AlgorithmSpec{Name: "grid", Settings: map[string]hone.Value{"points": hone.String("many")}}, r)
	require.ErrorIs(t, err, hone.InvalidArgument)
	_, err = s.Suggest(context.Background(), "uid", hone.AlgorithmSpec{}, hone.Request{Count: 1})
	require.ErrorIs(t, err, hone.InvalidArgument)
}

func TestNoNameMeansTheDefault(t *testing.T) {
	got, err := builtin().Suggest(context.Background(), "uid", hone.AlgorithmSpec{}, request(hone.NewSpace(hone.Int("n", 0, 9)), 1))
	require.NoError(t, err)
	require.Contains(t, got[0].Note, "auto chose grid")
}

func TestOneInstanceForEachExperimentUntilItIsForgottenOrChanged(t *testing.T) {
	made := 0
	s := suggest.New(map[string]suggest.Factory{"scripted": func(map[string]hone.Value) (hone.Algorithm, error) {
		made++
		return scripted(func(context.Context, hone.Request) ([]hone.Suggestion, error) { return nil, nil }), nil
	}}, hclog.NewNullLogger())
	r := request(hone.NewSpace(hone.Int("n", 0, 9)), 1)
	for i, step := range []struct {
		uid      string
		settings map[string]hone.Value
		made     int
	}{{"a", nil, 1}, {"a", nil, 1}, {"b", nil, 2}, {"a", map[string]hone.Value{"k": hone.Number(1)}, 3}, {"a", map[string]hone.Value{"k": hone.Number(1)}, 3}} {
		_, err := s.Suggest(context.Background(), step.uid, hone.AlgorithmSpec{Name: "scripted", Settings: step.settings}, r)
		require.NoError(t, err)
		require.Equal(t, step.made, made, "step %d", i)
	}
	s.Forget("a")
	s.Forget("never seen")
	_, err := s.Suggest(context.Background(), "a", hone.AlgorithmSpec{Name: "scripted"}, r)
	require.NoError(t, err)
	require.Equal(t, 4, made)
}

func TestADeadlineEndsTheAskAndTheWaitingForIt(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	s := with(func(ctx context.Context, r hone.Request) ([]hone.Suggestion, error) {
		if r.Number == 1 {
			close(entered)
			<-release
		}
		return nil, ctx.Err()
	})
	r := request(hone.NewSpace(hone.Int("n", 0, 9)), 1)
	var first sync.WaitGroup
	first.Go(func() { _, _ = s.Suggest(context.Background(), "uid", scriptedSpec, r) })
	<-entered
	expired, cancel := context.WithDeadline(context.Background(), time.Unix(0, 0))
	defer cancel()
	_, err := s.Suggest(expired, "uid", scriptedSpec, r)
	require.ErrorIs(t, err, hone.DeadlineExceeded, "another request has the experiment")
	require.ErrorIs(t, err, context.DeadlineExceeded)
	r.Number = 2
	_, err = s.Suggest(context.Background(), "another", scriptedSpec, r)
	require.NoError(t, err, "other experiments do not wait")
	close(release)
	first.Wait()
	_, err = s.Suggest(expired, "uid", scriptedSpec, r)
	require.ErrorIs(t, err, hone.DeadlineExceeded)
	cancelled, stop := context.WithCancel(context.Background())
	stop()
	_, err = s.Suggest(cancelled, "uid", scriptedSpec, r)
	require.ErrorIs(t, err, hone.Unavailable)
}

func TestManyAskAtOnce(t *testing.T) {
	s := builtin()
	space := hone.NewSpace(hone.Double("x", 0, 1), hone.Int("n", 0, 9))
	want := map[int][]hone.Suggestion{}
	for e := range 4 {
		r := request(space, 3)
		r.Seed = uint64(e)
		got, err := builtin().Suggest(context.Background(), "fresh", hone.AlgorithmSpec{Name: "random"}, r)
		require.NoError(t, err)
		want[e] = got
	}
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			r := request(space, 3)
			r.Seed = uint64(i % 4)
			got, err := s.Suggest(context.Background(), fmt.Sprint("uid", i%4), hone.AlgorithmSpec{Name: "random"}, r)
			if err != nil || len(got) != 3 || !got[2].Parameters.Equal(want[i%4][2].Parameters) {
				t.Errorf("experiment %d: %v, %v", i%4, got, err)
			}
			if i%7 == 0 {
				s.Forget(fmt.Sprint("uid", i%4))
			}
		})
	}
	all.Wait()
}

// Whatever an algorithm returns, what comes out is as promised.
func TestAnyAnswerIsMadeGood(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		answers := rapid.SliceOfN(rapid.SliceOfN(rapid.IntRange(-2, 12), 0, 6), 1, 8).Draw(t, "answers")
		calls := 0
		s := with(func(context.Context, hone.Request) ([]hone.Suggestion, error) {
			var all []hone.Suggestion
			for _, n := range answers[calls%len(answers)] {
				all = append(all, hone.Suggestion{Parameters: point(float64(n))})
			}
			calls++
			return all, nil
		})
		r := request(hone.NewSpace(hone.Int("n", 0, 9)), rapid.IntRange(0, 12).Draw(t, "count"))
		for i := range rapid.IntRange(0, 6).Draw(t, "pending") {
			r.Pending = append(r.Pending, hone.Pending{Number: i + 1, Parameters: point(float64(i))})
		}
		got, err := s.Suggest(context.Background(), "uid", scriptedSpec, r)
		require.NoError(t, err)
		require.LessOrEqual(t, len(got), r.Count)
		seen := map[string]bool{}
		for _, p := range r.Pending {
			seen[p.Parameters.Key()] = true
		}
		for _, g := range got {
			require.NoError(t, r.Space.Check(g.Parameters))
			require.False(t, seen[g.Parameters.Key()])
			seen[g.Parameters.Key()] = true
		}
	})
}

func BenchmarkAsk(b *testing.B) {
	space := hone.SearchSpace{}
	for i := range 10 {
		space.Parameters = append(space.Parameters, hone.Double(fmt.Sprint("x", i), 0, 1))
	}
	for _, name := range []string{"random", "sobol", "grid"} {
		b.Run(name+"/trials=10000", func(b *testing.B) {
			s, spec := builtin(), hone.AlgorithmSpec{Name: name}
			r := request(space, 1)
			tell := func() {
				got, err := s.Suggest(context.Background(), "uid", spec, r)
				if err != nil || len(got) != 1 {
					b.Fatal(err)
				}
				r.History = r.History.Append(hone.Outcome{Number: r.Number, Parameters: got[0].Parameters, State: hone.TrialSucceeded, Value: 1})
				r.Number++
			}
			for range 10_000 {
				tell()
			}
			for b.Loop() {
				tell()
			}
		})
	}
}
