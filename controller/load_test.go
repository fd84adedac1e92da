package controller_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/controller"
	"github.com/hone-tuner/hone/storage/bolt"
)

// load is how much a load test does.
type load struct {
	experiments, trials int // in all, and for each of them
	workers             int // of the external ones, which are every second
	command             []string
}

// size is what the host is asked to take: HONE_LOAD=full is what a service must bear.
func size() load {
	if os.Getenv("HONE_LOAD") == "full" {
		return load{experiments: 200, trials: 50, workers: 50}
	}
	return load{experiments: 30, trials: 12, workers: 8}
}

// files are the experiments of a load, spread over namespaces.
func (l load) files() (out []file) {
	for i := range l.experiments {
		out = append(out, file{Namespace: fmt.Sprintf("team-%d", i%7), Name: fmt.Sprintf("e-%d", i), Trials: l.trials,
			Parallelism: 1 + i%6, External: i%2 == 1, Command: l.command})
	}
	return out
}

// TestManyExperimentsAtOnce runs local and external experiments beside each other on a real store.
func TestManyExperimentsAtOnce(t *testing.T) {
	l := size()
	f := newFleet(t, controller.Limits{Trials: 24, PerNamespace: 10})
	f.length = func(l hone.Launch) time.Duration { return time.Duration(l.Trial.Number%7) * time.Millisecond }
	run(t, f, l)
}

// run bears a load to its end, and checks it.
func run(t testing.TB, f *fleet, l load) {
	store, err := bolt.Open(filepath.Join(t.TempDir(), "hone.db"), bolt.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, store.Close()) }()
	f.store = store
	c := f.controller(store)
	defer c.Close()
	all := l.files()
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := i; j < len(all); j += 8 {
				f.create(c, all[j])
			}
		})
	}
	wg.Wait()
	for i := range l.workers {
		wg.Go(func() { workEverywhere(t, c, fmt.Sprintf("worker-%d", i), all, uint64(i)) })
	}
	require.NoError(t, c.Wait(context.Background()))
	wg.Wait()
	for _, d := range all {
		f.check(d)
	}
	s, err := c.Statistics(context.Background())
	require.NoError(t, err)
	require.Equal(t, l.experiments*l.trials, s.Trials.Ended())
	require.Zero(t, s.Places.Used+s.Places.Waiting+s.Trials.Live())
}

// workEverywhere asks one external experiment after the other for trials, until all of them have ended. What a trial is
// told is a function of its number, so that one that is given twice shows.
func workEverywhere(t testing.TB, c *controller.Controller, client string, all []file, seed uint64) {
	rng := rand.New(rand.NewPCG(seed, 1))
	var open []hone.Name
	for _, d := range all {
		if d.External {
			open = append(open, d.name())
		}
	}
	for len(open) > 0 {
		i := rng.IntN(len(open))
		reply, err := c.Ask(context.Background(), open[i], hone.AskRequest{Client: client, Count: 1 + rng.IntN(3)})
		if err != nil {
			t.Errorf("asking: %v", err)
			return
		}
		for _, trial := range reply.Trials {
			value := hone.Float(trial.Number)
			told, err := c.Tell(context.Background(), open[i], trial.Number, hone.TellRequest{Attempt: trial.Attempt,
				State: hone.TrialSucceeded, Metrics: map[string]hone.Float{"accuracy": value}})
			if err != nil || *told.Value != value {
				t.Errorf("telling %s: %v", trial.Name(), err)
				return
			}
		}
		if reply.State.Ended() || reply.Reason == hone.BudgetSpent {
			open = append(open[:i], open[i+1:]...)
		}
	}
}

// BenchmarkService is a service with 200 experiments at once and 10,000 trials in all, half of them external
// with 50 workers. It tells how much memory that takes at most.
func BenchmarkService(b *testing.B) {
	for b.Loop() {
		f := newFleet(b, controller.Limits{Trials: 64, PerNamespace: 32})
		f.length = func(hone.Launch) time.Duration { return 0 }
		measure(b, f, load{experiments: 200, trials: 50, workers: 50})
	}
}

// BenchmarkServiceWithProcesses is the same, with processes for the trials that are not external.
func BenchmarkServiceWithProcesses(b *testing.B) {
	for b.Loop() {
		f := newFleet(b, controller.Limits{Trials: 16, PerNamespace: 8})
		f.real = newRealWorld(b)
		measure(b, f, load{experiments: 200, trials: 50, workers: 50, command: []string{"/bin/echo", "accuracy=0.5"}})
	}
}

func measure(b *testing.B, f *fleet, l load) {
	peak := watchMemory()
	began := time.Now()
	run(b, f, l)
	b.ReportMetric(float64(l.experiments*l.trials)/time.Since(began).Seconds(), "trials/s")
	heap, resident := peak()
	b.ReportMetric(heap, "peak-heap-MB")
	b.ReportMetric(resident, "peak-RSS-MB")
}

// watchMemory returns a function that tells the peaks since the call, in megabytes.
func watchMemory() func() (heap, resident float64) {
	debug.FreeOSMemory()
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // begins the peak of the resident memory anew
	done, highest := make(chan struct{}), make(chan uint64)
	go func() {
		var top uint64
		ticker := time.NewTicker(5 * time.Millisecond)
		defer ticker.Stop()
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			top = max(top, m.HeapInuse)
			select {
			case <-ticker.C:
			case <-done:
				highest <- top
				return
			}
		}
	}()
	return func() (heap, resident float64) {
		close(done)
		return float64(<-highest) / 1e6, peakRSS()
	}
}

// peakRSS is the most memory that this process has had resident, in megabytes; 0 where that is not known.
func peakRSS() float64 {
	file, err := os.Open("/proc/self/status")
	if errors.Is(err, os.ErrNotExist) {
		return 0
	}
	if err != nil {
		return -1
	}
	defer file.Close() //nolint:errcheck // only read
	for s := bufio.NewScanner(file); s.Scan(); {
		if fields := strings.Fields(s.Text()); len(fields) > 1 && fields[0] == "VmHWM:" {
			kb, _ := strconv.ParseFloat(fields[1], 64)
			return kb / 1e3
		}
	}
	return 0
}
