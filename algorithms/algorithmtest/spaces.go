package algorithmtest

import (
	"fmt"

	"pgregory.net/rapid"

	"github.com/hone-tuner/hone"
)

// namedSpaces are spaces with one difficulty each.
func namedSpaces() map[string]hone.SearchSpace {
	return map[string]hone.SearchSpace{
		"doubles on both scales": hone.NewSpace(hone.Double("x", -5, 5), hone.Double("lr", 1e-6, 1e-1).Log()),
		"steps that do not divide the range, also on a log scale": hone.NewSpace(hone.Double("x", 0, 1).By(0.15),
			hone.Double("y", 0.1, 10).By(0.3).Log(), hone.Int("n", 3, 100).By(7), hone.Double("z", 0, 1)),
		"ints on a log scale, and enormous ones": hone.NewSpace(hone.Int("n", 1, 4096).Log(), hone.Int("m", 0, 1<<50), hone.Int("k", -3, 3)),
		"ranges and lists of a single value": hone.NewSpace(hone.Double("x", 2, 2), hone.Int("n", 7, 7), hone.Categorical("c", "only"),
			hone.Discrete("d", 3), hone.Double("y", 0, 1)),
		"numbers in a list": hone.NewSpace(hone.Discrete("batch", 16, 32, 64, 1024), hone.Discrete("d", -1, 0.5, 100), hone.Double("x", 0, 1)),
		"categories of any type": hone.NewSpace(hone.Categorical("c", "a", "b", "c"), hone.Categorical("flag", true, false),
			hone.Categorical("n", 1, "1", 2.5), hone.Double("x", 0, 1), hone.Int("k", 0, 9)),
		"conditions upon conditions": hone.NewSpace(hone.Categorical("kind", "none", "tree", "net"),
			hone.Int("depth", 1, 8).When("kind", "tree"), hone.Categorical("optimizer", "sgd", "adam").When("kind", "net"),
			hone.Double("momentum", 0, 0.99).When("optimizer", "sgd"), hone.Double("lr", 1e-5, 1).Log().When("kind", "net"), hone.Double("x", 0, 1)),
		"constraints, also over conditional parameters": hone.NewSpace(hone.Double("a", 0, 1), hone.Double("b", 0, 1), hone.Int("n", 0, 10),
			hone.Categorical("c", "p", "q", "r"), hone.Int("m", 0, 10).When("c", "p", "q")).Where("a + b <= 0.7", "n + m <= 8", "c != r"),
		"a narrow feasible corner": hone.NewSpace(hone.Double("a", 0, 1), hone.Double("b", 0, 1)).Where("a + b <= 0.02"),
		"a single double":          hone.NewSpace(hone.Double("x", 0, 1)),
		"many dimensions":          manyDimensions(30),
	}
}

func manyDimensions(n int) hone.SearchSpace {
	var parameters []hone.Parameter
	for i := range n {
		parameters = append(parameters, hone.Double(fmt.Sprintf("x%d", i), 0, 1))
	}
	return hone.NewSpace(parameters...)
}

// finiteSpaces are small enough to be used up, with the number of points that satisfy their constraints.
func finiteSpaces() map[string]struct {
	space hone.SearchSpace
	size  int
} {
	type finite = struct {
		space hone.SearchSpace
		size  int
	}
	return map[string]finite{
		"a single point":       {hone.NewSpace(hone.Int("n", 4, 4), hone.Categorical("c", "x")), 1},
		"two categories":       {hone.NewSpace(hone.Categorical("c", "x", "y")), 2},
		"a product":            {hone.NewSpace(hone.Int("n", 0, 3), hone.Categorical("c", "x", "y", "z"), hone.Double("s", 0, 1).By(0.5)), 36},
		"constrained":          {hone.NewSpace(hone.Int("n", 0, 9), hone.Int("m", 0, 9)).Where("n + m <= 5"), 21},
		"skewed":               {hone.NewSpace(hone.Int("n", 1, 40).Log()), 40},
		"conditional":          {hone.NewSpace(hone.Categorical("c", "x", "y"), hone.Int("n", 1, 5).When("c", "x"), hone.Categorical("d", true, false).When("c", "y")), 7},
		"nested and intricate": {hone.NewSpace(hone.Int("layers", 1, 3), hone.Int("u1", 1, 2).When("layers", 1, 2, 3), hone.Int("u2", 1, 2).When("layers", 2, 3), hone.Int("u3", 1, 2).When("layers", 3)), 14},
	}
}

// anySpace draws a space: up to five parameters of all types, conditions among them, perhaps a constraint.
func anySpace(t *rapid.T) *hone.Space {
	s := hone.SearchSpace{}
	for i := range rapid.IntRange(1, 5).Draw(t, "parameters") {
		s.Parameters = append(s.Parameters, anyConditions(t, anyParameter(t, i), s.Parameters))
	}
	// The middle of the range satisfies it, so there is something to find. A condition upon it could leave
	// one point of a space that is infinite otherwise.
	first := s.Parameters[0]
	if first.Type != hone.CategoricalType && !Compile(s).Conditional() && rapid.Bool().Draw(t, "constrained") {
		s = s.Where(fmt.Sprintf("%s <= %g", first.Name, middle(first)))
	}
	return Compile(s)
}

func middle(p hone.Parameter) float64 {
	if p.Type == hone.DiscreteType {
		return p.Values[len(p.Values)/2].Float()
	}
	return (p.Min + p.Max) / 2
}

// spread draws none at all, or something from lo to hi.
func spread(none, lo, hi float64) *rapid.Generator[float64] {
	return rapid.OneOf(rapid.Just(none), rapid.Float64Range(lo, hi))
}

func anyParameter(t *rapid.T, i int) hone.Parameter {
	name := fmt.Sprintf("p%d", i)
	switch rapid.SampledFrom([]string{"double", "log", "step", "int", "logint", "discrete", "categorical"}).Draw(t, "type") {
	case "double":
		lo := rapid.Float64Range(-100, 100).Draw(t, "min")
		return hone.Double(name, lo, lo+spread(0, 0.01, 50).Draw(t, "width"))
	case "log":
		lo := rapid.Float64Range(1e-9, 1).Draw(t, "min")
		return hone.Double(name, lo, lo*spread(1, 1.01, 1e6).Draw(t, "ratio")).Log()
	case "step":
		step := rapid.SampledFrom([]float64{0.1, 0.25, 0.3, 3}).Draw(t, "step")
		return hone.Double(name, -1, -1+step*rapid.Float64Range(1.5, 12).Draw(t, "steps")).By(step)
	case "int":
		return hone.Int(name, -2, rapid.IntRange(-2, 20).Draw(t, "max"))
	case "logint":
		return hone.Int(name, 1, rapid.IntRange(1, 500).Draw(t, "max")).Log()
	case "discrete":
		return hone.Discrete(name, []float64{-4, 0, 0.5, 9, 100}[:rapid.IntRange(1, 5).Draw(t, "values")]...)
	}
	return hone.Categorical(name, []any{"a", "b", true, 7, "7"}[:rapid.IntRange(1, 5).Draw(t, "values")]...)
}

// anyConditions makes p depend on an earlier parameter that has a few values, or on none.
func anyConditions(t *rapid.T, p hone.Parameter, earlier []hone.Parameter) hone.Parameter {
	if len(earlier) == 0 || rapid.IntRange(0, 2).Draw(t, "conditional") > 0 {
		return p
	}
	parent := rapid.SampledFrom(earlier).Draw(t, "parent")
	n := parent.Cardinality()
	if n == 0 || n > 30 {
		return p
	}
	values := rapid.SliceOfNDistinct(rapid.IntRange(0, n-1), 1, min(n, 3), rapid.ID[int]).Draw(t, "when")
	c := hone.Condition{Parameter: parent.Name}
	for _, k := range values {
		c.Values = append(c.Values, parent.At(k))
	}
	p.Conditions = []hone.Condition{c}
	return p
}
