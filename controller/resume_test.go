package controller_test

import (
	"context"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/controller"
	"github.com/hone-tuner/hone/storage/bolt"
)

func TestAServiceGoesOnWithWhatItRan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, controller.Limits{Trials: 4})
		f.length = func(hone.Launch) time.Duration { return 10 * time.Second }
		running, paused := squad("a", 3, 12, 2), file{Namespace: "a", Name: "paused", Trials: 8, Parallelism: 1}
		outside := file{Namespace: "a", Name: "outside", Trials: 2, External: true}
		c := f.controller(f.store)
		f.create(c, paused)
		time.Sleep(time.Second)
		_, err := c.PauseExperiment(t.Context(), paused.name())
		require.NoError(t, err)
		f.create(c, running...)
		f.create(c, outside)
		time.Sleep(15 * time.Second)
		reply, err := c.Ask(t.Context(), outside.name(), hone.AskRequest{Client: "w"})
		require.NoError(t, err)
		require.Len(t, reply.Trials, 1)
		e := f.get(paused.name())
		require.Equal(t, 1, e.Status.Counts.Ended(), "a running trial of a paused experiment goes on")
		c.Close()
		before, alive := f.starts(), f.alive[""]
		require.Equal(t, 4, alive, "a service that leaves does not kill its trials")

		c = f.controller(f.store)
		defer c.Close()
		require.NoError(t, c.Resume(t.Context()))
		time.Sleep(time.Second)
		require.Equal(t, before, f.starts(), "they are adopted, and no others are started beside them")
		again, err := c.Ask(t.Context(), outside.name(), hone.AskRequest{Client: "w"})
		require.NoError(t, err)
		require.Equal(t, reply.Trials[0].Parameters, again.Trials[0].Parameters)
		require.Equal(t, hone.ExperimentPaused, f.get(paused.name()).Status.State)

		require.NoError(t, c.Wait(t.Context()))
		for _, d := range running {
			f.check(d)
		}
		require.Equal(t, hone.ExperimentPaused, f.get(paused.name()).Status.State)
		_, err = c.ResumeExperiment(t.Context(), paused.name())
		require.NoError(t, err)
		require.NoError(t, c.Wait(t.Context()))
		f.check(paused)
	})
}

func TestRunningTrialsOfPausedAndOfEndedExperimentsAreAdopted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, controller.Limits{})
		f.length = func(hone.Launch) time.Duration { return time.Hour }
		paused, draining := file{Namespace: "a", Name: "paused", Trials: 5, Parallelism: 2}, file{Namespace: "a", Name: "draining", Trials: 5, Parallelism: 2}
		c := f.controller(f.store)
		f.create(c, paused, draining)
		time.Sleep(time.Second)
		_, err := c.PauseExperiment(t.Context(), paused.name())
		require.NoError(t, err)
		_, err = c.StopExperiment(t.Context(), draining.name(), true)
		require.NoError(t, err)
		c.Close()

		c = f.controller(f.store)
		defer c.Close()
		require.NoError(t, c.Resume(t.Context()))
		require.NoError(t, c.Wait(t.Context()))
		e := f.get(paused.name())
		require.Equal(t, hone.ExperimentPaused, e.Status.State)
		require.Equal(t, 2, e.Status.Counts.Ended(), "their ends are recorded")
		require.Equal(t, hone.ExperimentStopped, f.get(draining.name()).Status.State)
	})
}

func TestOneThatCannotBeResumedKeepsNoOtherFromIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, controller.Limits{})
		broken, fine := file{Namespace: "a", Name: "broken", Trials: 5, Parallelism: 1, Broken: true}, file{Namespace: "a", Name: "fine", Trials: 5, Parallelism: 1}
		c := f.controller(f.store)
		_, err := c.CreateExperiment(t.Context(), broken.document(t))
		require.Error(t, err)
		require.Equal(t, hone.ExperimentCreated, f.get(broken.name()).Status.State)
		f.create(c, fine)
		c.Close()
		for range 2 {
			c = f.controller(f.store)
			require.NoError(t, c.Resume(t.Context()))
			require.NoError(t, c.Wait(t.Context()))
			c.Close()
		}
		f.check(fine)
		events, err := f.store.Events(t.Context(), f.get(broken.name()).UID, 0, 100)
		require.NoError(t, err)
		var notes []hone.Event
		for _, ev := range events {
			if ev.Reason == controller.NotResumed {
				notes = append(notes, ev)
			}
		}
		require.Len(t, notes, 1, "the same is said once")
		require.Contains(t, notes[0].Message, "no longer compiles")

		c = f.controller(f.store)
		defer c.Close()
		require.NoError(t, c.DeleteExperiment(t.Context(), broken.name()), "it can be got rid of")
		_, err = c.GetExperiment(t.Context(), broken.name())
		require.ErrorIs(t, err, hone.NotFound)
	})
}

// A service whose algorithm is gone says so in the events, and runs the others.
func TestAnExperimentThatIsGivenUpSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, controller.Limits{Trials: 1})
		c := f.controller(f.store)
		defer c.Close()
		gone := true
		c.Suggester = thinker{think: func(_ context.Context, r hone.Request) error {
			if r.Budget == 7 && gone {
				return hone.Errorf(hone.NotFound, "there is no algorithm %q", "old")
			}
			return nil
		}}
		without, with := file{Namespace: "a", Name: "without", Trials: 7, Parallelism: 1}, file{Namespace: "a", Name: "with", Trials: 5, Parallelism: 1}
		f.create(c, without, with)
		time.Sleep(time.Minute)
		f.check(with)
		e := f.get(without.name())
		require.Equal(t, hone.ExperimentRunning, e.Status.State)
		events, err := c.Events(t.Context(), without.name(), e.Status.Events-1, false)
		require.NoError(t, err)
		require.Equal(t, controller.GivenUp, events[0].Reason)
		require.Contains(t, events[0].Message, "there is no algorithm")

		gone = false
		_, err = c.PauseExperiment(t.Context(), without.name())
		require.NoError(t, err)
		_, err = c.ResumeExperiment(t.Context(), without.name())
		require.NoError(t, err)
		require.NoError(t, c.Wait(t.Context()), "what was noted is no failure of the service")
		f.check(without)
	})
}

// away is a runner that cannot reach its supervisor until some time.
type away struct {
	*fleet
	until time.Time
}

func (a away) Start(ctx context.Context, l hone.Launch) (hone.Emission, error) {
	if time.Now().Before(a.until) {
		return hone.Emission{}, hone.Errorf(hone.Unavailable, "the supervisor does not answer")
	}
	return a.fleet.Start(ctx, l)
}

func TestAServiceTriesAgainForAsLongAsItTakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, controller.Limits{Trials: 2})
		c := f.controller(f.store)
		defer c.Close()
		c.Runner = away{fleet: f, until: time.Now().Add(time.Hour)}
		all := squad("a", 3, 6, 2)
		f.create(c, all...)
		require.NoError(t, c.Wait(t.Context()))
		for _, d := range all {
			f.check(d)
		}
	})
}

func TestAServiceRunsAnExperimentAgainThatIsReopened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, controller.Limits{})
		d := file{Namespace: "a", Name: "d", Trials: 3, Parallelism: 1}
		c := f.controller(f.store)
		defer c.Close()
		f.create(c, d)
		require.NoError(t, c.Wait(t.Context()))
		e := f.get(d.name())
		require.Equal(t, "/srv", e.Directory)
		failed, err := f.store.Trials(t.Context(), e.UID, hone.TrialFilter{States: []hone.TrialState{hone.TrialFailed, hone.TrialStopped}})
		require.NoError(t, err)
		require.Empty(t, failed)
		d.Trials = 5
		reply, err := c.RunExperiment(t.Context(), hone.RunRequest{Document: d.document(t), Directory: "/elsewhere", Environment: []string{"B=2"}})
		require.NoError(t, err)
		require.False(t, reply.Created)
		require.NoError(t, c.Wait(t.Context()))
		f.check(d)
	})
}

// What was acknowledged before a service leaves is on the disk, and what it left running is adopted.
func TestClosingLosesNothing(t *testing.T) {
	f := newFleet(t, controller.Limits{Trials: 6})
	path := filepath.Join(t.TempDir(), "hone.db")
	all := append(squad("a", 5, 30, 3), file{Namespace: "b", Name: "outside", Trials: 1000, External: true})
	told := map[int]hone.Float{}
	for round := 0; ; round++ {
		store, err := bolt.Open(path, bolt.Options{})
		require.NoError(t, err)
		f.store = store
		f.length = func(l hone.Launch) time.Duration { return time.Duration(l.Trial.Number%5) * time.Millisecond }
		c := f.controller(store)
		require.NoError(t, c.Resume(t.Context()))
		if round == 0 {
			f.create(c, all...)
		}
		outside := all[len(all)-1].name()
		for number, value := range told {
			trial, err := c.GetTrial(t.Context(), outside, number)
			require.NoError(t, err)
			require.Equal(t, value, *trial.Value)
		}
		left := make(chan struct{})
		go func() { // a worker, until the service leaves
			defer close(left)
			for i := range 1000 {
				reply, err := c.Ask(t.Context(), outside, hone.AskRequest{Client: "w"})
				if err != nil || len(reply.Trials) == 0 {
					return
				}
				value, number := hone.Float(i), reply.Trials[0].Number
				if _, err := c.Tell(t.Context(), outside, number, hone.TellRequest{State: hone.TrialSucceeded,
					Metrics: map[string]hone.Float{"accuracy": value}}); err != nil {
					return
				}
				told[number] = value
			}
		}()
		busy := round < 8 && c.Busy()
		if busy { // leave in the middle of it, after a little has happened
			over := make(chan struct{})
			go func() {
				defer close(over)
				_ = c.Wait(t.Context()) // or it ends before that
			}()
			select {
			case <-f.reaches((round + 1) * 15):
			case <-over:
			}
		} else {
			require.NoError(t, c.Wait(t.Context()))
		}
		c.Close()
		<-left
		if !busy {
			for _, d := range all[:5] {
				f.check(d)
			}
			require.NotEmpty(t, told)
			require.NoError(t, store.Close())
			return
		}
		require.NoError(t, store.Close())
	}
}
