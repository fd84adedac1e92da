package problems

import (
	"math"
	"math/rand/v2"
	"slices"
)

// noisyProblems are problems of the other groups of which a tuner sees the value with normal noise, of a
// twentieth of the distance between the quartiles of random points. The regret is that of the value without it.
func noisyProblems(all []*Problem) []*Problem {
	return derive(all, "noisy", func(p, from *Problem) {
		p.Group, p.Noise = Noisy, 0.05*spreadOf(from)
	}, []string{
		"bbob-f1-d5-i1", "bbob-f8-d5-i1", "bbob-f10-d10-i1", "bbob-f17-d10-i1", "bbob-f15-d5-i1", "bbob-f21-d5-i1",
		"classic-branin2", "classic-hartmann6", "classic-ackley10", "classic-levy10",
		"mixed-f8-d10", "conditional-pipeline-i1", "conditional-pipeline-i3",
	})
}

// derive makes problems of the problems of other groups. What is made of one that is set aside is set aside too.
func derive(all []*Problem, prefix string, change func(p, from *Problem), sources []string) []*Problem {
	byName := map[string]*Problem{}
	for _, p := range all {
		byName[p.Name] = p
	}
	out := make([]*Problem, len(sources))
	for i, name := range sources {
		from := byName[name]
		out[i] = &Problem{
			Name: prefix + "-" + from.Name, Reserve: from.Reserve,
			Space: from.Space, Optimum: from.Optimum, Value: from.Value, Best: from.Best,
		}
		change(out[i], from)
	}
	return out
}

// spreadOf is the distance between the quartiles of random points.
func spreadOf(p *Problem) float64 {
	rng := generator(p.Name + "/spread")
	values := sample(p, rng, 1000)
	return values[len(values)*3/4] - values[len(values)/4]
}

// sample looks at random points, and sorts the values that there are.
func sample(p *Problem, rng *rand.Rand, n int) []float64 {
	values := make([]float64, 0, n)
	for range n {
		if v := p.Value(p.Space.Draw(rng)); !math.IsNaN(v) {
			values = append(values, v)
		}
	}
	slices.Sort(values)
	return values
}
