package controller_test

import (
	"context"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/controller"
)

// ended is a fleet with experiments that have ended.
func ended(t *testing.T, all []file) *fleet {
	f := newFleet(t, controller.Limits{})
	f.length = func(hone.Launch) time.Duration { return 0 }
	c := f.controller(f.store)
	defer c.Close()
	f.create(c, all...)
	require.NoError(t, c.Wait(t.Context()))
	return f
}

func loaded(t *testing.T, c *controller.Controller) int {
	runtime.GC()
	s, err := c.Statistics(t.Context())
	require.NoError(t, err)
	return s.Loaded
}

func TestLookingLoadsNothing(t *testing.T) {
	all := squad("a", 3, 5, 2)
	f := ended(t, all)
	c := f.controller(f.store)
	defer c.Close()
	require.NoError(t, c.Resume(t.Context()))
	n := all[0].name()
	_, err := c.GetExperiment(t.Context(), n)
	require.NoError(t, err)
	_, err = c.ListExperiments(t.Context(), hone.ExperimentFilter{})
	require.NoError(t, err)
	_, err = c.ListTrials(t.Context(), n, hone.TrialFilter{})
	require.NoError(t, err)
	_, err = c.GetTrial(t.Context(), n, 1)
	require.NoError(t, err)
	_, err = c.Leaderboard(t.Context(), n, hone.LeaderboardQuery{})
	require.NoError(t, err)
	_, err = c.Measurements(t.Context(), n, 1, "")
	require.NoError(t, err)
	events, err := c.Events(t.Context(), n, 0, true)
	require.NoError(t, err)
	require.NotEmpty(t, events, "there are some, so that nobody waits")
	events, err = c.Events(t.Context(), n, events[len(events)-1].Sequence, false)
	require.NoError(t, err)
	require.Empty(t, events)
	require.Zero(t, loaded(t, c))
}

func TestExperimentsThatNobodyUsesLeaveTheMemory(t *testing.T) {
	const most = 32
	all := squad("a", 150, 3, 2)
	f := newFleet(t, controller.Limits{Trials: 20})
	f.length = func(hone.Launch) time.Duration { return 0 }
	c := f.controller(f.store)
	defer c.Close()
	f.create(c, all...)
	require.NoError(t, c.Wait(t.Context()))
	require.LessOrEqual(t, loaded(t, c), most)
	for _, d := range all {
		_, err := c.PauseExperiment(t.Context(), d.name())
		require.ErrorIs(t, err, hone.Conflict, "it has ended")
		f.check(d)
	}
	require.LessOrEqual(t, loaded(t, c), most)
}

func TestAWatcherMissesNothingWhileOthersAreDropped(t *testing.T) {
	all := squad("a", 100, 2, 1)
	f := ended(t, all)
	c := f.controller(f.store)
	defer c.Close()
	watched := all[0]
	events, err := c.Events(t.Context(), watched.name(), 0, false)
	require.NoError(t, err)
	newest := events[len(events)-1].Sequence
	got := make(chan []hone.Event)
	for range 3 {
		go func() {
			events, err := c.Events(t.Context(), watched.name(), newest, true)
			if err != nil {
				t.Error(err)
			}
			got <- events
		}()
	}
	for c.Busy() || loaded(t, c) == 0 { // until the first of them waits
		runtime.Gosched()
	}
	for _, d := range all[1:] {
		_, err := c.PauseExperiment(t.Context(), d.name())
		require.ErrorIs(t, err, hone.Conflict)
		if d.Name[len(d.Name)-1] == '7' {
			runtime.GC()
		}
	}
	points := []hone.ImportedTrial{{Parameters: map[string]hone.Value{"lr": hone.Number(0.5)}, Metrics: map[string]hone.Float{"accuracy": 0.5}}}
	_, err = c.Import(t.Context(), watched.name(), points)
	require.NoError(t, err)
	for range 3 {
		events := <-got
		require.Len(t, events, 1)
		require.Equal(t, hone.EventTrialImported, events[0].Type)
	}
}

// A service keeps no loop for an experiment that is paused, or of which no worker has wanted anything for
// long; asking, telling and resuming find it all the same.
func TestIdleExperimentsHaveNoLoop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, controller.Limits{})
		c := f.controller(f.store)
		defer c.Close()
		paused, outside := file{Namespace: "a", Name: "paused", Trials: 5, Parallelism: 1}, file{Namespace: "a", Name: "outside", Trials: 3, External: true}
		f.create(c, paused, outside)
		time.Sleep(100 * time.Millisecond)
		_, err := c.PauseExperiment(t.Context(), paused.name())
		require.NoError(t, err)
		trial, err := c.Ask(t.Context(), outside.name(), hone.AskRequest{Client: "w"})
		require.NoError(t, err)
		time.Sleep(time.Hour)
		driven := func() int {
			s, err := c.Statistics(t.Context())
			require.NoError(t, err)
			return s.Driven
		}
		require.Equal(t, 1, driven(), "a worker has a trial of the external one")
		_, err = c.Tell(t.Context(), outside.name(), trial.Trials[0].Number, succeeded(0.5))
		require.NoError(t, err)
		time.Sleep(time.Hour)
		require.Zero(t, driven())
		quiet := f.get(outside.name()).Status.Events
		time.Sleep(time.Hour)
		require.Equal(t, quiet, f.get(outside.name()).Status.Events, "and nothing is written")

		for range 2 {
			reply, err := c.Ask(t.Context(), outside.name(), hone.AskRequest{Client: "w"})
			require.NoError(t, err)
			require.Len(t, reply.Trials, 1)
			_, err = c.Tell(t.Context(), outside.name(), reply.Trials[0].Number, succeeded(0.5))
			require.NoError(t, err)
			time.Sleep(time.Hour)
		}
		f.check(outside)
		_, err = c.ResumeExperiment(t.Context(), paused.name())
		require.NoError(t, err)
		require.NoError(t, c.Wait(t.Context()))
		f.check(paused)
	})
}

// dawdling is a store that lets others go first.
type dawdling struct{ hone.Store }

func (d dawdling) Trials(ctx context.Context, uid string, f hone.TrialFilter) ([]hone.Trial, error) {
	for range 100 {
		runtime.Gosched()
	}
	return d.Store.Trials(ctx, uid, f)
}

// However many load an experiment at once, it is in memory once: all of them see what one of them does.
func TestAnExperimentIsLoadedOnce(t *testing.T) {
	d := file{Namespace: "a", Name: "d", Trials: 2, Parallelism: 1}
	f := ended(t, []file{d})
	points := []hone.ImportedTrial{{Parameters: map[string]hone.Value{"lr": hone.Number(0.5)}, Metrics: map[string]hone.Float{"accuracy": 0.5}}}
	for range 20 {
		c := f.controller(dawdling{f.store})
		newest := f.get(d.name()).Status.Events
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				events, err := c.Events(t.Context(), d.name(), newest, true)
				if err != nil || len(events) != 1 {
					t.Errorf("%d events, %v", len(events), err)
				}
			})
		}
		for loaded(t, c) == 0 {
			runtime.Gosched()
		}
		_, err := c.Import(t.Context(), d.name(), points)
		require.NoError(t, err)
		wg.Wait()
		c.Close()
	}
	require.Equal(t, 20, f.get(d.name()).Status.Imported)
}
