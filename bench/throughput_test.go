package bench

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// runs is how many trials a measurement has: as many as the goal is stated for.
const runs = 2000

// BenchmarkTrials runs the same one-line program 2,000 times, two at a time: by `xargs -P2`, which does
// nothing else, and as the trials of an experiment, each with a suggestion, a durable record, its
// readings, and its place in the leaderboard. x/xargs is the ratio of the throughputs; 1 is as fast as
// xargs.
func BenchmarkTrials(b *testing.B) {
	hone := build(b)
	for _, place := range places(b) {
		b.Run(place.name, func(b *testing.B) {
			var plain, tuned time.Duration
			for range b.N {
				plain += xargs(b)
				tuned += experiment(b, hone, place.dir)
			}
			each := tuned / time.Duration(runs*b.N)
			b.ReportMetric(float64(each.Microseconds()), "µs/trial")
			b.ReportMetric(float64(runs*b.N)/tuned.Seconds(), "trials/s")
			b.ReportMetric(float64(runs*b.N)/plain.Seconds(), "xargs-runs/s")
			b.ReportMetric(plain.Seconds()/tuned.Seconds(), "x/xargs")
			b.ReportMetric(0, "ns/op")
		})
	}
}

type place struct{ name, dir string }

// places are a data directory in memory, where there is one, and one on disk.
func places(b *testing.B) []place {
	out := []place{{"disk", b.TempDir()}}
	if runtime.GOOS == "linux" {
		if dir, err := os.MkdirTemp("/dev/shm", "hone-bench"); err == nil {
			b.Cleanup(func() { require.NoError(b, os.RemoveAll(dir)) })
			out = append([]place{{"memory", dir}}, out...)
		}
	}
	return out
}

func build(b *testing.B) string {
	path := filepath.Join(b.TempDir(), "hone")
	out, err := exec.Command("go", "build", "-o", path, "../cmd/hone").CombinedOutput()
	require.NoError(b, err, string(out))
	return path
}

const program = "echo accuracy=0.5"

func xargs(b *testing.B) time.Duration {
	cmd := exec.Command("xargs", "-P2", "-I{}", "sh", "-c", program)
	cmd.Stdin = strings.NewReader(strings.Repeat("x\n", runs))
	begin := time.Now()
	require.NoError(b, cmd.Run())
	return time.Since(begin)
}

func experiment(b *testing.B, hone, dir string) time.Duration {
	data, err := os.MkdirTemp(dir, "data")
	require.NoError(b, err)
	file := filepath.Join(data, "experiment.yaml")
	require.NoError(b, os.WriteFile(file, fmt.Appendf(nil, `apiVersion: hone.dev/v1beta1
kind: Experiment
metadata: {name: bench}
spec:
  objective: {metric: accuracy, goal: maximize}
  parameters:
    - {name: lr, type: double, min: 0, max: 1}
  algorithm: {name: random, seed: 1}
  parallelism: 2
  budget: {trials: %d}
  trial: {command: [sh, -c, %q]}
`, runs, program), 0o600))
	cmd := exec.Command(hone, "run", file, "--data-dir", filepath.Join(data, "hone"), "-o", "json")
	cmd.Stderr = nil
	begin := time.Now()
	out, err := cmd.Output()
	took := time.Since(begin)
	require.NoError(b, err)
	var board struct {
		Counts map[string]int `json:"counts"`
	}
	require.NoError(b, json.Unmarshal(out, &board))
	require.Equal(b, map[string]int{"Succeeded": runs}, board.Counts)
	require.NoError(b, os.RemoveAll(data))
	return took
}
