package problems

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/spec"
)

// constrainedProblems have conditions that the tuner knows beforehand and that every point must satisfy. The best point
// does: it was there before the conditions were chosen.
func constrainedProblems(all []*Problem) []*Problem {
	compiler := spec.New(hone.Catalog{})
	out := derive(all, "constrained", func(p, from *Problem) {
		p.Group = Constrained
		conditions := conditionsOf(p, generator(p.Name))
		p.Space = compile(hone.NewSpace(from.Space.Parameters()...).Where(conditions...), compiler)
	}, []string{
		"bbob-f8-d5-i1", "bbob-f10-d5-i1", "bbob-f17-d10-i1", "bbob-f22-d2-i1", "bbob-f15-d10-i1", "classic-hartmann6", "classic-hartmann3",
		"mixed-training-f8", "mixed-training-f21", "categorical-choice5-i1",
	})
	return append(out, vesselKnown(compiler))
}

// conditionsOf chooses conditions that the best point satisfies and that 40 to 80 % of all points do. It draws
// them until they are so.
func conditionsOf(p *Problem, rng *rand.Rand) []string {
	compiler := spec.New(hone.Catalog{})
	for {
		conditions := draftOf(p, rng)
		space := compile(hone.NewSpace(p.Space.Parameters()...).Where(conditions...), compiler)
		if !space.Satisfies(p.Best) {
			continue
		}
		kept := 0
		for range 200 {
			if space.Satisfies(space.Draw(rng)) {
				kept++
			}
		}
		if kept >= 80 && kept <= 160 {
			return conditions
		}
	}
}

// draftOf draws conditions of the kind that fits the parameters.
func draftOf(p *Problem, rng *rand.Rand) []string {
	switch {
	case p.Space.Lookup("units") >= 0:
		return []string{
			fmt.Sprintf("units * layers <= %d", 400+rng.IntN(3000)),
			fmt.Sprintf("batch <= %d || lr >= %.3g", 32<<rng.IntN(4), math.Pow(10, -4+3*rng.Float64())),
		}
	case p.Space.Lookup("variant") >= 0:
		other := string(rune('a' + rng.IntN(5)))
		return []string{
			fmt.Sprintf("!(model in ['%s', '%c']) || variant == '%c'", other, 'a'+rng.IntN(5), 'p'+rng.IntN(3)),
			fmt.Sprintf("model != '%s' || x1 + x2 <= %.2f", other, 4*rng.NormFloat64()),
		}
	case p.Space.Len() == 2:
		return []string{ball(p, rng)}
	case strings.Contains(p.Name, "hartmann"):
		i := 1 + rng.IntN(p.Space.Len()-1)
		return []string{fmt.Sprintf("x%d <= x%d + %.2f", i, i+1, rng.Float64()), plane(p, rng)}
	}
	return []string{plane(p, rng)}
}

// plane is a condition on a weighted sum of all parameters, which the best point satisfies: every other time with
// nothing to spare.
func plane(p *Problem, rng *rand.Rand) string {
	sum := 0.0
	var terms []string
	for _, x := range p.Best {
		w := math.Round(200*(rng.Float64()-0.5)) / 100
		sum += w * x.Value.Float()
		terms = append(terms, fmt.Sprintf("%.2f * %s", w, x.Parameter))
	}
	if rng.IntN(2) == 0 {
		sum += rng.Float64()
	}
	return fmt.Sprintf("%s <= %.9f", strings.Join(terms, " + "), sum+1e-8)
}

// ball is a condition on the distance from a point: further away than that.
func ball(p *Problem, rng *rand.Rand) string {
	var terms []string
	for _, q := range p.Space.Parameters() {
		middle := q.Min + (q.Max-q.Min)*rng.Float64()
		terms = append(terms, fmt.Sprintf("(%[1]s - (%.2[2]f)) * (%[1]s - (%.2[2]f))", q.Name, middle))
	}
	return fmt.Sprintf("%s >= %.2f", strings.Join(terms, " + "), 4+30*rng.Float64())
}

// vesselKnown is the pressure vessel with the conditions told.
func vesselKnown(compiler hone.ConstraintCompiler) *Problem {
	p := &Problem{Name: "constrained-pressure4", Group: Constrained}
	p.Space = compile(hone.NewSpace(vesselParameters()...).Where(
		"shell >= 0.0193 * radius",
		"head >= 0.00954 * radius",
		"3.141592653589793 * radius * radius * length + 4.1887902047863905 * radius * radius * radius >= 1296000",
	), compiler)
	best := vesselBest()
	p.Best, p.Optimum = point(p.Space, best), vesselCost(best)
	p.Value = func(a hone.Assignments) float64 { return vesselCost(numbers(a)) }
	return p
}
