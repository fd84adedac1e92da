package gp

import (
	"context"
	"math"

	"github.com/hone-tuner/hone/algorithms/internal/lbfgs"
)

// Prior says what hyperparameters are likely before anything is known. Lengths are squared length scales.
type Prior struct {
	Joint, Scale, Single, Sum, Noise LogNormal
	// Categories is how many times longer the squared joint lengths of categories are than those of numbers.
	Categories float64
}

// LogNormal is the prior of one hyperparameter, inside its bounds.
type LogNormal struct {
	Median    float64
	Precision float64 // of the logarithm: one over its variance
}

// Bounds of the hyperparameters.
const (
	minJoint, maxJoint   = 1e-2, 1e4 // squared lengths
	minSingle, maxSingle = 1e-3, 1e4
	minScale, maxScale   = 1e-6, 10
	minNoise, maxNoise   = 1e-8, 1
)

// Data are readings: a row of coordinates and a value for each.
type Data struct {
	X     [][]float64
	Y     []float64
	Kinds []Kind // of the coordinates
}

// Median is the hyperparameters that the prior expects.
func (p Prior) Median(kinds []Kind) Hyper {
	coordinates := len(kinds)
	h := Hyper{Joint: make([]float64, coordinates), Scale: p.Scale.Median, Single: make([]float64, coordinates), Sum: p.Sum.Median, Noise: p.Noise.Median}
	for d := range coordinates {
		h.Joint[d], h.Single[d] = 1/p.joint(kinds[d]).Median, 1/p.Single.Median
	}
	return h
}

// joint is the prior of the squared joint length of a coordinate.
func (p Prior) joint(kind Kind) LogNormal {
	prior := p.Joint
	if kind == Category {
		prior.Median *= p.Categories
	}
	return prior
}

// Fit finds the hyperparameters under which the data are most likely, times the prior, and the logarithm of
// that likelihood but for a constant. It climbs from a start and computes the likelihood a number of times at
// most. Without readings the answer is what the prior expects.
func Fit(ctx context.Context, data Data, prior Prior, start Hyper, evaluations int) (Hyper, float64, error) {
	if len(data.X) == 0 {
		return prior.Median(data.Kinds), 0, ctx.Err()
	}
	l := newLikelihood(data, prior)
	lo, hi := bounds(l.dims)
	f := func(theta, gradient []float64) float64 {
		if ctx.Err() != nil {
			return math.Inf(1)
		}
		return l.loss(theta, gradient)
	}
	at, loss := lbfgs.Minimize(lbfgs.Problem{F: f, Lo: lo, Hi: hi, Evaluations: evaluations, Gradient: 1e-2, Decrease: 1e-5}, start.theta())
	return hyper(at, l.dims), -loss, ctx.Err()
}

// theta is the vector that the search moves: logarithms of the joint weights, the single weights, the two
// variances and the noise.
func (h Hyper) theta() []float64 {
	n := len(h.Joint)
	theta := make([]float64, 2*n+3)
	for d := range n {
		theta[d], theta[n+d] = math.Log(h.Joint[d]), math.Log(h.Single[d])
	}
	theta[2*n], theta[2*n+1], theta[2*n+2] = math.Log(h.Scale), math.Log(h.Sum), math.Log(h.Noise)
	return theta
}

func hyper(theta []float64, n int) Hyper {
	h := Hyper{Joint: make([]float64, n), Single: make([]float64, n), Scale: math.Exp(theta[2*n]), Sum: math.Exp(theta[2*n+1]), Noise: math.Exp(theta[2*n+2])}
	for d := range n {
		h.Joint[d], h.Single[d] = math.Exp(theta[d]), math.Exp(theta[n+d])
	}
	return h
}

func bounds(n int) (lo, hi []float64) {
	lo, hi = make([]float64, 2*n+3), make([]float64, 2*n+3)
	for d := range n {
		lo[d], hi[d] = -math.Log(maxJoint), -math.Log(minJoint)
		lo[n+d], hi[n+d] = -math.Log(maxSingle), -math.Log(minSingle)
	}
	lo[2*n], hi[2*n] = math.Log(minScale), math.Log(maxScale)
	lo[2*n+1], hi[2*n+1] = math.Log(minScale), math.Log(maxScale)
	lo[2*n+2], hi[2*n+2] = math.Log(minNoise), math.Log(maxNoise)
	return lo, hi
}

// penalty is minus the logarithm of the prior, and adds its gradient.
func (p Prior) penalty(kinds []Kind, theta, gradient []float64) float64 {
	n := len(kinds)
	sum := 0.0
	add := func(i int, prior LogNormal, median float64) {
		d := theta[i] - median
		sum += 0.5 * prior.Precision * d * d
		gradient[i] += prior.Precision * d
	}
	single := -math.Log(p.Single.Median)
	for d := range n {
		joint := p.joint(kinds[d])
		add(d, joint, -math.Log(joint.Median))
		add(n+d, p.Single, single)
	}
	add(2*n, p.Scale, math.Log(p.Scale.Median))
	add(2*n+1, p.Sum, math.Log(p.Sum.Median))
	add(2*n+2, p.Noise, math.Log(p.Noise.Median))
	return sum
}
