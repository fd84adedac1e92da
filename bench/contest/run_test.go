package contest_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/bench/contest"
	"github.com/hone-tuner/hone/bench/problems"
)

// counting is a contestant that counts its runs.
func counting(name string, slow bool, runs *atomic.Int64, p *problems.Problem) scripted {
	return scripted{info: contest.Info{Name: name, Slow: slow}, start: func(contest.Setup) (contest.Tuner, error) {
		runs.Add(1)
		return &tape{points: []hone.Assignments{at(p, 0.3, 0.3)}}, nil
	}}
}

func open(t *testing.T, path string) *contest.File {
	f, err := contest.OpenFile(path)
	require.NoError(t, err)
	t.Cleanup(func() { f.Close() })
	return f
}

func TestAPlanGoesOnWhereItWasStopped(t *testing.T) {
	path := filepath.Join(t.TempDir(), "results.jsonl")
	var runs atomic.Int64
	p := bowl()
	plan := contest.Plan{Contestants: []contest.Contestant{counting("a", false, &runs, p)}, Problems: []*problems.Problem{p},
		Modes: contest.Modes(), Trials: 1, Seeds: 4}
	tasks := plan.Tasks()
	require.Len(t, tasks, 12)
	first := open(t, path)
	_, err := contest.Run(context.Background(), tasks[:5], first, contest.Options{Jobs: 2, Now: time.Now})
	require.NoError(t, err)
	require.EqualValues(t, 5, runs.Load())
	require.NoError(t, first.Close())

	data, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, data[:len(data)-7], 0o600)) // it was stopped while it wrote
	var last contest.Progress
	second := open(t, path)
	cut, err := os.ReadFile(path)
	require.NoError(t, err)
	require.True(t, bytes.HasSuffix(cut, []byte("}\n")), "what was not written to its end is gone")
	_, err = contest.Run(context.Background(), tasks, second, contest.Options{Jobs: 2, Now: time.Now, Progress: func(p contest.Progress) { last = p }})
	require.NoError(t, err)
	require.EqualValues(t, 5+12-4, runs.Load())
	require.Equal(t, 12, last.Done)
	require.Equal(t, 12, last.Total)
	require.Zero(t, last.Left)
	records, err := contest.ReadFiles(path)
	require.NoError(t, err)
	require.Len(t, records, 12)
}

func TestRunsArePlayedAgainWhenThatIsWanted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "results.jsonl")
	var runs atomic.Int64
	p := bowl()
	tasks := contest.Plan{Contestants: []contest.Contestant{counting("a", false, &runs, p), counting("b", false, &runs, p)},
		Problems: []*problems.Problem{p}, Modes: []contest.Mode{contest.Sequential}, Trials: 1, Seeds: 2}.Tasks()
	for range 2 {
		file := open(t, path)
		_, err := contest.OpenFile(path)
		require.ErrorIs(t, err, hone.Unavailable, "one contest writes at a time")
		_, err = contest.Run(context.Background(), tasks, file, contest.Options{Now: time.Now, Again: func(r contest.Record) bool { return r.Contestant == "a" }})
		require.NoError(t, err)
		require.NoError(t, file.Close())
	}
	require.EqualValues(t, 4+2, runs.Load())
	records, err := contest.ReadFiles(path, path)
	require.NoError(t, err)
	require.Len(t, records, 4, "the later record counts")
}

func TestSlowContestantsPlaySmallProblemsOnly(t *testing.T) {
	var runs atomic.Int64
	small, large := bowl(), bowl()
	large.Name, large.Small = "another", false
	tasks := contest.Plan{Contestants: []contest.Contestant{counting("slow", true, &runs, small), counting("fast", false, &runs, small)},
		Problems: []*problems.Problem{large, small}, Modes: []contest.Mode{contest.Sequential}, PerDimension: 20, Seeds: 3, SlowSeeds: 2}.Tasks()
	var got []contest.Key
	for _, task := range tasks {
		got = append(got, task.Key())
	}
	key := func(name, problem string, seed uint64) contest.Key {
		return contest.Key{Contestant: name, Problem: problem, Mode: contest.Sequential, Seed: seed, Trials: 40}
	}
	require.Equal(t, []contest.Key{
		key("slow", "bowl", 1), key("fast", "bowl", 1), key("fast", "another", 1),
		key("slow", "bowl", 2), key("fast", "bowl", 2), key("fast", "another", 2),
		key("fast", "bowl", 3), key("fast", "another", 3),
	}, got)
}

func TestARunThatTakesTooLongIsGivenUpAndRecorded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := bowl()
		hanging := scripted{info: contest.Info{Name: "hanging"}, start: func(contest.Setup) (contest.Tuner, error) { return hang{}, nil }}
		tasks := contest.Plan{Contestants: []contest.Contestant{hanging}, Problems: []*problems.Problem{p}, Modes: []contest.Mode{contest.Sequential}, Trials: 5, Seeds: 2}.Tasks()
		path := filepath.Join(t.TempDir(), "results.jsonl")
		begin := time.Now()
		_, err := contest.Run(context.Background(), tasks, open(t, path), contest.Options{Limit: time.Minute, Until: begin.Add(30 * time.Second), Now: time.Now})
		require.NoError(t, err)
		require.Equal(t, time.Minute, time.Since(begin), "no run begins after the time is up")
		records, err := contest.ReadFiles(path)
		require.NoError(t, err)
		require.Len(t, records, 1)
		require.Equal(t, "it took longer than 1m0s", records[0].Error)
	})
}

// hang answers when it is no longer waited for.
type hang struct{}

func (hang) Version() string { return "" }
func (hang) Close() error    { return nil }
func (hang) Tell(context.Context, []contest.Result) (time.Duration, error) {
	return 0, nil
}
func (hang) Ask(ctx context.Context, _ int) ([]contest.Point, time.Duration, error) {
	<-ctx.Done()
	return nil, 0, ctx.Err()
}

func TestAContestantThatIsNotThereLeavesNoRecords(t *testing.T) {
	var runs atomic.Int64
	p := bowl()
	missing := scripted{info: contest.Info{Name: "missing"}, start: func(contest.Setup) (contest.Tuner, error) {
		runs.Add(1)
		return nil, hone.Errorf(hone.Unavailable, "it is not installed")
	}}
	tasks := contest.Plan{Contestants: []contest.Contestant{missing, counting("a", false, new(atomic.Int64), p)}, Problems: []*problems.Problem{p},
		Modes: []contest.Mode{contest.Sequential}, Trials: 1, Seeds: 9}.Tasks()
	path := filepath.Join(t.TempDir(), "results.jsonl")
	gone, err := contest.Run(context.Background(), tasks, open(t, path), contest.Options{Now: time.Now})
	require.NoError(t, err)
	require.EqualError(t, gone["missing"], "missing: it is not installed")
	require.EqualValues(t, 3, runs.Load())
	records, err := contest.ReadFiles(path)
	require.NoError(t, err)
	require.Len(t, records, 9)
}

func TestAnInterruptedRunIsNotRecorded(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	p := bowl()
	tp := &tape{points: []hone.Assignments{at(p, 0, 0), at(p, 1, 1)}, asked: func(int) error { cancel(); return ctx.Err() }}
	tasks := contest.Plan{Contestants: []contest.Contestant{playing("a", tp)}, Problems: []*problems.Problem{p}, Modes: []contest.Mode{contest.Sequential}, Trials: 2, Seeds: 2}.Tasks()
	path := filepath.Join(t.TempDir(), "results.jsonl")
	_, err := contest.Run(ctx, tasks, open(t, path), contest.Options{Now: time.Now})
	require.ErrorIs(t, err, context.Canceled)
	records, err := contest.ReadFiles(path)
	require.NoError(t, err)
	require.Empty(t, records)
}

func TestRecordsThatAreNoneAreNamedByTheirLine(t *testing.T) {
	_, err := contest.ReadRecords(bytes.NewBufferString("{}\n{\n"))
	require.ErrorContains(t, err, "line 2")
	_, err = contest.Figures{1, 0 / zero}.MarshalJSON()
	require.Error(t, err)
	data, err := contest.Figures{0.1234567, 0, 1e-12, 12345678}.MarshalJSON()
	require.NoError(t, err)
	require.Equal(t, "[0.12346,0,1e-12,1.2346e+07]", string(data))
}

var zero float64
