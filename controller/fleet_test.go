package controller_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/controller"
)

// squad is n experiments of a namespace.
func squad(namespace string, n, trials, parallelism int) (out []file) {
	for i := range n {
		out = append(out, file{Namespace: namespace, Name: fmt.Sprintf("%s-%d", namespace, i), Trials: trials, Parallelism: parallelism})
	}
	return out
}

func TestManyExperimentsShareFewPlaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, controller.Limits{Trials: 8, PerNamespace: 5})
		c := f.controller(f.store)
		defer c.Close()
		all := append(squad("a", 12, 10, 4), squad("b", 6, 10, 2)...)
		all = append(all, file{Namespace: "c", Name: "greedy", Trials: 60, Parallelism: 50})
		f.create(c, all...)
		require.NoError(t, c.Wait(t.Context()))
		for _, d := range all {
			f.check(d)
		}
		require.Equal(t, 8, f.most, "all places were used")
		s, err := c.Statistics(t.Context())
		require.NoError(t, err)
		require.Zero(t, s.Places.Used)
		require.Zero(t, s.Places.Waiting)
		require.Equal(t, len(all), s.Experiments[hone.ExperimentSucceeded])
		require.Equal(t, 12*10+6*10+60, s.Trials.Ended())
		require.Empty(t, s.Places.Namespaces)
	})
}

// TestNoPlaceIsLostWhenAServiceCrashes kills the service after a random number of writes, again and again,
// while the programs go on.
func TestNoPlaceIsLostWhenAServiceCrashes(t *testing.T) {
	for seed := range uint64(10) {
		synctest.Test(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 2))
			f := newFleet(t, controller.Limits{Trials: 5, PerNamespace: 3})
			all := append(squad("a", 4, 8, 3), squad("b", 4, 8, 1)...)
			created := 0
			for range 8 {
				var left atomic.Int64
				left.Store(int64(rng.IntN(60)))
				c := f.controller(mortal{Store: f.store, left: &left})
				_ = c.Resume(t.Context()) // it may die of it
				for ; created < len(all) && rng.IntN(3) > 0; created++ {
					_, _ = c.CreateExperiment(t.Context(), all[created].document(t)) // so that it is Created, or Running
				}
				time.Sleep(time.Duration(rng.IntN(4000)) * time.Millisecond)
				left.Store(0)
				c.Close()
			}
			c := f.controller(f.store)
			defer c.Close()
			require.NoError(t, c.Resume(t.Context()))
			f.create(c, all[created:]...)
			require.NoError(t, c.Wait(t.Context()))
			for _, d := range all {
				f.check(d)
			}
		})
	}
}

// held samples how many places each experiment has, over some time.
func (f *fleet) held(all []file, d time.Duration) map[string]float64 {
	const every = 250 * time.Millisecond
	mean := map[string]float64{}
	for i := time.Duration(0); i < d; i += every {
		time.Sleep(every)
		for _, x := range all {
			mean[x.Name] += float64(f.get(x.name()).Status.Counts.Running) * float64(every) / float64(d)
		}
	}
	return mean
}

func TestAGreedyExperimentLeavesPlacesToTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, controller.Limits{Trials: 10})
		c := f.controller(f.store)
		defer c.Close()
		greedy := file{Namespace: "a", Name: "greedy", Trials: 100_000, Parallelism: 200}
		f.create(c, greedy)
		time.Sleep(5 * time.Second)
		require.Equal(t, 10, f.get(greedy.name()).Status.Counts.Running, "nobody else wants them")

		small := squad("a", 4, 100_000, 4)
		f.create(c, small...)
		time.Sleep(5 * time.Second)
		all := append(small, greedy)
		for name, mean := range f.held(all, time.Minute) {
			require.InDelta(t, 2, mean, 0.35, "%s has its share of the 10 places", name)
		}
		var told int
		for _, d := range all {
			events, err := c.Events(t.Context(), d.name(), 0, false)
			require.NoError(t, err)
			for _, ev := range events {
				if ev.Reason == controller.WaitingForPlaces {
					told++
					require.Contains(t, ev.Message, "no more than 10 at once")
				}
			}
		}
		require.Positive(t, told, "whoever has to wait for the first place is told why")
		require.LessOrEqual(t, told, len(all))
	})
}

func TestNamespacesShareBeforeExperimentsDo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, controller.Limits{Trials: 6})
		c := f.controller(f.store)
		defer c.Close()
		crowd := squad("crowd", 12, 100_000, 3)
		f.create(c, crowd...)
		time.Sleep(3 * time.Second)
		alone := file{Namespace: "alone", Name: "alone", Trials: 100_000, Parallelism: 20}
		f.create(c, alone)
		time.Sleep(5 * time.Second)
		mean := f.held(append(crowd, alone), time.Minute)
		require.InDelta(t, 3, mean["alone"], 0.4)
		for _, d := range crowd {
			require.InDelta(t, 0.25, mean[d.Name], 0.1, d.Name)
		}
	})
}

// With a single place, the turns go round, whatever the programs take: none waits for longer than all others
// need for one trial each.
func TestTheOnlyPlaceGoesRound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, controller.Limits{Trials: 1})
		f.length = func(l hone.Launch) time.Duration {
			if l.Experiment.Name == "a-0" {
				return 30 * time.Second
			}
			return time.Second
		}
		c := f.controller(f.store)
		defer c.Close()
		all := squad("a", 5, 1000, 5)
		f.create(c, all...)
		time.Sleep(time.Minute) // the first turns come as the experiments do
		for range 20 {
			before := f.starts()
			time.Sleep(80 * time.Second) // two rounds, and a little
			after := f.starts()
			for _, d := range all {
				n := after["a/"+d.Name] - before["a/"+d.Name]
				require.GreaterOrEqual(t, n, 2, d.Name)
				require.LessOrEqual(t, n, 3, d.Name)
			}
		}
	})
}

// A slow algorithm does not keep the places that its experiment cannot use yet.
func TestPlacesAreNotHeldWhileAnAlgorithmThinks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, controller.Limits{Trials: 1})
		f.length = func(hone.Launch) time.Duration { return time.Second }
		c := f.controller(f.store)
		defer c.Close()
		c.Suggester = thinker{think: func(ctx context.Context, r hone.Request) error {
			if r.Budget != 1000 {
				return nil
			}
			select {
			case <-time.After(20 * time.Second):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}}
		slow, quick := file{Namespace: "a", Name: "slow", Trials: 1000, Parallelism: 1}, file{Namespace: "a", Name: "quick", Trials: 5000, Parallelism: 1}
		f.create(c, slow, quick)
		time.Sleep(10 * time.Minute)
		require.Greater(t, f.get(quick.name()).Status.Counts.Ended(), 500, "it has the place while the other one thinks")
		require.InDelta(t, 27, f.get(slow.name()).Status.Counts.Ended(), 3, "which has it when it has thought")
	})
}

func TestDeletingAndStoppingGivePlacesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, controller.Limits{Trials: 2})
		f.length = func(hone.Launch) time.Duration { return time.Hour }
		c := f.controller(f.store)
		defer c.Close()
		all := squad("a", 4, 10, 2)
		for _, d := range all {
			f.create(c, d)
			time.Sleep(time.Second)
		}
		require.Equal(t, 2, f.get(all[0].name()).Status.Counts.Running)
		require.NoError(t, c.DeleteExperiment(t.Context(), all[0].name()))
		time.Sleep(time.Second)
		require.Equal(t, 1, f.get(all[1].name()).Status.Counts.Running)
		_, err := c.StopExperiment(t.Context(), all[1].name(), false)
		require.NoError(t, err)
		_, err = c.PauseExperiment(t.Context(), all[2].name())
		require.NoError(t, err)
		_, err = c.StopTrial(t.Context(), all[2].name(), 1)
		require.NoError(t, err)
		time.Sleep(time.Second)
		require.Equal(t, 2, f.get(all[3].name()).Status.Counts.Running)
		s, err := c.Statistics(t.Context())
		require.NoError(t, err)
		require.Equal(t, 2, s.Places.Used)
		require.Zero(t, s.Places.Waiting)
		require.Equal(t, map[string]hone.NamespacePlaces{"a": {Used: 2}}, s.Places.Namespaces)
		require.EqualValues(t, 1, s.Ends[hone.TrialEnd{State: hone.TrialStopped, Reason: hone.Cancelled}])
	})
}

// refusing is a runner that starts nothing of one experiment.
type refusing struct {
	*fleet
	name string
}

func (r refusing) Start(ctx context.Context, l hone.Launch) (hone.Emission, error) {
	if l.Experiment.Name == r.name {
		return hone.Emission{}, hone.Errorf(hone.ResourceExhausted, "no more processes")
	}
	return r.fleet.Start(ctx, l)
}

func TestAnExperimentWhoseTrialsCannotBeStartedKeepsNoPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, controller.Limits{Trials: 1})
		c := f.controller(f.store)
		defer c.Close()
		c.Runner = refusing{fleet: f, name: "bad"}
		f.length = func(hone.Launch) time.Duration { return time.Second }
		bad, good := file{Namespace: "a", Name: "bad", Trials: 5, Parallelism: 3}, file{Namespace: "a", Name: "good", Trials: 50, Parallelism: 1}
		f.create(c, bad)
		time.Sleep(time.Minute)
		f.create(c, good)
		time.Sleep(100 * time.Millisecond)
		require.Equal(t, 1, f.get(good.name()).Status.Counts.Running, "it need not wait until the other one tries again")
		time.Sleep(2 * time.Minute)
		f.check(good)
		require.Zero(t, f.get(bad.name()).Status.Counts.Ended())
	})
}

// A trial that a service has left running takes its place from the start of the next one on, before
// anybody has adopted it.
func TestTrialsThatAreNotAdoptedYetHaveTheirPlaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, controller.Limits{Trials: 2})
		f.length = func(hone.Launch) time.Duration { return time.Minute }
		c := f.controller(f.store)
		f.create(c, squad("a", 1, 4, 2)...)
		time.Sleep(time.Second)
		c.Close()
		c = f.controller(f.store)
		defer c.Close()
		f.create(c, squad("b", 1, 4, 2)...)
		time.Sleep(time.Second)
		s, err := c.Statistics(t.Context())
		require.NoError(t, err)
		require.Equal(t, 2, s.Places.Used)
		require.Equal(t, hone.NamespacePlaces{Waiting: 2}, s.Places.Namespaces["b"])
		require.NoError(t, c.Resume(t.Context()))
		require.NoError(t, c.Wait(t.Context()))
		f.check(squad("a", 1, 4, 2)[0])
		f.check(squad("b", 1, 4, 2)[0])
	})
}
