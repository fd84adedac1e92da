package algorithms_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/algorithms"
	"github.com/hone-tuner/hone/algorithms/algorithmtest"
)

// benchSpaces have ten parameters each.
func benchSpaces() map[string]*hone.Space {
	var plain, mixed []hone.Parameter
	for i := range 10 {
		plain = append(plain, hone.Double(fmt.Sprint("x", i), 0, 1))
	}
	for i := range 4 {
		mixed = append(mixed, hone.Double(fmt.Sprint("x", i), 0, 1))
	}
	for i := range 2 {
		mixed = append(mixed, hone.Double(fmt.Sprint("l", i), 1e-5, 1).Log(), hone.Int(fmt.Sprint("n", i), 1, 100),
			hone.Categorical(fmt.Sprint("c", i), "a", "b", "c", "d"))
	}
	return map[string]*hone.Space{"continuous": algorithmtest.Compile(hone.NewSpace(plain...)), "mixed": algorithmtest.Compile(hone.NewSpace(mixed...))}
}

func bowl(u []float64) float64 {
	sum := 0.0
	for i, x := range u {
		sum += float64(i+1) * (x - 0.3) * (x - 0.3)
	}
	return sum
}

// BenchmarkSuggest asks once for each trial of an experiment that has had some: half at random, half near the
// best. The model of bayesian is refitted where its schedule says so.
func BenchmarkSuggest(b *testing.B) {
	for _, name := range []string{"random", "sobol", "grid", "cmaes", "tpe", "bayesian"} {
		for kind, space := range benchSpaces() {
			for _, n := range []int{100, 300, 1000, 10_000} {
				b.Run(fmt.Sprintf("%s/%s/trials=%d", name, kind, n), func(b *testing.B) { benchmark(b, name, space, n) })
			}
		}
	}
}

func benchmark(b *testing.B, name string, space *hone.Space, n int) {
	algorithm, err := algorithms.Builtin()[name].New(nil)
	if err != nil {
		b.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, uint64(n)))
	r := hone.Request{Space: space, Objective: hone.Objective{Goal: hone.Minimize}, Seed: 1, Number: n + 1, Count: 1, History: hone.NewHistory("bench")}
	tell := func(a hone.Assignments, labels map[string]string) {
		r.History = r.History.Append(hone.Outcome{Number: r.History.Len() + 1, Parameters: a, Labels: labels, State: hone.TrialSucceeded,
			Value: bowl(space.ToUnit(a))})
	}
	u := make([]float64, space.Len())
	for i := range n {
		for j := range u {
			u[j] = rng.Float64()
			if i%2 == 1 {
				u[j] = 0.3 + 0.2*(u[j]-0.5)
			}
		}
		tell(space.FromUnit(u), nil)
	}
	if _, err := algorithm.Suggest(context.Background(), r); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	before := cpuTime()
	for b.Loop() {
		got, err := algorithm.Suggest(context.Background(), r)
		if err != nil || len(got) != 1 {
			b.Fatal(err)
		}
		tell(got[0].Parameters, got[0].Labels)
		r.Number++
	}
	b.ReportMetric(float64(cpuTime()-before)/float64(b.N)/1e3, "cpu-µs/op")
}

// cpuTime is what this process has used of all cores: on a busy machine it says more than the clock.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
