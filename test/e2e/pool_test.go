package e2e

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/client"
)

// A worker of the pool is this program again, with the address of the service and its name in its environment.
const (
	poolVariable   = "HONE_E2E_POOL"
	workerVariable = "HONE_E2E_WORKER"
)

var pooled = hone.Name{Namespace: "default", Name: "pooled"}

// workInPool asks, measures and tells until the experiment has ended, like a program in any language would: a trial
// that it lost is left alone.
func workInPool(url, name string) error {
	ctx := context.Background()
	c := client.New(client.Options{BaseURL: url})
	for {
		reply, err := c.Ask(ctx, pooled, hone.AskRequest{Client: name, Lease: hone.Duration(hone.ShortestLease)})
		switch {
		case err != nil:
			return err
		case reply.State.Ended():
			return nil
		case len(reply.Trials) == 0:
			time.Sleep(min(time.Duration(reply.RetryAfter), 100*time.Millisecond))
		}
		for _, t := range reply.Trials {
			if err := workOn(ctx, c, t); err != nil && hone.KindOf(err) != hone.Conflict {
				return err
			}
		}
	}
}

func workOn(ctx context.Context, c *client.Client, t hone.Trial) error {
	for step := range int64(3) {
		time.Sleep(time.Duration(rand.IntN(10)) * time.Millisecond) //nolint:gosec // the work
		_, err := c.Measure(ctx, pooled, hone.Batch{Number: t.Number, Attempt: t.Attempt, Sequence: step + 1,
			Measurements: []hone.Measurement{{Metric: "loss", Value: hone.Float(t.Number), Step: &step}}})
		if err != nil {
			return err
		}
	}
	_, err := c.Tell(ctx, pooled, t.Number, hone.TellRequest{Attempt: t.Attempt, State: hone.TrialSucceeded})
	return err
}

// pool keeps workers alive that somebody kills.
type pool struct {
	url     string
	workers []*exec.Cmd
	all     sync.WaitGroup
	born    int
}

// spawn begins a worker in a place, under a name that it may have had before.
func (p *pool) spawn(t *testing.T, place int, name string) {
	cmd := exec.Command(os.Args[0]) //nolint:gosec // this program
	cmd.Env = append(os.Environ(), poolVariable+"="+p.url, workerVariable+"="+name)
	cmd.Stderr = io.Discard
	require.NoError(t, cmd.Start())
	p.workers[place] = cmd
	p.born++
	p.all.Go(func() { _ = cmd.Wait() })
}

// replace kills a worker and puts another one in its place: half of them under the same name.
func (p *pool) replace(t *testing.T) {
	place := rand.IntN(len(p.workers)) //nolint:gosec // any will do
	name := fmt.Sprint("worker-", place)
	if rand.IntN(2) == 0 { //nolint:gosec // either will do
		name = fmt.Sprint("worker-", place, "-", p.born)
	}
	_ = p.workers[place].Process.Signal(syscall.SIGKILL) // it may have ended
	p.spawn(t, place, name)
}

// TestAPoolOfWorkersThatAreKilled lets fifty processes work on the trials of an experiment while one after the other is
// killed with SIGKILL and another one comes in its place: every trial ends once and well, and none is lost.
func TestAPoolOfWorkersThatAreKilled(t *testing.T) {
	const workers, trials = 50, 400
	s := newHome(t, "").serve()
	c := client.New(client.Options{BaseURL: s.url})
	_, err := c.CreateExperiment(t.Context(), fmt.Appendf(nil, `{"apiVersion": "hone.dev/v1beta1", "kind": "Experiment", "metadata": {"name": "pooled"}, "spec": {
		"objective": {"metric": "loss", "goal": "minimize"}, "parameters": [{"name": "lr", "type": "double", "min": 0, "max": 1}],
		"budget": {"trials": %d}, "algorithm": {"name": "random", "seed": 1}}}`, trials))
	require.NoError(t, err)
	p := &pool{url: s.url, workers: make([]*exec.Cmd, workers)}
	for i := range workers {
		p.spawn(t, i, fmt.Sprint("worker-", i))
	}
	kills := 0
	eventually(t, "the experiment has ended", func() bool {
		p.replace(t)
		kills++
		e, err := c.GetExperiment(t.Context(), pooled)
		require.NoError(t, err)
		return e.Status.State.Ended()
	})
	for _, cmd := range p.workers {
		_ = cmd.Process.Kill()
	}
	p.all.Wait()
	e, err := c.GetExperiment(t.Context(), pooled)
	require.NoError(t, err)
	require.Equal(t, hone.Counts{Succeeded: trials}, e.Status.Counts)
	requireEndedOnce(t, c, trials, kills)
}

// requireEndedOnce looks at everything that has happened.
func requireEndedOnce(t *testing.T, c *client.Client, trials, kills int) {
	ends, lost := map[int]int{}, 0
	for after := int64(0); ; {
		events, err := c.Events(t.Context(), pooled, after, false)
		require.NoError(t, err)
		if len(events) == 0 {
			break
		}
		for _, ev := range events {
			switch ev.Type {
			case hone.EventTrialEnded:
				ends[ev.Trial]++
				require.EqualValues(t, ev.Trial, *ev.Value)
			case hone.EventTrialRequeued:
				lost++
			}
			after = ev.Sequence
		}
	}
	require.Len(t, ends, trials)
	for number, times := range ends {
		require.Equal(t, 1, times, "trial %d", number)
	}
	t.Logf("%d workers were killed, %d trials were lost and handed out again", kills, lost)
}
