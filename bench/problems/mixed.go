package problems

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/hone-tuner/hone"
)

// axis is a parameter, and where its values lie on an axis of a landscape over [-5, 5].
type axis struct {
	p  hone.Parameter
	to func(hone.Value) float64
}

// spread makes the axis of values that are lo to hi on some scale.
func spread(p hone.Parameter, lo, hi float64, scale func(float64) float64) axis {
	from, to := scale(lo), scale(hi)
	return axis{p: p, to: func(v hone.Value) float64 { return -5 + 10*(scale(v.Float())-from)/(to-from) }}
}

func plain(x float64) float64 { return x }

// levels makes the axis of n values from lo to hi that lie evenly inside the box, as those of COCO's suite bbob-mixint do
// (Tušar, Brockhoff and Hansen 2019, "Mixed-integer benchmark problems for single- and bi-objective optimization").
func levels(p hone.Parameter, n int, lo, hi float64) axis {
	gap := (hi - lo) / float64(n-1)
	return spread(p, lo-gap, hi+gap, plain)
}

// over makes a problem of one of COCO's functions whose axes are what a search space has. Its best point is one of
// the space.
func over(name string, g Group, f int, axes []axis) *Problem {
	rng := generator(name)
	parameters := make([]hone.Parameter, len(axes))
	for i, x := range axes {
		parameters[i] = x.p
	}
	p := &Problem{Name: name, Group: g, Space: compile(hone.NewSpace(parameters...), nil)}
	p.Best = p.Space.FromUnit(uniform(rng, len(axes), 0.2, 0.8))
	coordinates := func(a hone.Assignments) []float64 {
		x := make([]float64, len(axes))
		for i := range x {
			x[i] = axes[i].to(a[i].Value)
		}
		return x
	}
	l := bbob(f, len(axes), rng, coordinates(p.Best))
	p.Value = func(a hone.Assignments) float64 { return l.f(coordinates(a)) }
	return p
}

// mixedProblems are COCO's functions over levels, over what the parameters of a training look like, and one of
// many switches.
func mixedProblems() []*Problem {
	var out []*Problem
	for _, f := range []int{2, 3, 8, 10, 15, 17} {
		for _, d := range []int{5, 10} {
			p := over(fmt.Sprintf("mixed-f%d-d%d", f, d), Mixed, f, cycle(d))
			p.Reserve = reserved(f)
			out = append(out, p)
		}
	}
	for _, f := range []int{8, 13, 17, 21} {
		p := over(fmt.Sprintf("mixed-training-f%d", f), Mixed, f, training())
		p.Reserve = reserved(f)
		out = append(out, p)
	}
	return append(out, switches("mixed-ackley53"))
}

// cycle makes axes with 2, 4, 8, 16 and infinitely many levels in turn.
func cycle(d int) []axis {
	kinds := []func(name string) axis{
		func(name string) axis { return levels(hone.Int(name, 0, 1), 2, 0, 1) },
		func(name string) axis { return levels(hone.Discrete(name, 1, 2, 3, 4), 4, 1, 4) },
		func(name string) axis { return levels(hone.Int(name, -3, 4), 8, -3, 4) },
		func(name string) axis { return levels(hone.Double(name, 0, 1.5).By(0.1), 16, 0, 1.5) },
		func(name string) axis { return spread(hone.Double(name, -5, 5), -5, 5, plain) },
	}
	axes := make([]axis, d)
	for i := range axes {
		axes[i] = kinds[i%len(kinds)](fmt.Sprintf("x%d", i+1))
	}
	return axes
}

// training makes the axes of a usual training: log scales, ints and steps.
func training() []axis {
	return []axis{
		spread(hone.Double("lr", 1e-5, 1).Log(), 1e-5, 1, math.Log),
		spread(hone.Double("decay", 1e-8, 0.1).Log(), 1e-8, 0.1, math.Log),
		spread(hone.Int("units", 8, 1024).Log(), 8, 1024, math.Log),
		spread(hone.Int("layers", 1, 8), 1, 8, plain),
		spread(hone.Discrete("batch", 16, 32, 64, 128, 256, 512), 16, 512, math.Log),
		spread(hone.Double("dropout", 0, 0.6), 0, 0.6, plain),
	}
}

// switches is Ackley's function over 50 switches and 3 doubles.
func switches(name string) *Problem {
	rng := generator(name)
	var parameters []hone.Parameter
	for i := range 50 {
		parameters = append(parameters, hone.Int(fmt.Sprintf("b%d", i+1), 0, 1))
	}
	parameters = append(parameters, doubles(3, -1, 1)...)
	p := &Problem{Name: name, Group: Mixed, Space: compile(hone.NewSpace(parameters...), nil), Reserve: true}
	p.Best = p.Space.FromUnit(uniform(rng, len(parameters), 0.2, 0.8))
	opt := numbers(p.Best)
	p.Value = func(a hone.Assignments) float64 {
		x := numbers(a)
		for i := range x {
			x[i] -= opt[i]
		}
		return ackley(x)
	}
	p.Optimum = p.Value(p.Best)
	return p
}

// shuffled makes the axis of n names, whose places on it have no order that a tuner could see.
func shuffled(name string, n int, rng *rand.Rand) axis {
	place := map[hone.Value]float64{}
	names := make([]any, n)
	for i, k := range rng.Perm(n) {
		text := string(rune('a' + i))
		names[i] = text
		place[hone.String(text)] = -5 + 10*float64(k+1)/float64(n+1)
	}
	return axis{p: hone.Categorical(name, names...), to: func(v hone.Value) float64 { return place[v] }}
}
