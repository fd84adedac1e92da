package bayesian

import (
	"math"
	"slices"

	"github.com/hone-tuner/hone/algorithms/internal/gp"
	"github.com/hone-tuner/hone/algorithms/internal/lbfgs"
	"github.com/hone-tuner/hone/internal/points"
)

// Limits of the search from one start.
const (
	rounds     = 4  // of continuous and discrete steps in turn
	climbCalls = 24 // evaluations of one continuous step
	moves      = 12 // discrete steps in one round
	// relaxed is the number of values from which on an ordered parameter takes part in continuous steps.
	relaxed = 16
	// alternatives is how many other categories are looked at in one step.
	alternatives = 16
)

// improve climbs from a candidate: along the gradient in what is continuous, to better neighbours in what
// is not, until neither helps.
func (s *searching) improve(c *candidate) *candidate {
	for range rounds {
		before := c.value
		c = s.climb(c)
		next := s.step(c)
		if next == c || next.value < before+1e-4 {
			return next
		}
		c = next
	}
	return c
}

// climb follows the gradient of the acquisition. Ordered parameters of many values are taken
// for continuous and rounded at the end.
func (s *searching) climb(c *candidate) *candidate {
	free := s.freeFeatures(c)
	if len(free) == 0 {
		return c
	}
	// In units of the length scales, all coordinates are alike.
	unit := make([]float64, len(free))
	lo, hi, z := make([]float64, len(free)), make([]float64, len(free)), make([]float64, len(free))
	for k, i := range free {
		unit[k] = math.Min(math.Max(math.Sqrt(s.surface.Joint[i]), 0.1), 10)
		hi[k] = unit[k]
		z[k] = c.x[i] * unit[k]
	}
	x, gradient, scratch := slices.Clone(c.x), make([]float64, len(c.x)), make([]float64, len(c.x))
	f := func(z, g []float64) float64 {
		for k, i := range free {
			x[i] = z[k] / unit[k]
		}
		value := s.climbing(x, gradient, scratch)
		for k, i := range free {
			g[k] = -gradient[i] / unit[k]
		}
		return -value
	}
	top, _ := lbfgs.Minimize(lbfgs.Problem{F: f, Lo: lo, Hi: hi, Evaluations: climbCalls, Gradient: 1e-3, Decrease: 1e-4}, z)
	target := slices.Clone(c.u)
	for k, i := range free {
		target[s.encoder.features[i].parameter] = top[k] / unit[k]
	}
	return s.towards(c, target)
}

// freeFeatures lists the active features that the gradient moves.
func (s *searching) freeFeatures(c *candidate) []int {
	var free []int
	for i, f := range s.encoder.features {
		if c.on[f.parameter] && f.kind != gp.Category && (f.values == 0 || f.values > relaxed) {
			free = append(free, i)
		}
	}
	return free
}

// towards goes to the target, or as far on the straight way as constraints allow and as it helps.
func (s *searching) towards(c *candidate, target []float64) *candidate {
	for share := 1.0; share > 0.01; share /= 2 {
		u := make([]float64, len(target))
		for i := range u {
			u[i] = c.u[i] + share*(target[i]-c.u[i])
		}
		next := s.make(u)
		if next == nil {
			continue
		}
		if s.evaluate([]*candidate{next}); next.value > c.value {
			return next
		}
	}
	return c
}

// step goes to the best neighbour by one discrete parameter, again and again. It returns c itself when none
// is better.
func (s *searching) step(c *candidate) *candidate {
	for range moves {
		all := s.neighbours(c)
		s.evaluate(all)
		best := c
		for _, next := range all {
			if next.value > best.value+1e-9 {
				best = next
			}
		}
		if best == c {
			break
		}
		c = best
	}
	return c
}

// neighbours are the points that differ in one discrete parameter: by a step up or down, by one as far away
// as there are few values, or by another category.
func (s *searching) neighbours(c *candidate) []*candidate {
	var all []*candidate
	for _, f := range s.encoder.features {
		if !c.on[f.parameter] || f.values == 0 {
			continue
		}
		at := f.p.Index(s.space.ValueAt(f.parameter, c.u[f.parameter]))
		for _, k := range s.others(at, f.values, f.kind == gp.Category) {
			lo, hi := s.space.Bin(f.parameter, k)
			u := slices.Clone(c.u)
			u[f.parameter] = (lo + hi) / 2
			if next := s.make(u); next != nil {
				all = append(all, next)
			}
		}
	}
	return all
}

// others chooses the values to go to from value at, of n.
func (s *searching) others(at, n int, categorical bool) []int {
	var all []int
	switch {
	case n <= alternatives:
		for k := range n {
			if k != at {
				all = append(all, k)
			}
		}
	case categorical:
		for i := range alternatives {
			all = append(all, int(points.Mix(uint64(at*alternatives+i))%uint64(n)))
		}
	default:
		for _, k := range []int{at - 1, at + 1} {
			if k >= 0 && k < n {
				all = append(all, k)
			}
		}
	}
	return all
}
