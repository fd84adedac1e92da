package gp

import "math"

// least is the smallest variance that is told, as a share of the function's.
const least = 1e-12

// Predict returns the mean and the variance of the function at x. Into the gradients, unless they are nil,
// it writes their derivatives; those by categories are 0.
func (p *Posterior) Predict(x, gradMean, gradVariance []float64) (mean, variance float64) {
	variance = p.Look(x, gradMean != nil)
	mean = p.Mean(p.alpha)
	if gradMean != nil {
		p.Slopes(p.alpha, gradMean, gradVariance)
	}
	return mean, variance
}

// Look goes to x and returns the variance of the function there. Mean and, if it is asked for, Slopes then
// tell more of that place.
func (p *Posterior) Look(x []float64, slopes bool) (variance float64) {
	n := len(p.rows)
	p.at = p.lift(x, p.at)
	p.k, p.v = resize(p.k, n), resize(p.v, n)
	if !slopes {
		for i, r := range p.rows {
			p.k[i] = p.covariance(p.at, r)
		}
	} else {
		dims := len(p.kinds)
		p.joint, p.single = resize(p.joint, n), resize(p.single, n*dims)
		for i, r := range p.rows {
			p.k[i], p.joint[i] = p.slopes(p.at, r, p.single[i*dims:(i+1)*dims])
		}
	}
	p.times(p.k, p.v)
	variance = p.variance() - dot(p.v, p.v)
	if slopes {
		p.w = resize(p.w, n)
		p.timesBack(p.v, p.w)
	}
	return math.Max(variance, least*p.variance())
}

// Mean is what is expected at the place that was looked at, under some coefficients.
func (p *Posterior) Mean(alpha []float64) float64 { return dot(p.k, alpha) }

// Slopes writes the derivatives of the mean, under some coefficients, and of the variance at the place that
// was looked at. Those by categories are 0.
func (p *Posterior) Slopes(coefficients, gradMean, gradVariance []float64) {
	x, dims := p.at.x, len(p.kinds)
	joint := make([]float64, 2*dims)
	jointMean, jointVariance := joint[:dims], joint[dims:]
	clear(gradMean)
	clear(gradVariance)
	x, gradMean, gradVariance = x[:dims], gradMean[:dims], gradVariance[:dims]
	for i, r := range p.rows {
		alpha, w := coefficients[i], p.w[i]
		a, b := p.joint[i]*alpha, p.joint[i]*w
		single, rx := p.single[i*dims:(i+1)*dims], r.x[:dims]
		for d := range x {
			delta := x[d] - rx[d]
			jointMean[d] += a * delta
			jointVariance[d] += b * delta
			gradMean[d] += alpha * single[d]
			gradVariance[d] += w * single[d]
		}
	}
	for d, kind := range p.kinds {
		if kind == Optional && !math.IsNaN(x[d]) {
			jointMean[d], jointVariance[d] = p.optional(coefficients, d)
		}
		if kind == Category || math.IsNaN(x[d]) {
			gradMean[d], gradVariance[d] = 0, 0
			continue
		}
		byJoint, bySingle := 2*p.Joint[d], -p.share*p.rate[d]*p.rate[d]/3
		gradMean[d] = byJoint*jointMean[d] + bySingle*gradMean[d]
		gradVariance[d] = -2 * (byJoint*jointVariance[d] + bySingle*gradVariance[d])
	}
}

// optional sums up the derivatives of the joint part by a coordinate that is missing in some rows.
func (p *Posterior) optional(coefficients []float64, d int) (mean, variance float64) {
	for i, r := range p.rows {
		if delta := p.at.x[d] - r.x[d]; !math.IsNaN(delta) {
			mean += p.joint[i] * coefficients[i] * delta
			variance += p.joint[i] * p.w[i] * delta
		}
	}
	return mean, variance
}

// lanes is how many points are predicted at once.
const lanes = 4

// PredictAll calls tell with the variance at each of many points and the means there, one for each set of
// coefficients; the slice is used again for the next.
func (p *Posterior) PredictAll(xs [][]float64, coefficients [][]float64, tell func(i int, means []float64, variance float64)) {
	n := len(p.rows)
	p.lanes = resize(p.lanes, lanes*n)
	var k [lanes][]float64
	for c := range k {
		k[c] = p.lanes[c*n : (c+1)*n]
	}
	means := make([]float64, len(coefficients))
	for from := 0; from < len(xs); from += lanes {
		part := xs[from:min(from+lanes, len(xs))]
		for c, x := range part {
			p.at = p.lift(x, p.at)
			for i, r := range p.rows {
				k[c][i] = p.covariance(p.at, r)
			}
		}
		known := p.known(k)
		for c := range part {
			for s, alpha := range coefficients {
				means[s] = dot(k[c], alpha)
			}
			tell(from+c, means, math.Max(p.variance()-known[c], least*p.variance()))
		}
	}
}

// known is the squared length of L⁻¹·k for several k in one go.
func (p *Posterior) known(k [lanes][]float64) (sum [lanes]float64) {
	for i := range p.rows {
		row := p.inverse[i*p.stride : i*p.stride+i+1]
		k0, k1, k2, k3 := k[0][:len(row)], k[1][:len(row)], k[2][:len(row)], k[3][:len(row)]
		var s0, s1, s2, s3 float64
		for j, v := range row {
			s0 += v * k0[j]
			s1 += v * k1[j]
			s2 += v * k2[j]
			s3 += v * k3[j]
		}
		sum[0] += s0 * s0
		sum[1] += s1 * s1
		sum[2] += s2 * s2
		sum[3] += s3 * s3
	}
	return sum
}
