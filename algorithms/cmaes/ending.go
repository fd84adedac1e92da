package cmaes

import (
	"math"
	"slices"
)

// When a run has converged or is stuck: Hansen 2009, Benchmarking a BI-population CMA-ES on the BBOB-2009
// function testbed, section 2.
const (
	tolerance     = 1e-12 // of values, and of steps as a share of the first
	mostGrowth    = 1e4   // of the step size along the longest axis
	mostCondition = 1e14
	manyDraws     = 32 // for one point: nearly all around are taken, if all axes are discrete
)

// ending watches for the end of a run.
type ending struct {
	lambda   int
	first    float64   // step size of the first generation
	spread   float64   // range of the values of the first generation
	best     []float64 // by generation, the newest last
	middle   []float64 // medians
	trouble  int       // points of this generation that took many draws
	crowded  bool      // whether most points of a generation took many
	memory   int       // generations over which values must change
	patience int       // generations after which a run may be stagnant
}

func newEnding(r *run) ending {
	n, lambda := float64(r.n), float64(r.lambda)
	return ending{lambda: r.lambda, first: r.present.sigma, spread: math.NaN(), memory: 10 + int(math.Ceil(30*n/lambda)), patience: 120 + int(30*n/lambda)}
}

// observe takes the ranked members of a generation.
func (e *ending) observe(members []member) {
	e.crowded = 2*e.trouble > e.lambda
	e.trouble = 0
	feasible := 0
	for feasible < len(members) && !math.IsNaN(members[feasible].cost) {
		feasible++
	}
	if feasible == 0 {
		return
	}
	best, worst := members[0].cost, members[feasible-1].cost
	if math.IsNaN(e.spread) {
		e.spread = worst - best
	}
	e.best = append(e.best, best)
	e.middle = append(e.middle, members[feasible/2].cost)
	if most := max(e.memory, 20_000); len(e.best) > 2*most {
		e.best = append(e.best[:0], e.best[len(e.best)-most:]...)
		e.middle = append(e.middle[:0], e.middle[len(e.middle)-most:]...)
	}
}

// ended reports whether going on is in vain.
func (r *run) ended() bool {
	return r.ending.crowded || r.ending.flat() || r.ending.stagnant() || r.n > 0 && r.collapsed()
}

// flat reports whether the values have stopped changing: by less than the tolerance, which shrinks with the
// range of the values if that is small.
func (e *ending) flat() bool {
	if len(e.best) < e.memory {
		return false
	}
	last := e.best[len(e.best)-e.memory:]
	all := max(slices.Max(last), e.middle[len(e.middle)-1]) - slices.Min(last)
	return all <= tolerance*math.Min(1, e.spread)
}

// stagnant reports whether the newest third of the generations is no better than the oldest, in the best
// and in the median values.
func (e *ending) stagnant() bool {
	window := max(e.patience, len(e.best)/5)
	if len(e.best) < window || len(e.best) < e.patience {
		return false
	}
	return !improves(e.best[len(e.best)-window:]) && !improves(e.middle[len(e.middle)-window:])
}

func improves(values []float64) bool {
	third := len(values) / 3
	return median(values[len(values)-third:]) < median(values[:third])
}

func median(values []float64) float64 {
	s := slices.Clone(values)
	slices.Sort(s)
	return s[len(s)/2]
}

// collapsed reports whether the distribution has no extent left, too much of it, or one that cannot be
// reckoned with any more.
func (r *run) collapsed() bool {
	d := r.present
	longest := d.basis.lengths[r.n-1]
	if d.sigma*longest > mostGrowth*r.ending.first || d.basis.condition() > mostCondition {
		return true
	}
	small, still := true, true
	for j := range r.axes {
		deviation := d.sigma * math.Sqrt(math.Max(r.covariance.At(j, j), leastVariance))
		small = small && deviation < tolerance*r.ending.first && math.Abs(d.sigma*r.pathC[j]) < tolerance*r.ending.first
		if r.axes[j].values == 0 && d.mean[j] == d.mean[j]+0.2*deviation {
			return true
		}
	}
	k := r.generation % r.n
	for j := range r.axes {
		still = still && d.mean[j] == d.mean[j]+0.1*d.sigma*d.scale[j]*d.basis.lengths[k]*d.basis.vectors[j*r.n+k]
	}
	return small || still
}
