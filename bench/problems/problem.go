package problems

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/hone-tuner/hone"
)

// Group is a kind of problem; the tables of results have a row for each.
type Group string

// The groups.
const (
	BBOB        Group = "bbob"        // the 24 noiseless functions of COCO, shifted and rotated
	Classic     Group = "classic"     // named functions of the literature, shifted
	Mixed       Group = "mixed"       // some parameters are ints or ordered choices
	Categorical Group = "categorical" // some parameters are categories
	Conditional Group = "conditional" // which parameters there are depends on others
	Noisy       Group = "noisy"       // what is observed is the value plus noise
	Infeasible  Group = "infeasible"  // some points have no value
	Constrained Group = "constrained" // points must satisfy conditions that are known beforehand
	Table       Group = "table"       // results of real trainings, looked up
	Live        Group = "live"        // real trainings, done while the tuner waits
)

// Problem is a function to minimize over a search space. Its fields are not changed once it is made; its
// methods may be called by many at once.
type Problem struct {
	Name  string // unique, such as "bbob-f8-d5-i1"; lower case, digits and dashes
	Group Group
	Space *hone.Space
	// Optimum is the least value that there is, noise aside, or the least that is known.
	Optimum float64
	// Noise is the standard deviation of the normal noise that is added to what a tuner sees.
	Noise float64
	// Reserve marks the part of the suite that is set aside: it is looked at only for the final table.
	Reserve bool
	// Small marks the few problems that slow tuners run, too: some of every group.
	Small bool
	// Value is the value of a point without noise, NaN where it has none.
	Value func(hone.Assignments) float64
	// Best is a point that has the value Optimum; nil where none is known. It is for tests: a tuner must not see it.
	Best hone.Assignments

	observe func(hone.Assignments, *rand.Rand) float64 // what a tuner sees, where it is not the value plus noise
	once    sync.Once
	typical float64
}

// Observe is what a tuner sees of a point. The generator gives the noise.
func (p *Problem) Observe(a hone.Assignments, rng *rand.Rand) float64 {
	if p.observe != nil {
		return p.observe(a, rng)
	}
	v := p.Value(a)
	if p.Noise > 0 {
		v += p.Noise * rng.NormFloat64()
	}
	return v
}

// typicalPoints is how many random points the typical value is the median of.
const typicalPoints = 1001

// Typical is the median value of random points that have one: what a tuner finds that does not try.
func (p *Problem) Typical() float64 {
	p.once.Do(func() {
		rng := rand.New(rand.NewPCG(0x7479706963616c, uint64(len(p.Name)))) //nolint:gosec // reproducible, not secret
		var values []float64
		u := make([]float64, p.Space.Len())
		for tries := 0; len(values) < typicalPoints && tries < 100*typicalPoints; tries++ {
			for i := range u {
				u[i] = rng.Float64()
			}
			a := p.Space.FromUnit(u)
			if p.Space.Check(a) != nil {
				continue
			}
			if v := p.Value(a); !math.IsNaN(v) {
				values = append(values, v)
			}
		}
		slices.Sort(values)
		p.typical = values[len(values)/2]
	})
	return p.typical
}

// preset sets the typical value of a problem for which it is known.
func (p *Problem) preset(typical float64) { p.once.Do(func() { p.typical = typical }) }

// Regret is how far a value (without noise) is from the optimum: 0 at the optimum, 1 at the median of random
// points. What is worse than that median counts as 1 too, as in Bayesmark, and so does NaN or +Inf, the value
// of a run that has found nothing: else the first point with a value could be worse than none.
func (p *Problem) Regret(value float64) float64 {
	if math.IsNaN(value) {
		return 1
	}
	return min(1, max(0, (value-p.Optimum)/(p.Typical()-p.Optimum)))
}
