package cmaes

import "math"

// How discrete axes keep moving when the step size is below their steps: Hamano et al. 2025, CatCMA with margin,
// arXiv 2504.07884, sections 3 and 4, after Hamano et al. 2022, arXiv 2205.13482.

// alpha is the least chance with which a discrete axis, or a category, is to change: 27 % that any of them does.
func (c *coordinates) alpha() float64 {
	return 1 - math.Pow(0.73, 1/float64(max(1, c.discrete+len(c.categories))))
}

// barely keeps chances away from 0 and 1/2, where quantiles have no end or no distance.
const barely = 1e-8

// centre moves parents that have another value than the mean into the middle of that value, so that the mean
// takes the whole step; the others make up for the drift of that. It reports the axes with such parents.
func (r *run) centre(members []member, move []float64) []bool {
	succeeded := make([]bool, r.n)
	for j, a := range r.axes {
		if a.values > 0 {
			succeeded[j] = r.centreAxis(j, members, move)
		}
	}
	return succeeded
}

func (r *run) centreAxis(j int, members []member, move []float64) (succeeded bool) {
	a := r.axes[j]
	at := r.binAt(a, r.present.mean[j])
	middle := r.middle(a, at)
	bias, up, down := 0.0, 0.0, 0.0
	var same []int // parents with the value of the mean
	for i, m := range members {
		if move[i] == 0 {
			continue
		}
		v := m.v[j]
		if k := r.binAt(a, v); k != at {
			succeeded = succeeded || m.active == nil || m.active[j]
			m.v[j] = r.middle(a, k)
			bias += m.v[j] - v
			continue
		}
		same = append(same, i)
		up += math.Max(0, middle-v)
		down += math.Min(0, middle-v)
	}
	for _, i := range same {
		switch d := middle - members[i].v[j]; {
		case bias < 0 && d > 0:
			members[i].v[j] += math.Min(1, -bias/up) * d
		case bias > 0 && d < 0:
			members[i].v[j] += math.Min(1, -bias/down) * d
		}
	}
	return succeeded
}

// keepMargin changes the mean and the scale of discrete axes so that other values keep a chance.
func (r *run) keepMargin(next *distribution, succeeded []bool) {
	alpha := r.alpha()
	for j, a := range r.axes {
		if a.values == 0 {
			continue
		}
		deviation := next.sigma * math.Sqrt(math.Max(r.covariance.At(j, j), leastVariance))
		lo, hi := r.bin(a, r.binAt(a, next.mean[j]))
		m := margin{alpha: alpha, deviation: deviation, mean: next.mean[j], scale: next.scale[j], mutation: r.mutations[j], succeeded: succeeded[j]}
		switch {
		case math.IsInf(lo, -1):
			m.edge(hi, -1, r.middle(a, 0))
		case math.IsInf(hi, 1):
			m.edge(lo, 1, r.middle(a, a.values-1))
		default:
			m.between(lo, hi)
		}
		next.mean[j], next.scale[j], r.mutations[j] = m.mean, m.scale, m.mutation
	}
}

// margin is the correction of one axis.
type margin struct {
	alpha       float64
	deviation   float64 // standard deviation without the scale
	mean, scale float64
	mutation    float64 // chance of another value: in the generation before, then in the next
	succeeded   bool    // whether a parent had another value
}

// edge corrects a mean beyond the border to the outermost value, which lies on the given side.
func (m *margin) edge(border, side, middle float64) {
	p := math.Max(tail(math.Abs(m.mean-border)/(m.deviation*m.scale)), m.alpha)
	if !m.succeeded {
		p = math.Min(p, m.mutation)
	}
	p = math.Min(math.Max(p, barely), 0.5-barely)
	m.scale = math.Max(m.scale, math.Abs(middle-border)/(m.deviation*distance(m.alpha)))
	m.mean = border + side*m.deviation*m.scale*distance(p)
	m.mutation = p
}

// between corrects a mean that has values on both sides.
func (m *margin) between(lo, hi float64) {
	low := math.Max(tail((m.mean-lo)/(m.deviation*m.scale)), m.alpha/2)
	high := math.Max(tail((hi-m.mean)/(m.deviation*m.scale)), m.alpha/2)
	middle := 1 - tail((m.mean-lo)/(m.deviation*m.scale)) - tail((hi-m.mean)/(m.deviation*m.scale))
	slack := 3 * m.alpha / 2
	if !m.succeeded {
		middle = math.Max(middle, 1-m.mutation)
		slack = m.alpha + 1 - m.mutation
	}
	if total := low + high + middle; math.Abs(total-slack) > barely {
		excess := (1 - total) / (total - slack)
		low += excess * (low - m.alpha/2)
		high += excess * (high - m.alpha/2)
	}
	low = math.Min(math.Max(low, barely), 0.5-barely)
	high = math.Min(math.Max(high, barely), 0.5-barely)
	below, above := distance(low), distance(high)
	m.scale = (hi - lo) / ((below + above) * m.deviation)
	m.mean = (lo*above + hi*below) / (below + above)
	m.mutation = low + high
}

// tail is the chance that a standard normal number exceeds x.
func tail(x float64) float64 { return math.Erfc(x/math.Sqrt2) / 2 }

// distance is what a standard normal number exceeds with chance p.
func distance(p float64) float64 { return math.Sqrt2 * math.Erfcinv(2*p) }
