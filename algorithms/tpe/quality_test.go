package tpe_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/algorithms/algorithmtest"
	"github.com/hone-tuner/hone/algorithms/random"
	"github.com/hone-tuner/hone/algorithms/tpe"
)

// problem is a function to minimise whose least value is 0; NaN where a trial fails.
type problem struct {
	space *hone.Space
	f     func(a hone.Assignments, u []float64) float64
}

func number(a hone.Assignments, name string) float64 {
	v, _ := a.Get(name)
	return v.Float()
}

func square(x float64) float64 { return x * x }

// problems are a bowl whose axes differ, a mixed space, and a conditional one in which a region has no values.
func problems() map[string]problem {
	var plain []hone.Parameter
	for i := range 6 {
		plain = append(plain, hone.Double(fmt.Sprint("x", i), -5, 5))
	}
	mixed := hone.NewSpace(hone.Double("lr", 1e-6, 1).Log(), hone.Int("n", 1, 40), hone.Double("drop", 0, 0.9).By(0.1),
		hone.Categorical("kind", "a", "b", "c", "d", "e"), hone.Discrete("batch", 16, 32, 64, 128, 256))
	conditional := hone.NewSpace(hone.Categorical("kind", "tree", "net", "none"), hone.Int("depth", 1, 20).When("kind", "tree"),
		hone.Double("lr", 1e-5, 1).Log().When("kind", "net"), hone.Double("decay", 0, 1).When("kind", "net"), hone.Double("x", 0, 1))
	return map[string]problem{
		"doubles": {algorithmtest.Compile(hone.NewSpace(plain...)), func(_ hone.Assignments, u []float64) float64 {
			sum := 0.0
			for i, x := range u {
				sum += math.Pow(4, float64(i)) * square(x-0.3-0.07*float64(i))
			}
			return sum
		}},
		"mixed": {algorithmtest.Compile(mixed), func(a hone.Assignments, u []float64) float64 {
			kind, _ := a.Get("kind")
			shift := map[string]float64{"a": 0.4, "b": 0.2, "c": 0.3, "d": 0, "e": 0.1}[kind.String()]
			return shift + square(math.Log10(number(a, "lr"))+3)/9 + square((number(a, "n")-11)/20) + square(number(a, "drop")-0.3) + square(u[4]-0.7)
		}},
		"conditional": {algorithmtest.Compile(conditional), func(a hone.Assignments, _ []float64) float64 {
			kind, _ := a.Get("kind")
			sum := square(number(a, "x") - 0.6)
			switch kind.String() {
			case "net":
				if number(a, "lr") > 0.1 {
					return math.NaN()
				}
				return sum + square(math.Log10(number(a, "lr"))+2)/4 + square(number(a, "decay")-0.2)
			case "tree":
				return sum + 0.1 + square((number(a, "depth")-6)/20)
			}
			return sum + 0.2
		}},
	}
}

// play runs an experiment and returns its outcomes.
func (p problem) play(algorithm hone.Algorithm, seed uint64, trials, batch int) []hone.Outcome {
	r := hone.Request{Space: p.space, Objective: hone.Objective{Metric: "f", Goal: hone.Minimize}, Seed: seed, Number: 1, Budget: trials,
		History: hone.NewHistory(fmt.Sprint("run-", seed))}
	for r.Number <= trials {
		r.Count = min(batch, trials-r.Number+1)
		got, err := algorithm.Suggest(context.Background(), r)
		if err != nil || len(got) == 0 {
			panic(fmt.Sprint("no suggestion: ", err))
		}
		for _, s := range got {
			o := hone.Outcome{Number: r.Number, Parameters: s.Parameters, State: hone.TrialSucceeded, Value: p.f(s.Parameters, p.space.ToUnit(s.Parameters)), Finished: r.Number}
			if !o.Feasible() {
				o.State = hone.TrialFailed
			}
			r.History = r.History.Append(o)
			r.Number++
		}
	}
	return r.History.Outcomes()
}

// median is the median of the best values over some fixed seeds: the same at every run.
func (p problem) median(build func(map[string]hone.Value) (hone.Algorithm, error), seeds, trials, batch int) float64 {
	var all []float64
	for seed := range seeds {
		algorithm, err := build(nil)
		if err != nil {
			panic(err)
		}
		best := math.Inf(1)
		for _, o := range p.play(algorithm, uint64(seed+1), trials, batch) {
			if o.Feasible() {
				best = min(best, o.Value)
			}
		}
		all = append(all, best)
	}
	slices.Sort(all)
	return all[len(all)/2]
}

func TestItBeatsRandomSearchByFar(t *testing.T) {
	for name, p := range problems() {
		t.Run(name, func(t *testing.T) {
			chance := p.median(random.New, 15, 64, 1)
			require.Less(t, p.median(tpe.New, 9, 64, 1), chance/2, "one by one")
			require.Less(t, p.median(tpe.New, 9, 64, 8), chance/2, "in batches of eight")
		})
	}
}

// Half of the space has no values; the trials of the later half must stay out of it mostly.
func TestItLearnsWhereTrialsFail(t *testing.T) {
	space := algorithmtest.Compile(hone.NewSpace(hone.Double("x", 0, 1), hone.Double("y", 0, 1)))
	p := problem{space, func(_ hone.Assignments, u []float64) float64 {
		if u[0] > 0.5 {
			return math.NaN()
		}
		return square(u[0]-0.5) + square(u[1]-0.5)
	}}
	failed := 0
	for _, o := range p.play(fresh(), 1, 60, 1)[30:] {
		if !o.Feasible() {
			failed++
		}
	}
	require.Less(t, failed, 12)
}

// Pending trials count as bad, so that eight at once do not go to one place.
func TestABatchIsSpread(t *testing.T) {
	p := problems()["doubles"]
	r := hone.Request{Space: p.space, Objective: hone.Objective{Metric: "f", Goal: hone.Minimize}, Seed: 1, Number: 41, Count: 8,
		History: hone.NewHistory("h", p.play(fresh(), 1, 40, 1)...)}
	got, err := fresh().Suggest(context.Background(), r)
	require.NoError(t, err)
	nearest := math.Inf(1)
	for i, a := range got {
		for _, b := range got[:i] {
			sum := 0.0
			for j, x := range p.space.ToUnit(a.Parameters) {
				sum += square(x - p.space.ToUnit(b.Parameters)[j])
			}
			nearest = min(nearest, math.Sqrt(sum))
		}
	}
	require.Greater(t, nearest, 0.02)
}
