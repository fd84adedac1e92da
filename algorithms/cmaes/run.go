package cmaes

import (
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// run is one strategy from its beginning to its convergence.
type run struct {
	rates
	*coordinates
	generation int
	present    *distribution // that members are drawn from; never changed, but replaced
	covariance *mat.SymDense
	pathSigma  []float64 // evolution paths
	pathC      []float64
	stale      int       // generations since the covariance matrix was decomposed
	mutations  []float64 // by axis: the chance that a discrete one changed, in the generation before
	gradient   gradient
	ending     ending
}

// newRun begins at a mean with a standard deviation by axis.
func newRun(c *coordinates, lambda int, mean []float64, sigma float64, covariance *mat.SymDense) *run {
	n := len(c.axes)
	r := &run{rates: newRates(n, lambda), coordinates: c, pathSigma: make([]float64, n), pathC: make([]float64, n),
		covariance: covariance, mutations: make([]float64, n), gradient: newGradient(c)}
	d := &distribution{mean: mean, sigma: sigma, scale: make([]float64, n), basis: &basis{}}
	for j := range n {
		d.scale[j], r.mutations[j] = 1, 0.5
	}
	if n > 0 {
		d.basis = newBasis(covariance)
	}
	for _, g := range c.categories {
		odds := make([]float64, g.values)
		for k := range odds {
			odds[k] = 1 / float64(g.values)
		}
		d.odds = append(d.odds, odds)
	}
	r.present = d
	r.ending = newEnding(r)
	return r
}

// identity is the covariance matrix of a first generation.
func identity(n int) *mat.SymDense {
	if n == 0 {
		return nil
	}
	c := mat.NewSymDense(n, nil)
	for j := range n {
		c.SetSym(j, j, 1)
	}
	return c
}

// update takes one generation's members, and draws the next from what they show.
func (r *run) update(members []member) {
	r.generation++
	rank(members)
	r.ending.observe(members)
	if len(members) < 2 {
		return
	}
	move, adapt := r.weights(len(members))
	move, adapt = share(members, move, adapt)
	if move == nil {
		return // nothing but failures: nothing to learn from
	}
	next := &distribution{sigma: r.present.sigma, basis: r.present.basis, scale: append([]float64(nil), r.present.scale...)}
	next.odds = r.gradient.step(r.present.odds, members, move)
	if r.n > 0 {
		succeeded := r.centre(members, move)
		r.adapt(next, members, move, adapt)
		r.keepMargin(next, succeeded)
	} else {
		next.mean = r.present.mean
	}
	r.present = next
}

// adapt moves the mean and adapts the step size and the covariances (Hansen 2016, figure 6).
func (r *run) adapt(next *distribution, members []member, move, adapt []float64) {
	d := r.present
	steps := make([][]float64, len(members))
	white := make([][]float64, len(members))
	for i, m := range members {
		steps[i], white[i] = r.stepOf(m)
	}
	mean, shift, whiteShift := append([]float64(nil), d.mean...), make([]float64, r.n), make([]float64, r.n)
	squares := 0.0
	for i, w := range move {
		if w == 0 {
			continue
		}
		squares += w * w
		floats.AddScaled(shift, w, steps[i])
		floats.AddScaled(whiteShift, w, white[i])
		for j := range mean {
			if members[i].active == nil || members[i].active[j] {
				mean[j] += w * d.sigma * d.scale[j] * steps[i][j]
			}
		}
	}
	muEff := 1 / squares
	floats.Scale(1-r.cSigma, r.pathSigma)
	floats.AddScaled(r.pathSigma, math.Sqrt(r.cSigma*(2-r.cSigma)*muEff), whiteShift)
	length := floats.Norm(r.pathSigma, 2)
	next.mean = mean
	next.sigma = d.sigma * math.Exp(math.Min(1, r.cSigma/r.dSigma*(length/r.chi-1)))

	// A path that is long because the step size was too small says nothing about the shape.
	steady := 1.0
	if length/math.Sqrt(1-math.Pow(1-r.cSigma, 2*float64(r.generation))) >= (1.4+2/float64(r.n+1))*r.chi {
		steady = 0
	}
	floats.Scale(1-r.cC, r.pathC)
	floats.AddScaled(r.pathC, steady*math.Sqrt(r.cC*(2-r.cC)*muEff), shift)
	r.reshape(steps, white, adapt, steady)
	r.decompose(next)
}

// stepOf is the step that a member is from the mean, in units of the step size, and the same whitened. A
// member that was drawn from an earlier distribution counts by the step that it was there: its rank then says
// as much about the direction as that of any other, and random ranks move nothing.
func (r *run) stepOf(m member) (step, white []float64) {
	d := r.present
	step = make([]float64, r.n)
	for j, a := range r.axes {
		from := d
		if m.own != nil && a.values == 0 {
			from = m.own
		}
		step[j] = (m.v[j] - from.mean[j]) / (from.sigma * from.scale[j])
	}
	white = d.basis.whiten(step)
	if m.own == d {
		return step, white
	}
	// What was not drawn from here may lie anywhere: it is taken as a step of bounded length in its
	// direction (Hansen 2011, Injecting external solutions into CMA-ES, arXiv 1110.4181, eq. 4).
	n := float64(r.n)
	if length, most := floats.Norm(white, 2), math.Sqrt(n)+2*n/(n+2); length > most {
		floats.Scale(most/length, step)
		floats.Scale(most/length, white)
	}
	return step, white
}

// reshape is the rank-one and the active rank-mu update of the covariance matrix (eq. 46 and 47).
func (r *run) reshape(steps, white [][]float64, weights []float64, steady float64) {
	c := r.covariance
	sum := floats.Sum(weights)
	c.ScaleSym(1+r.c1*(1-steady)*r.cC*(2-r.cC)-r.c1-r.cMu*sum, c)
	c.SymRankOne(c, r.c1, mat.NewVecDense(r.n, r.pathC))
	for i, w := range weights {
		if w < 0 {
			w *= float64(r.n) / (floats.Dot(white[i], white[i]) + 1e-8)
		}
		if w != 0 {
			c.SymRankOne(c, r.cMu*w, mat.NewVecDense(r.n, steps[i]))
		}
	}
}

// decompose renews the basis, but not before the matrix can have changed by a tenth or so (section B.2).
func (r *run) decompose(next *distribution) {
	r.stale++
	if float64(r.stale) < 1/(10*float64(r.n)*(r.c1+r.cMu)) {
		return
	}
	r.stale = 0
	if b := newBasis(r.covariance); b != nil {
		next.basis = b
	}
}
