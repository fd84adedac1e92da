package controller_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/controller"
)

// pool is a simulated fleet of workers that ask and tell, that vanish and come back, whose answers get lost,
// and who say everything twice. It outlives the controllers that it talks to.
type pool struct {
	*world
	rng   *rand.Rand
	lease hone.Duration

	mu      sync.Mutex
	service *controller.Controller
	told    map[int]float64 // what was acknowledged of each trial
}

func (p *pool) now() *controller.Controller {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.service
}

func (p *pool) replace(c *controller.Controller) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.service = c
}

// chance is drawn under the lock: workers take turns with the randomness.
func (p *pool) chance(n int) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.rng.IntN(n)
}

// worker asks and tells until there is nothing more to ask for. It forgets what it does from time to time.
func (p *pool) worker(t *testing.T, client string) {
	for {
		reply, err := p.ask(t, client)
		switch {
		case err != nil:
			time.Sleep(time.Second) // the service is away
			continue
		case len(reply.Trials) == 0 && reply.State.Ended():
			return
		case len(reply.Trials) == 0:
			time.Sleep(max(time.Second, time.Duration(reply.RetryAfter)))
			continue
		}
		for _, trial := range reply.Trials {
			p.run(t, client, trial)
		}
	}
}

// ask asks, perhaps with little patience, perhaps twice.
func (p *pool) ask(t *testing.T, client string) (reply hone.AskReply, err error) {
	r := hone.AskRequest{Client: client, Count: 1 + p.chance(2), Lease: p.lease}
	for range 1 + p.chance(2) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(1+p.chance(500))*10*time.Millisecond)
		reply, err = p.now().Ask(ctx, name, r)
		cancel()
	}
	return reply, err
}

// run is a trial on its worker: it measures, and then it tells, unless it vanishes before.
func (p *pool) run(t *testing.T, client string, trial hone.Trial) {
	require.Equal(t, client, trial.Client)
	value := float64(trial.Number) + float64(trial.Attempt)/100
	for step := range p.chance(3) {
		time.Sleep(time.Duration(p.chance(3000)) * time.Millisecond)
		b := hone.Batch{Number: trial.Number, Attempt: trial.Attempt, Sequence: int64(step + 1),
			Measurements: []hone.Measurement{{Metric: "accuracy", Value: 0}}}
		stop, err := p.now().Measure(t.Context(), name, b)
		if stop || errors.Is(err, hone.Conflict) {
			return
		}
	}
	if p.chance(6) == 0 { // it vanishes, and somebody begins in its place who does not know
		time.Sleep(time.Duration(p.chance(20)) * time.Second)
		return
	}
	for tries := 1 + p.chance(3); tries > 0; {
		got, err := p.now().Tell(t.Context(), name, trial.Number, hone.TellRequest{Attempt: trial.Attempt,
			State: hone.TrialSucceeded, Metrics: map[string]hone.Float{"accuracy": hone.Float(value)}})
		switch {
		case errors.Is(err, hone.Conflict):
			return // it was given to somebody else, or the experiment has ended
		case err != nil:
			time.Sleep(time.Second)
			continue
		}
		tries--
		require.EqualValues(t, value, *got.Value)
		p.mu.Lock()
		if before, again := p.told[trial.Number]; again {
			require.Equal(t, before, value, "a trial is told once")
		}
		p.told[trial.Number] = value
		p.mu.Unlock()
	}
}

// TestWorkersAndServicesComeAndGo lets a fleet work on an experiment while the service is killed after a random
// number of writes, again and again.
func TestWorkersAndServicesComeAndGo(t *testing.T) {
	for seed := range uint64(25) {
		synctest.Test(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 2))
			lease, parallelism := hone.Duration(5*time.Second), rng.IntN(7)
			d := external(func(s *hone.Spec) { s.Parallelism, s.Budget.Trials = parallelism, 60 })
			p := &pool{world: newWorld(t, 0), rng: rng, lease: lease, told: map[int]float64{}}
			var left atomic.Int64
			next := func() *controller.Controller {
				left.Store(int64(rng.IntN(80)))
				return p.controller(mortal{Store: p.store, left: &left}, d)
			}
			c := p.controller(p.store, d)
			_, err := c.CreateExperiment(t.Context(), nil)
			require.NoError(t, err)
			p.replace(c)
			var workers sync.WaitGroup
			for i := range 6 {
				workers.Go(func() { p.worker(t, fmt.Sprint("w", i)) })
			}
			for range 8 {
				time.Sleep(time.Duration(p.chance(15000)) * time.Millisecond)
				p.mu.Lock()
				old := p.service
				p.service = next()
				p.mu.Unlock()
				old.Close()
			}
			time.Sleep(time.Second)
			p.now().Close()
			p.replace(p.controller(p.store, d))
			require.NoError(t, p.now().Resume(t.Context()))
			workers.Wait()
			e, err := p.now().GetExperiment(t.Context(), name)
			require.NoError(t, err)
			p.now().Close()
			p.checkPool(t, e)
		})
	}
}

// checkPool verifies that every trial was told once, as it was told, and that no limit was broken at any time.
func (p *pool) checkPool(t *testing.T, e hone.Experiment) {
	require.Equal(t, hone.BudgetSpent, e.Status.Reason)
	require.Equal(t, e.Spec.Budget.Trials, e.Status.Created)
	trials, err := p.store.Trials(context.Background(), e.UID, hone.TrialFilter{})
	require.NoError(t, err)
	for _, trial := range trials {
		require.True(t, trial.State.Ended())
		if trial.State == hone.TrialFailed {
			require.Equal(t, hone.Lost, trial.Reason)
			continue
		}
		require.Equal(t, hone.TrialSucceeded, trial.State)
		require.EqualValues(t, p.told[trial.Number], *trial.Value, "%s", trial.Name())
	}
	events, err := p.store.Events(context.Background(), e.UID, 0, 1_000_000)
	require.NoError(t, err)
	running, ends := 0, map[int]int{}
	for _, ev := range events {
		switch ev.Type {
		case hone.EventTrialStarted:
			running++
			require.NotEmpty(t, ev.Client)
		case hone.EventTrialRequeued:
			running--
			require.Equal(t, hone.Lost, ev.Reason)
		case hone.EventTrialEnded:
			running--
			ends[ev.Trial]++
		}
		require.True(t, e.Spec.Parallelism == 0 || running <= e.Spec.Parallelism)
	}
	for number, n := range ends {
		require.Equal(t, 1, n, "trial %d", number)
	}
	p.checkTold(t, e)
}
