package problems

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/hone-tuner/hone"
)

// categoricalProblems are functions whose parameters are categories: some of them, or all.
func categoricalProblems() []*Problem {
	var out []*Problem
	for _, f := range []int{1, 3, 8, 10, 15, 17} {
		name := fmt.Sprintf("categorical-f%d-d10", f)
		p := over(name, Categorical, f, namedAxes(generator(name+"-axes")))
		p.Reserve = reserved(f)
		out = append(out, p)
	}
	for i := 1; i <= 3; i++ {
		reserve := i == 2
		for _, p := range []*Problem{
			interactions(fmt.Sprintf("categorical-nk12-i%d", i)),
			schedule(fmt.Sprintf("categorical-schedule8-i%d", i)),
			choice(fmt.Sprintf("categorical-choice5-i%d", i)),
		} {
			p.Reserve = reserve
			out = append(out, p)
		}
	}
	return out
}

// namedAxes are ten, of which three, at random, have 4, 6 and 8 names.
func namedAxes(rng *rand.Rand) []axis {
	axes := make([]axis, 10)
	for i := range axes {
		axes[i] = spread(hone.Double(fmt.Sprintf("x%d", i+1), -5, 5), -5, 5, plain)
	}
	for k, i := range rng.Perm(len(axes))[:3] {
		axes[i] = shuffled(fmt.Sprintf("c%d", i+1), 4+2*k, rng)
	}
	return axes
}

// categories makes n parameters of the same choices.
func categories(n, choices int) hone.SearchSpace {
	names := make([]any, choices)
	for i := range names {
		names[i] = string(rune('a' + i))
	}
	parameters := make([]hone.Parameter, n)
	for i := range parameters {
		parameters[i] = hone.Categorical(fmt.Sprintf("c%d", i+1), names...)
	}
	return hone.NewSpace(parameters...)
}

// choices reads the points of such a space.
func choices(a hone.Assignments) []int {
	out := make([]int, len(a))
	for i := range a {
		out[i] = int(a[i].Value.String()[0] - 'a')
	}
	return out
}

// chosen writes one.
func chosen(s *hone.Space, c []int) hone.Assignments {
	a := make(hone.Assignments, len(c))
	for i, p := range s.Parameters() {
		a[i] = hone.Assignment{Parameter: p.Name, Value: p.Values[c[i]]}
	}
	return a
}

// interactions is an NK landscape (Kauffman and Levin 1987, "Towards a general theory of adaptive walks on rugged
// landscapes"): 12 places in a ring with 5 choices each, every place worth what a random table says of it and the two
// behind it. In a ring the best point can be computed.
func interactions(name string) *Problem {
	const places, letters = 12, 5
	rng := generator(name)
	var worth [places][letters][letters][letters]float64
	for i := range worth {
		for j := range letters * letters * letters {
			worth[i][j/letters/letters][j/letters%letters][j%letters] = rng.Float64() / places
		}
	}
	value := func(c []int) float64 {
		sum := 0.0
		for i := range places {
			sum += worth[i][c[i]][c[(i+1)%places]][c[(i+2)%places]]
		}
		return sum
	}
	least := ring(places, letters, func(i, a, b, c int) float64 { return worth[i][a][b][c] })
	p := &Problem{Name: name, Group: Categorical, Space: compile(categories(places, letters), nil), Optimum: value(least)}
	p.Best = chosen(p.Space, least)
	p.Value = func(a hone.Assignments) float64 { return value(choices(a)) }
	return p
}

// ring finds the choices with the least sum of worths of three neighbours around a ring of n ≥ 3 places: for each pair
// of first choices, by dynamic programming over the pairs that follow.
func ring(n, letters int, worth func(i, a, b, c int) float64) []int {
	best, least := []int(nil), math.Inf(1)
	for first := range letters * letters {
		x, y := first/letters, first%letters
		sums := map[int]float64{first: 0}
		var before []map[int]int // of each step, the first letter of the pair that led to a pair
		for i := range n {
			next, from := map[int]float64{}, map[int]int{}
			for pair, sum := range sums {
				a, b := pair/letters, pair%letters
				for c := range letters {
					if i == n-2 && c != x || i == n-1 && c != y {
						continue
					}
					if old, ok := next[b*letters+c]; !ok || sum+worth(i, a, b, c) < old {
						next[b*letters+c], from[b*letters+c] = sum+worth(i, a, b, c), a
					}
				}
			}
			sums, before = next, append(before, from)
		}
		if sums[first] >= least {
			continue
		}
		least = sums[first]
		best = make([]int, n)
		pair := first
		for i := n - 1; i >= 0; i-- {
			best[i] = before[i][pair]
			pair = best[i]*letters + pair/letters
		}
	}
	return best
}

// schedule chooses, season by season, one of three treatments against something that grows, or none. A treatment that was
// used before works less, and costs less. All 4^8 schedules are tried to find the best.
func schedule(name string) *Problem {
	const seasons, treatments = 8, 3
	rng := generator(name)
	grows := uniform(rng, seasons, 0.1, 0.6)
	works := uniform(rng, treatments, 0.5, 0.95)
	costs := uniform(rng, treatments, 0.1, 0.4)
	dulls := uniform(rng, treatments, 0.1, 0.5)
	type state struct {
		level float64
		used  [treatments]float64
	}
	step := func(s state, season, choice int) (state, float64) {
		s.level += grows[season] * (1 - s.level)
		cost := 0.0
		if choice > 0 {
			k := choice - 1
			s.level *= 1 - works[k]*math.Pow(1-dulls[k], s.used[k])
			cost = costs[k] / (1 + 0.3*s.used[k])
			s.used[k]++
		}
		return s, cost + s.level
	}
	start := state{level: 0.3}
	value := func(c []int) float64 {
		s, sum := start, 0.0
		for season, choice := range c {
			var cost float64
			s, cost = step(s, season, choice)
			sum += cost
		}
		return sum
	}
	best, least := make([]int, seasons), math.Inf(1)
	var try func(s state, sum float64, c []int)
	try = func(s state, sum float64, c []int) {
		if sum >= least {
			return
		}
		if len(c) == seasons {
			least = sum
			copy(best, c)
			return
		}
		for choice := range treatments + 1 {
			next, cost := step(s, len(c), choice)
			try(next, sum+cost, append(c, choice))
		}
	}
	try(start, 0, make([]int, 0, seasons))
	p := &Problem{Name: name, Group: Categorical, Space: compile(categories(seasons, treatments+1), nil), Optimum: value(best)}
	p.Best = chosen(p.Space, best)
	p.Value = func(a hone.Assignments) float64 { return value(choices(a)) }
	return p
}

// choice has two categories that say which of fifteen functions of three doubles it is.
func choice(name string) *Problem {
	const variants = 3
	rng := generator(name)
	functions := []func([]float64) float64{
		squares,
		func(z []float64) float64 { return ripples(z) / 3 },
		func(z []float64) float64 { return 3 * ackley(z) },
		func(z []float64) float64 { return levy([]float64{z[0] + 1, z[1] + 1, z[2] + 1}) * 3 },
		func(z []float64) float64 { return math.Sqrt(valley([]float64{z[0] + 1, z[1] + 1, z[2] + 1})) / 2 },
	}
	type leaf struct {
		least float64
		opt   []float64
	}
	leaves := make([]leaf, len(functions)*variants)
	best := 0
	for i := range leaves {
		leaves[i] = leaf{least: 10 * rng.Float64(), opt: uniform(rng, 3, -3, 3)}
		if leaves[i].least < leaves[best].least {
			best = i
		}
	}
	space := compile(hone.NewSpace(append([]hone.Parameter{
		hone.Categorical("model", "a", "b", "c", "d", "e"), hone.Categorical("variant", "p", "q", "r"),
	}, doubles(3, -5, 5)...)...), nil)
	p := &Problem{Name: name, Group: Categorical, Space: space, Optimum: leaves[best].least}
	model, variant := space.Parameters()[0], space.Parameters()[1]
	p.Best = append(hone.Assignments{
		{Parameter: model.Name, Value: model.Values[best/variants]}, {Parameter: variant.Name, Value: variant.Values[best%variants]},
	}, point3(space, leaves[best].opt)...)
	p.Value = func(a hone.Assignments) float64 {
		m := model.Index(a[0].Value)
		l := leaves[m*variants+variant.Index(a[1].Value)]
		z := numbers(a[2:])
		for i := range z {
			z[i] -= l.opt[i]
		}
		return l.least + functions[m](z)
	}
	return p
}

// point3 writes the doubles behind two categories.
func point3(s *hone.Space, x []float64) hone.Assignments {
	var a hone.Assignments
	for i, p := range s.Parameters()[2:] {
		a = append(a, hone.Assignment{Parameter: p.Name, Value: hone.Number(x[i])})
	}
	return a
}
