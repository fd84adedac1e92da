package bayesian_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/algorithms/algorithmtest"
	"github.com/hone-tuner/hone/algorithms/bayesian"
	"github.com/hone-tuner/hone/algorithms/random"
)

// problem is a function to minimise whose least value is known.
type problem struct {
	space *hone.Space
	f     func(a hone.Assignments, u []float64) float64
	least float64
}

func cube(n int, lo, hi float64) *hone.Space {
	var parameters []hone.Parameter
	for i := range n {
		parameters = append(parameters, hone.Double(fmt.Sprint("x", i), lo, hi))
	}
	return algorithmtest.Compile(hone.NewSpace(parameters...))
}

func numbers(a hone.Assignments) []float64 {
	x := make([]float64, len(a))
	for i := range a {
		x[i] = a[i].Value.Float()
	}
	return x
}

func branin(a hone.Assignments, _ []float64) float64 {
	x, y := a[0].Value.Float(), a[1].Value.Float()
	b := y - 5.1/(4*math.Pi*math.Pi)*x*x + 5/math.Pi*x - 6
	return b*b + 10*(1-1/(8*math.Pi))*math.Cos(x) + 10
}

// hartmann6 is the function of Dixon and Szegő 1978 in six dimensions.
func hartmann6(a hone.Assignments, _ []float64) float64 {
	alpha := []float64{1, 1.2, 3, 3.2}
	scale := [][]float64{{10, 3, 17, 3.5, 1.7, 8}, {0.05, 10, 17, 0.1, 8, 14}, {3, 3.5, 1.7, 10, 17, 8}, {17, 8, 0.05, 10, 0.1, 14}}
	centre := [][]float64{{1312, 1696, 5569, 124, 8283, 5886}, {2329, 4135, 8307, 3736, 1004, 9991},
		{2348, 1451, 3522, 2883, 3047, 6650}, {4047, 8828, 8732, 5743, 1091, 381}}
	sum := 0.0
	for i := range alpha {
		e := 0.0
		for j, x := range numbers(a) {
			d := x - centre[i][j]*1e-4
			e += scale[i][j] * d * d
		}
		sum -= alpha[i] * math.Exp(-e)
	}
	return sum
}

// mixed has a category that shifts the bottom of a bowl, an int, a conditional number, and a region without
// values.
func mixed(a hone.Assignments, u []float64) float64 {
	if u[0] > 0.8 {
		return math.NaN()
	}
	get := func(name string) float64 { v, _ := a.Get(name); return v.Float() }
	kind, _ := a.Get("kind")
	n := (get("n") - 7) / 10
	sum := n*n + (math.Log10(get("lr"))+3)*(math.Log10(get("lr"))+3)/8
	switch kind.String() {
	case "a":
		d := get("extra") - 0.2
		return sum + d*d
	case "b":
		return sum + 0.3
	}
	return sum + 0.5
}

func problems() map[string]problem {
	wide := algorithmtest.Compile(hone.NewSpace(hone.Double("x", -5, 10), hone.Double("y", 0, 15)))
	mix := algorithmtest.Compile(hone.NewSpace(hone.Double("lr", 1e-6, 1).Log(), hone.Int("n", 1, 40), hone.Categorical("kind", "c", "b", "a", "d", "e"),
		hone.Double("extra", -1, 1).When("kind", "a")))
	return map[string]problem{
		"branin":    {wide, branin, 0.397887357729738},
		"hartmann6": {cube(6, 0, 1), hartmann6, -3.32236801141551},
		"mixed":     {mix, mixed, 0},
	}
}

// regret runs an experiment and returns how far the best value stays above the least.
func (p problem) regret(algorithm hone.Algorithm, seed uint64, trials, batch int) float64 {
	r := hone.Request{Space: p.space, Objective: hone.Objective{Metric: "f", Goal: hone.Minimize}, Seed: seed, Number: 1, Budget: trials,
		History: hone.NewHistory(fmt.Sprint("run-", seed))}
	best := math.Inf(1)
	for r.Number <= trials {
		r.Count = min(batch, trials-r.Number+1)
		got, err := algorithm.Suggest(context.Background(), r)
		if err != nil || len(got) == 0 {
			panic(fmt.Sprint("no suggestion: ", err))
		}
		for _, s := range got {
			value := p.f(s.Parameters, p.space.ToUnit(s.Parameters))
			if value < best {
				best = value
			}
			o := hone.Outcome{Number: r.Number, Parameters: s.Parameters, State: hone.TrialSucceeded, Value: value, Finished: r.Number}
			if !o.Feasible() {
				o.State = hone.TrialFailed
			}
			r.History = r.History.Append(o)
			r.Number++
		}
	}
	return best - p.least
}

// median is the median regret over some fixed seeds: the same at every run.
func (p problem) median(build func(map[string]hone.Value) (hone.Algorithm, error), seeds, trials, batch int) float64 {
	var all []float64
	for seed := range seeds {
		algorithm, err := build(nil)
		if err != nil {
			panic(err)
		}
		all = append(all, p.regret(algorithm, uint64(seed+1), trials, batch))
	}
	slices.Sort(all)
	return all[len(all)/2]
}

func TestItBeatsRandomSearchByFar(t *testing.T) {
	for name, p := range problems() {
		t.Run(name, func(t *testing.T) {
			chance := p.median(random.New, 15, 50, 1)
			require.Less(t, p.median(bayesian.New, 3, 50, 1), chance/20, "one by one")
			require.Less(t, p.median(bayesian.New, 3, 56, 8), chance/4, "in batches of eight")
		})
	}
}
