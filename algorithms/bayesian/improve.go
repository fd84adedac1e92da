package bayesian

import (
	"math"

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
func (s *searching) improve(c candidate) candidate {
	for range rounds {
		before := c.value
		c = s.climb(c)
		moved := s.step(&c)
		if !moved || c.value < before+1e-4 {
			break
		}
	}
	return c
}

// climb follows the gradient of the acquisition. Ordered parameters of many values are taken
// for continuous and rounded at the end.
func (s *searching) climb(c candidate) candidate {
	free := s.freeFeatures(c)
	if len(free) == 0 {
		return c
	}
	// In units of the length scales, all coordinates are alike.
	unit := make([]float64, len(free))
	lo, hi, z := make([]float64, len(free)), make([]float64, len(free)), make([]float64, len(free))
	for k, i := range free {
		unit[k] = math.Min(math.Max(math.Sqrt(s.process.Hyper().Weights[i]), 0.1), 10)
		hi[k] = unit[k]
		z[k] = c.x[i] * unit[k]
	}
	x, gradient := append([]float64(nil), c.x...), make([]float64, len(c.x))
	f := func(z, g []float64) float64 {
		for k, i := range free {
			x[i] = z[k] / unit[k]
		}
		value := s.model.value(x, gradient)
		for k, i := range free {
			g[k] = -gradient[i] / unit[k]
		}
		return -value
	}
	top, _ := lbfgs.Minimize(lbfgs.Problem{F: f, Lo: lo, Hi: hi, Evaluations: climbCalls, Gradient: 1e-3, Decrease: 1e-4}, z)
	target := append([]float64(nil), c.u...)
	for k, i := range free {
		target[s.encoder.features[i].parameter] = top[k] / unit[k]
	}
	return s.towards(c, target)
}

// freeFeatures lists the active features that the gradient moves.
func (s *searching) freeFeatures(c candidate) []int {
	var free []int
	on := s.encoder.active(c.a)
	for i, f := range s.encoder.features {
		if on[i] && !s.encoder.categorical[i] && (f.values == 0 || f.values > relaxed) {
			free = append(free, i)
		}
	}
	return free
}

// towards goes to the target, or as far on the straight way as constraints allow and as it helps.
func (s *searching) towards(c candidate, target []float64) candidate {
	for share := 1.0; share > 0.01; share /= 2 {
		u := make([]float64, len(target))
		for i := range u {
			u[i] = c.u[i] + share*(target[i]-c.u[i])
		}
		next, ok := s.make(u)
		if !ok {
			continue
		}
		next.value = s.model.value(next.x, nil)
		if next.value > c.value {
			return next
		}
	}
	return c
}

// step goes to the best neighbour by one discrete parameter, again and again. It reports whether it moved.
func (s *searching) step(c *candidate) bool {
	moved := false
	for range moves {
		best := *c
		for _, u := range s.neighbours(*c) {
			next, ok := s.make(u)
			if !ok {
				continue
			}
			if next.value = s.model.value(next.x, nil); next.value > best.value+1e-9 {
				best = next
			}
		}
		if best.value <= c.value {
			return moved
		}
		*c, moved = best, true
	}
	return moved
}

// neighbours are the points that differ in one discrete parameter: by a step up or down, by one as far away
// as there are few values, or by another category.
func (s *searching) neighbours(c candidate) [][]float64 {
	var all [][]float64
	on := s.encoder.active(c.a)
	for i, f := range s.encoder.features {
		if !on[i] || f.values == 0 {
			continue
		}
		v, _ := c.a.Get(f.p.Name)
		at := f.p.Index(v)
		for _, k := range s.others(at, f.values, s.encoder.categorical[i]) {
			lo, hi := s.space.Bin(f.parameter, k)
			u := append([]float64(nil), c.u...)
			u[f.parameter] = (lo + hi) / 2
			all = append(all, u)
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
