package cmaes_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/algorithms/algorithmtest"
)

// cube is a space of doubles from -5 to 5.
func cube(n int) *hone.Space {
	var parameters []hone.Parameter
	for i := range n {
		parameters = append(parameters, hone.Double(fmt.Sprint("x", i), -5, 5))
	}
	return algorithmtest.Compile(hone.NewSpace(parameters...))
}

// numbers are the values of a point of numbers.
func numbers(a hone.Assignments) []float64 {
	x := make([]float64, len(a))
	for i := range a {
		x[i] = a[i].Value.Float()
	}
	return x
}

func sphere(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v * v
	}
	return sum
}

// ellipsoid has axes whose lengths differ by a thousand.
func ellipsoid(x []float64) float64 {
	sum := 0.0
	for i, v := range x {
		sum += math.Pow(1e6, float64(i)/float64(len(x)-1)) * v * v
	}
	return sum
}

func rosenbrock(x []float64) float64 {
	sum := 0.0
	for i := range x[1:] {
		sum += 100*(x[i+1]-x[i]*x[i])*(x[i+1]-x[i]*x[i]) + (1-x[i])*(1-x[i])
	}
	return sum
}

func rastrigin(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v*v + 10 - 10*math.Cos(2*math.Pi*v)
	}
	return sum
}

// moved puts the best point of a function somewhere else.
func moved(f func([]float64) float64, to float64) func(hone.Assignments) float64 {
	return func(a hone.Assignments) float64 {
		x := numbers(a)
		for i := range x {
			x[i] -= to + 0.1*float64(i)
		}
		return f(x)
	}
}

// game is an experiment under way.
type game struct {
	r    hone.Request
	f    func(hone.Assignments) float64
	best float64
	at   hone.Assignments
	rng  *rand.Rand
}

func newGame(space *hone.Space, seed uint64, f func(hone.Assignments) float64) *game {
	return &game{f: f, best: math.Inf(1), rng: rand.New(rand.NewPCG(seed, 7)), r: hone.Request{Space: space, Seed: seed, Number: 1, Count: 1,
		Objective: hone.Objective{Metric: "f", Goal: hone.Minimize}, History: hone.NewHistory(fmt.Sprint("game ", seed))}}
}

// ask fills up the running trials.
func (g *game) ask(t require.TestingT, algorithm hone.Algorithm, parallel int) {
	r := g.r
	r.Count = max(0, parallel-len(r.Pending))
	got, err := algorithm.Suggest(context.Background(), r)
	require.NoError(t, err)
	require.Len(t, got, r.Count)
	for _, s := range got {
		g.add(s)
	}
}

// add begins a trial.
func (g *game) add(s hone.Suggestion) {
	g.r.Pending = append(g.r.Pending[:len(g.r.Pending):len(g.r.Pending)], hone.Pending{Number: g.r.Number, Parameters: s.Parameters, Labels: s.Labels})
	g.r.Number++
}

// end ends the i-th running trial.
func (g *game) end(i int) {
	p := g.r.Pending[i]
	o := hone.Outcome{Number: p.Number, Parameters: p.Parameters, Labels: p.Labels, State: hone.TrialSucceeded, Value: g.f(p.Parameters),
		Finished: g.r.History.Len() + 1}
	if !o.Feasible() {
		o.State = hone.TrialFailed
	} else if o.Value < g.best {
		g.best, g.at = o.Value, o.Parameters
	}
	g.r.History = g.r.History.Append(o)
	g.r.Pending = append(append([]hone.Pending(nil), g.r.Pending[:i]...), g.r.Pending[i+1:]...)
}

// until plays until the value is reached, with so many trials running at once that end in any order, and returns
// how many have ended.
func (g *game) until(t require.TestingT, algorithm hone.Algorithm, parallel, most int, value float64) int {
	for g.r.History.Len() < most && g.best > value {
		g.ask(t, algorithm, parallel)
		g.end(g.rng.IntN(len(g.r.Pending)))
	}
	return g.r.History.Len()
}

// runOf is the number of the run in which a trial was drawn.
func runOf(labels map[string]string) string { return strings.Split(labels["cmaes"], "/")[1] }
