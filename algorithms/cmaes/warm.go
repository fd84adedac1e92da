package cmaes

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/hone-tuner/hone"
)

// Warm starting from trials that others have proposed: Nomura et al. 2021, Warm starting CMA-ES for hyperparameter
// optimization, arXiv 2012.06932, section 4.
const (
	defaultSigma = 0.2
	promising    = 0.1 // share of the trials that the first distribution is made of
	blur         = 0.1 // standard deviation that each of them stands for
	leastKnown   = 20  // trials with a value, and twice as many as there are axes
)

// first begins the first run: around the middle of the space, with what is known as guests, or around the best
// of that when it is much.
func (s *replay) first(h hone.History) {
	n := len(s.axes)
	mean := make([]float64, n)
	for j := range mean {
		mean[j] = 0.5
	}
	middle := newRun(s.coordinates, s.options.population, mean, s.options.sigma, identity(n))
	var known []member
	s.begin(middle)
	for i := range s.start {
		if o := h.At(i); o.Feasible() {
			known = append(known, s.memberOf(o, s.objective.Cost(o.Value), origin{draw: notDrawn}))
		}
	}
	if n == 0 || len(known) < max(leastKnown, 2*n) {
		for _, m := range known {
			s.invite(m)
		}
		return
	}
	rank(known)
	s.begin(s.around(known[:max(2, int(promising*float64(len(known))))]))
}

// around makes a run of the mean and the spread of points.
func (s *replay) around(best []member) *run {
	n := len(s.axes)
	mean := make([]float64, n)
	for _, m := range best {
		for j := range mean {
			mean[j] += m.v[j] / float64(len(best))
		}
	}
	c := mat.NewSymDense(n, nil)
	for j := range n {
		c.SetSym(j, j, blur*blur)
	}
	d := make([]float64, n)
	for _, m := range best {
		for j := range d {
			d[j] = m.v[j] - mean[j]
		}
		c.SymRankOne(c, 1/float64(len(best)), mat.NewVecDense(n, d))
	}
	// The step size takes the determinant, so that the covariance matrix has one of 1.
	logs := 0.0
	for _, length := range newBasis(c).lengths {
		logs += math.Log(length)
	}
	sigma := math.Exp(logs / float64(n))
	c.ScaleSym(1/(sigma*sigma), c)
	return newRun(s.coordinates, s.options.population, mean, sigma, c)
}
