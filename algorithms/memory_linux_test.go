package algorithms_test

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone/algorithms"
)

// memoryVariable makes the benchmark of memory a process of its own, for one algorithm.
const memoryVariable = "HONE_BENCH_MEMORY"

// BenchmarkMemory reports the peak memory of a process that holds an experiment of 10,000 trials and asks for 200 more,
// beyond that of one that does nothing: history, model and garbage together.
func BenchmarkMemory(b *testing.B) {
	names := []string{"random", "sobol", "grid", "cmaes", "tpe", "bayesian", "auto"}
	if name := os.Getenv(memoryVariable); name != "" {
		peak(b, name)
		return
	}
	empty := measured(b, "nothing")
	for _, name := range names {
		b.Run(name+"/trials=10000", func(b *testing.B) {
			most := 0.0
			for b.Loop() {
				most = max(most, measured(b, name)-empty)
			}
			b.ReportMetric(most, "MB")
		})
	}
}

// measured runs one algorithm in a process of its own and returns its peak of resident memory in MB.
func measured(b *testing.B, name string) float64 {
	cmd := exec.Command(os.Args[0], "-test.run=^$", "-test.bench=^BenchmarkMemory$", "-test.benchtime=1x")
	cmd.Env = append(os.Environ(), memoryVariable+"="+name)
	out, err := cmd.CombinedOutput()
	require.NoError(b, err, "%s", out)
	_, after, found := strings.Cut(string(out), "peak-kB ")
	require.True(b, found, "%s", out)
	text, _, _ := strings.Cut(after, "\n")
	kilobytes, err := strconv.ParseFloat(text, 64)
	require.NoError(b, err)
	return kilobytes / 1024
}

// peak does what is measured, and prints the high-water mark of resident memory.
func peak(b *testing.B, name string) {
	if _, known := algorithms.Builtin()[name]; known {
		x := begin(b, name, benchSpaces()["mixed"], 10_000)
		for range 200 {
			x.tell(x.ask(b))
		}
	}
	status, err := os.ReadFile("/proc/self/status")
	require.NoError(b, err)
	_, after, found := strings.Cut(string(status), "VmHWM:")
	require.True(b, found)
	text, _, _ := strings.Cut(strings.TrimSpace(after), " ")
	fmt.Printf("peak-kB %s\n", text)
}
