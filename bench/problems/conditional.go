package problems

import (
	"fmt"
	"math"
	"strings"

	"github.com/hone-tuner/hone"
)

// conditionalProblems are functions whose parameters depend on others.
func conditionalProblems() []*Problem {
	var out []*Problem
	for i := 1; i <= 3; i++ {
		reserve := i == 3
		for _, p := range []*Problem{
			branches(fmt.Sprintf("conditional-branch9-i%d", i)),
			tree(fmt.Sprintf("conditional-pipeline-i%d", i), pipelineSpace()),
			tree(fmt.Sprintf("conditional-layers-i%d", i), layersSpace()),
		} {
			p.Reserve = reserve
			out = append(out, p)
		}
	}
	return out
}

// branch is a function of three doubles below a choice.
type branch struct {
	name   string
	lo, hi float64
	l      landscape
	scale  float64 // what its usual values are divided by
	least  float64
}

// branches chooses between Hartmann's, Ackley's and Rosenbrock's functions, each of three doubles of its own. Their
// values are of a size, and one of them, at random, reaches lower than the others.
func branches(name string) *Problem {
	rng := generator(name)
	all := []*branch{
		{name: "hartmann", lo: 0, hi: 1, l: hartmann3(), scale: 4},
		{name: "ackley", lo: -5, hi: 5, l: move(rng.Float64, 3, -5, 5, 0, ackley), scale: 10},
		{name: "rosenbrock", lo: -2, hi: 2, l: at([]float64{1, 1, 1}, valley), scale: 500},
	}
	for k, i := range rng.Perm(len(all)) {
		all[i].least = 0.1 * float64(k)
	}
	root := hone.Categorical("root", all[0].name, all[1].name, all[2].name)
	parameters := []hone.Parameter{root}
	below := map[hone.Value]*branch{}
	for _, b := range all {
		below[hone.String(b.name)] = b
		for i := range 3 {
			parameters = append(parameters, hone.Double(fmt.Sprintf("%s%d", b.name, i+1), b.lo, b.hi).When("root", b.name))
		}
	}
	p := &Problem{Name: name, Group: Conditional, Space: compile(hone.NewSpace(parameters...), nil)}
	p.Value = func(a hone.Assignments) float64 {
		b := below[a[0].Value]
		return b.least + (b.l.f(numbers(a[1:]))-b.l.best)/b.scale
	}
	for _, b := range all {
		if b.least == 0 {
			p.Best = hone.Assignments{{Parameter: "root", Value: hone.String(b.name)}}
			for i, x := range b.l.opt {
				p.Best = append(p.Best, hone.Assignment{Parameter: fmt.Sprintf("%s%d", b.name, i+1), Value: hone.Number(x)})
			}
		}
	}
	return p
}

// pipelineSpace is what one would search for a classifier: two levels of choices.
func pipelineSpace() hone.SearchSpace {
	return hone.NewSpace(
		hone.Categorical("scaler", "none", "standard", "quantile"),
		hone.Categorical("model", "svm", "forest", "mlp"),
		hone.Categorical("kernel", "linear", "rbf", "poly").When("model", "svm"),
		hone.Double("c", 1e-3, 1e3).Log().When("model", "svm"),
		hone.Double("gamma", 1e-5, 10).Log().When("kernel", "rbf", "poly"),
		hone.Int("degree", 2, 5).When("kernel", "poly"),
		hone.Int("trees", 10, 500).Log().When("model", "forest"),
		hone.Int("depth", 1, 20).When("model", "forest"),
		hone.Double("features", 0.05, 1).When("model", "forest"),
		hone.Categorical("solver", "sgd", "adam").When("model", "mlp"),
		hone.Double("lr", 1e-5, 1e-1).Log().When("model", "mlp"),
		hone.Int("units", 4, 256).Log().When("model", "mlp"),
		hone.Double("momentum", 0, 0.99).When("solver", "sgd"),
	)
}

// layersSpace has a size for each layer that there is.
func layersSpace() hone.SearchSpace {
	return hone.NewSpace(
		hone.Int("layers", 1, 4),
		hone.Int("units1", 8, 512).Log(),
		hone.Int("units2", 8, 512).Log().When("layers", 2, 3, 4),
		hone.Int("units3", 8, 512).Log().When("layers", 3, 4),
		hone.Int("units4", 8, 512).Log().When("layers", 4),
		hone.Categorical("activation", "relu", "tanh", "gelu"),
		hone.Double("lr", 1e-5, 1e-1).Log(),
		hone.Categorical("schedule", "constant", "cosine", "step"),
		hone.Double("factor", 0.1, 0.9).When("schedule", "step"),
		hone.Discrete("every", 5, 10, 20, 40).When("schedule", "step"),
	)
}

// tree makes a problem of any conditional space. Everything that other parameters depend on, and every category,
// says which function the rest is put to: each has its least value, from 0 of the best to 0.6, and its least
// point; what is shared between two functions has its least point in places that are close. Within a function there
// are weights, ripples, and a direction in which all depend on each other.
func tree(name string, s hone.SearchSpace) *Problem {
	p := &Problem{Name: name, Group: Conditional, Space: compile(s, nil)}
	n := p.Space.Len()
	structural := make([]bool, n)
	for i, q := range p.Space.Parameters() {
		structural[i] = structural[i] || q.Type == hone.CategoricalType
		for _, c := range q.Conditions {
			structural[p.Space.Lookup(c.Parameter)] = true
		}
	}
	key := func(a hone.Assignments) string {
		var b strings.Builder
		for _, x := range a {
			if structural[p.Space.Lookup(x.Parameter)] {
				b.WriteString(x.Value.String())
				b.WriteByte('/')
			}
		}
		return b.String()
	}
	rng := generator(name)
	p.Best = p.Space.Draw(rng)
	shared := p.Space.ToUnit(p.Best)
	for i, u := range uniform(rng, n, 0.2, 0.8) {
		if math.IsNaN(shared[i]) {
			shared[i] = u
		}
	}
	weights, along := uniform(rng, n, 0.3, 2), uniform(rng, n, -1, 1)
	best := key(p.Best)
	p.Value = func(a hone.Assignments) float64 {
		leaf := key(a)
		own := generator(name + "/" + leaf)
		least := 0.1 + 0.5*own.Float64()
		if leaf == best {
			least = 0
		}
		sum, slant := 0.0, 0.0
		for i, u := range p.Space.ToUnit(a) {
			apart := 0.3 * (own.Float64() - 0.5)
			if structural[i] || math.IsNaN(u) {
				continue
			}
			if leaf == best {
				apart = 0
			}
			z := u - shared[i] - apart
			sum += weights[i]*z*z + 0.02*(1-math.Cos(8*math.Pi*z))
			slant += along[i] * z
		}
		return least + sum + slant*slant
	}
	return p
}
