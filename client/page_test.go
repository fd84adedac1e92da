package client_test

import (
	"context"
	"strconv"
	"testing"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire/wiretest"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// shelf is a service that pages through so many trials and experiments, with pages of its own size.
func shelf(count, size int) *wiretest.Recorder {
	page := func(after, limit int) (numbers []int, cursor string) {
		if limit == 0 || limit > size {
			limit = size
		}
		for n := after + 1; n <= min(count, after+limit); n++ {
			numbers = append(numbers, n)
		}
		if after+limit < count {
			cursor = strconv.Itoa(after + limit)
		}
		return numbers, cursor
	}
	return &wiretest.Recorder{Reply: func(_ context.Context, c wiretest.Call) (any, error) {
		if c.Method == "ListExperiments" {
			f := c.Args[0].(hone.ExperimentFilter)
			after, _ := strconv.Atoi(f.Cursor)
			numbers, cursor := page(after, f.Limit)
			p := hone.ExperimentPage{Cursor: cursor}
			for _, n := range numbers {
				p.Experiments = append(p.Experiments, hone.Experiment{Name: strconv.Itoa(n)})
			}
			return p, nil
		}
		f := c.Args[1].(hone.TrialFilter)
		numbers, cursor := page(f.After, f.Limit)
		p := hone.TrialPage{Cursor: cursor}
		for _, n := range numbers {
			p.Trials = append(p.Trials, hone.Trial{Number: n, State: hone.TrialPending})
		}
		return p, nil
	}}
}

func TestIteratorsGoThroughAllPages(t *testing.T) {
	d := open(t)
	rapid.Check(t, func(t *rapid.T) {
		count := rapid.IntRange(0, 30).Draw(t, "count")
		d.service.Store(shelf(count, rapid.IntRange(1, 12).Draw(t, "page")))
		after := rapid.IntRange(0, count).Draw(t, "after")
		most := rapid.IntRange(0, 20).Draw(t, "most")
		want := count - after
		if most > 0 {
			want = min(want, most)
		}
		next := after
		for trial, err := range d.client.AllTrials(context.Background(), digits, hone.TrialFilter{After: after, Limit: most}) {
			require.NoError(t, err)
			next++
			require.Equal(t, next, trial.Number)
			require.Equal(t, "digits", trial.Experiment)
		}
		require.Equal(t, want, next-after)
		next = after
		filter := hone.ExperimentFilter{Limit: most, Cursor: strconv.Itoa(after)}
		for e, err := range d.client.AllExperiments(context.Background(), filter) {
			require.NoError(t, err)
			next++
			require.Equal(t, strconv.Itoa(next), e.Name)
		}
		require.Equal(t, want, next-after)
	})
}

func TestIteratorsEndWithTheFirstError(t *testing.T) {
	d := open(t)
	calls := 0
	d.service.Store(&wiretest.Recorder{Reply: func(context.Context, wiretest.Call) (any, error) {
		if calls++; calls > 1 {
			return nil, hone.Errorf(hone.NotFound, "deleted meanwhile")
		}
		return hone.TrialPage{Trials: make([]hone.Trial, 2), Cursor: "2"}, nil
	}})
	var seen []error
	for _, err := range d.client.AllTrials(t.Context(), digits, hone.TrialFilter{}) {
		seen = append(seen, err)
	}
	require.Len(t, seen, 3)
	require.ErrorIs(t, seen[2], hone.NotFound)
}

func TestPagesThatDoNotGoOnAreAnError(t *testing.T) {
	d := open(t)
	for cursor, says := range map[string]string{"7": `the server gives the page at cursor "7" again and again`,
		"x": `the server gave the cursor "x", which is not the number of a trial`} {
		d.service.Store(&wiretest.Recorder{Reply: func(context.Context, wiretest.Call) (any, error) {
			return hone.TrialPage{Cursor: cursor}, nil
		}})
		var last error
		for _, err := range d.client.AllTrials(t.Context(), digits, hone.TrialFilter{}) {
			last = err
		}
		require.EqualError(t, last, says)
	}
}

func TestIteratorsStopWhenTheLoopDoes(t *testing.T) {
	d := open(t)
	rec := shelf(10, 3)
	d.service.Store(rec)
	for range d.client.AllTrials(t.Context(), digits, hone.TrialFilter{}) {
		break
	}
	require.Len(t, rec.Calls(), 1)
}
