package cmaes

import "math"

// gradient moves the chances of categories along the natural gradient, with a step that grows while steps agree
// and shrinks while they do not: Akimoto et al. 2019, Adaptive stochastic natural gradient method, ICML, appendix B,
// as Hamano et al. 2025, arXiv 2504.07884, use it.
type gradient struct {
	least   []float64 // by category: the chance that each value keeps
	path    []float64 // of normalised gradients
	squares float64   // expected squared length of the path when gradients are random
	delta   float64   // reciprocal of the step length
}

// agreement is how much longer than a random one the path must be for steps to grow.
const agreement = 1.5

func newGradient(c *coordinates) gradient {
	g := gradient{delta: 1}
	free := 0
	for _, x := range c.categories {
		g.least = append(g.least, c.alpha()/float64(x.values-1))
		free += x.values - 1
	}
	g.path = make([]float64, free)
	return g
}

// step returns the chances of the next generation. A member in which a category is not active does not count
// for it.
func (g *gradient) step(odds [][]float64, members []member, move []float64) [][]float64 {
	if len(odds) == 0 {
		return nil
	}
	next := make([][]float64, len(odds))
	direction := make([][]float64, len(odds))
	for c, q := range odds {
		next[c], direction[c] = append([]float64(nil), q...), make([]float64, len(q))
		for i, w := range move {
			k := members[i].chosen[c]
			if k < 0 || w == 0 {
				continue
			}
			for v := range q {
				direction[c][v] -= w * q[v]
			}
			direction[c][k] += w
		}
	}
	white := whitened(odds, direction)
	length := 0.0
	for _, x := range white {
		length += x * x
	}
	length = math.Sqrt(length) + barely
	step := 1 / g.delta
	for c := range next {
		for v := range next[c] {
			next[c][v] += step / length * direction[c][v]
		}
		keep(next[c], g.least[c])
	}
	g.adapt(white, length, step)
	return next
}

// adapt changes the length of the steps.
func (g *gradient) adapt(white []float64, length, step float64) {
	beta := math.Min(1, step/math.Sqrt(float64(len(g.path))))
	square := 0.0
	for i := range g.path {
		g.path[i] = (1-beta)*g.path[i] + math.Sqrt(beta*(2-beta))*white[i]/length
		square += g.path[i] * g.path[i]
	}
	g.squares = (1-beta)*(1-beta)*g.squares + beta*(2-beta)
	g.delta *= math.Exp(beta * (g.squares - square/agreement))
}

// whitened multiplies a direction by the square root of the Fisher information, in the parameters that are free.
func whitened(odds, direction [][]float64) []float64 {
	var all []float64
	for c, q := range odds {
		last := len(q) - 1
		sum := 0.0
		for v := range last {
			sum += direction[c][v]
		}
		for v := range last {
			root := math.Sqrt(q[v])
			all = append(all, direction[c][v]/root+root*sum/(q[last]+math.Sqrt(q[last])))
		}
	}
	return all
}

// keep leaves each value its least chance, and lets the chances add up to one.
func keep(q []float64, least float64) {
	sum := 0.0
	for v := range q {
		q[v] = math.Max(q[v], least)
		sum += q[v]
	}
	if spare := sum - least*float64(len(q)); spare > 0 {
		for v := range q {
			q[v] -= (sum - 1) * (q[v] - least) / spare
		}
	}
	sum = 0
	for _, x := range q {
		sum += x
	}
	for v := range q {
		q[v] /= sum
	}
}
