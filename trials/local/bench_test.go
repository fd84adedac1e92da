package local_test

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/trials/local"
)

// BenchmarkThroughput runs a program that prints one line, 2,000 times, two at a time: by the runner, and in
// the same run by xargs, which starts it and does nothing else. The ratio is what the runner reaches of that.
func BenchmarkThroughput(b *testing.B) {
	for _, where := range []struct{ name, dir string }{{"memory", "/dev/shm"}, {"disk", ""}} {
		b.Run(where.name, func(b *testing.B) {
			if _, err := os.Stat(where.dir); where.dir != "" && err != nil {
				b.Skip("there is no file system in memory here")
			}
			dir, err := os.MkdirTemp(where.dir, "hone-bench-")
			require.NoError(b, err)
			b.Cleanup(func() { _ = os.RemoveAll(dir) })
			benchmarkThroughput(b, dir)
		})
	}
}

func benchmarkThroughput(b *testing.B, dir string) {
	const runs = 2000
	r := open(b, dir)
	var ours, theirs time.Duration
	var own, supervisor time.Duration // processor time
	round := 0
	for b.Loop() {
		e := hone.Experiment{UID: fmt.Sprint("bench-", round), Name: "bench", Directory: "/",
			Spec: hone.Spec{Trial: &hone.TrialTemplate{Command: []string{"sh", "-c", "echo accuracy=0.5"}}}.WithDefaults()}
		round++
		theirs += xargs(b, runs)
		own -= cpuOf(b, os.Getpid())
		supervisor -= cpuOf(b, supervisorOf(dir))
		ours += runAll(b, r, e, runs)
		own += cpuOf(b, os.Getpid())
		supervisor += cpuOf(b, supervisorOf(dir))
	}
	each := float64(round * runs)
	b.ReportMetric(each/ours.Seconds(), "trials/s")
	b.ReportMetric(each/theirs.Seconds(), "xargs/s")
	b.ReportMetric(theirs.Seconds()/ours.Seconds(), "ratio")
	b.ReportMetric(float64(own.Microseconds())/each, "runner-cpu-us")
	b.ReportMetric(float64(supervisor.Microseconds())/each, "supervisor-cpu-us")
	b.ReportMetric(0, "ns/op")
}

// cpuOf is the processor time of a process, without its children's; 0 where that cannot be told.
func cpuOf(b *testing.B, pid int) time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	var ticks time.Duration
	for _, field := range strings.Fields(rest)[11:13] {
		n, err := strconv.Atoi(field)
		require.NoError(b, err)
		ticks += time.Duration(n)
	}
	return ticks * 10 * time.Millisecond
}

func runAll(b *testing.B, r *local.Runner, e hone.Experiment, runs int) time.Duration {
	begin := time.Now()
	var next atomic.Int32
	var wg sync.WaitGroup
	env := os.Environ()
	for range 2 {
		wg.Go(func() {
			for n := int(next.Add(1)); n <= runs; n = int(next.Add(1)) {
				l := hone.Launch{Experiment: e, Trial: hone.Trial{Experiment: e.Name, Number: n, Attempt: 1}, Environment: env}
				if _, err := r.Start(b.Context(), l); err != nil {
					b.Error(err)
					return
				}
				if exit, err := r.Wait(b.Context(), l.ID()); err != nil || exit.Reason != "" {
					b.Error(exit, err)
					return
				}
			}
		})
	}
	wg.Wait()
	return time.Since(begin)
}

func xargs(b *testing.B, runs int) time.Duration {
	cmd := exec.Command("xargs", "-P2", "-n1", "sh", "-c", "echo accuracy=0.5")
	cmd.Stdin = strings.NewReader(strings.Repeat("x\n", runs))
	begin := time.Now()
	require.NoError(b, cmd.Run())
	return time.Since(begin)
}
