package controller_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/controller"
)

// pruning is a world in which something happens while old trials are being removed.
type pruning struct {
	*world
	meanwhile func()
}

func (p pruning) Forget(context.Context, string) error { return nil }

func (p pruning) Prune(context.Context, hone.Experiment, []hone.Trial, hone.Retention) error {
	p.meanwhile()
	return nil
}

func TestARunThatComesWhileTheLoopEndsIsNotLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, d := newWorld(t, 3), digits(func(s *hone.Spec) { s.Budget.Trials = 3 })
		more := digits(func(s *hone.Spec) { s.Budget.Trials = 6 })
		p := pruning{world: w}
		var c *controller.Controller
		asked := false
		p.meanwhile = func() {
			if asked {
				return
			}
			asked = true
			c.Decoder = more
			_, err := c.RunExperiment(t.Context(), hone.RunRequest{Retention: hone.Retention{Size: 1}})
			require.NoError(t, err)
		}
		c = w.controller(w.store, d)
		c.Runner = &p
		defer c.Close()
		_, err := c.RunExperiment(t.Context(), hone.RunRequest{Retention: hone.Retention{Size: 1}})
		require.NoError(t, err)
		require.NoError(t, c.Wait(t.Context()))
		e, err := c.GetExperiment(t.Context(), name)
		require.NoError(t, err)
		require.True(t, asked)
		require.Equal(t, 6, e.Status.Created)
		require.Equal(t, hone.BudgetSpent, e.Status.Reason)
		w.check(t, e)
	})
}

// blind is a runner that cannot reach its supervisor for a while.
type blind struct {
	*world
	left int
}

func (b *blind) Start(ctx context.Context, l hone.Launch) (hone.Emission, error) {
	if b.left > 0 {
		b.left--
		return hone.Emission{}, hone.Errorf(hone.Unavailable, "the supervisor does not answer")
	}
	return b.world.Start(ctx, l)
}

func TestATrialThatCannotBeReachedForAWhileIsAdopted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, d := newWorld(t, 1), digits(func(s *hone.Spec) { s.Parallelism, s.Budget.Trials = 1, 1 })
		c := w.controller(w.store, d)
		_, err := c.RunExperiment(t.Context(), hone.RunRequest{})
		require.NoError(t, err)
		synctest.Wait()
		c.Close()

		c = w.controller(w.store, d)
		c.Runner = &blind{world: w, left: 3}
		defer c.Close()
		_, err = c.RunExperiment(t.Context(), hone.RunRequest{})
		require.NoError(t, err)
		require.NoError(t, c.Wait(t.Context()))
		e, err := c.GetExperiment(t.Context(), name)
		require.NoError(t, err)
		trial, err := c.GetTrial(t.Context(), name, 1)
		require.NoError(t, err)
		require.Equal(t, 1, trial.Attempt, "it was running all the time")
		w.check(t, e)
	})
}

func TestTimeInWhichNobodyRanItIsNotCharged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, d := newWorld(t, 1), digits(func(s *hone.Spec) {
			s.Parallelism, s.Budget = 1, hone.Budget{Trials: 1000, Duration: hone.Duration(40 * time.Second), Failures: s.Budget.Failures}
		})
		var writes atomic.Int64
		writes.Store(1000)
		dead := w.controller(mortal{Store: w.store, left: &writes}, d)
		defer dead.Close()
		_, err := dead.RunExperiment(t.Context(), hone.RunRequest{})
		require.NoError(t, err)
		time.Sleep(4 * time.Second)
		writes.Store(0)
		time.Sleep(45 * time.Second)
		c := w.controller(w.store, d)
		defer c.Close()
		_, err = c.Enqueue(t.Context(), name, map[string]hone.Value{"lr": hone.Number(0.5)})
		require.NoError(t, err)
		e, err := c.GetExperiment(t.Context(), name)
		require.NoError(t, err)
		require.LessOrEqual(t, time.Duration(e.Status.Active), 5*time.Second)
	})
}
