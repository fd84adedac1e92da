package algorithms_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
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
// best. After some more, it begins anew with another experiment of the same size, so that the number of trials
// is what it says. Refits of a model are where its schedule has them.
func BenchmarkSuggest(b *testing.B) {
	for _, name := range []string{"random", "sobol", "grid", "cmaes", "tpe", "bayesian"} {
		for kind, space := range benchSpaces() {
			for _, n := range []int{100, 300, 1000, 10_000} {
				b.Run(fmt.Sprintf("%s/%s/trials=%d", name, kind, n), func(b *testing.B) { benchmark(b, name, space, n) })
			}
		}
	}
}

// benched is an experiment that an algorithm is asked about.
type benched struct {
	algorithm hone.Algorithm
	request   hone.Request
}

// begin makes an experiment of n trials, about which the algorithm was asked once.
func begin(b *testing.B, name string, space *hone.Space, n int) *benched {
	algorithm, err := algorithms.Builtin()[name].New(nil)
	if err != nil {
		b.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, uint64(n)))
	x := &benched{algorithm, hone.Request{Space: space, Objective: hone.Objective{Goal: hone.Minimize}, Seed: 1, Number: 1, Count: 1, History: hone.NewHistory("bench")}}
	u := make([]float64, space.Len())
	for i := range n {
		for j := range u {
			u[j] = rng.Float64()
			if i%2 == 1 {
				u[j] = 0.3 + 0.2*(u[j]-0.5)
			}
		}
		x.tell(hone.Suggestion{Parameters: space.FromUnit(u)})
	}
	x.ask(b)
	return x
}

func (x *benched) ask(b *testing.B) hone.Suggestion {
	got, err := x.algorithm.Suggest(context.Background(), x.request)
	if err != nil || len(got) != 1 {
		b.Fatal(err)
	}
	return got[0]
}

func (x *benched) tell(s hone.Suggestion) {
	x.request.History = x.request.History.Append(hone.Outcome{Number: x.request.Number, Parameters: s.Parameters, Labels: s.Labels,
		State: hone.TrialSucceeded, Value: bowl(x.request.Space.ToUnit(s.Parameters))})
	x.request.Number++
}

// benchmark reports the median and the 99th percentile of the time that a suggestion takes, besides its mean.
func benchmark(b *testing.B, name string, space *hone.Space, n int) {
	round := max(60, n/10) // after which it begins anew
	x := begin(b, name, space, n)
	var took []time.Duration
	var cpu time.Duration
	b.ReportAllocs()
	for b.Loop() {
		if x.request.History.Len() == n+round {
			b.StopTimer()
			x = begin(b, name, space, n)
			b.StartTimer()
		}
		clock, before := time.Now(), cpuTime()
		s := x.ask(b)
		took, cpu = append(took, time.Since(clock)), cpu+cpuTime()-before
		x.tell(s)
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2])/1e3, "median-µs")
	b.ReportMetric(float64(took[len(took)*99/100])/1e3, "p99-µs")
	b.ReportMetric(float64(cpu)/float64(b.N)/1e3, "cpu-µs/op")
}

// cpuTime is what this process has used of all cores: on a busy machine it says more than the clock.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
