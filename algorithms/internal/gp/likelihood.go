package gp

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/lapack64"
)

// likelihood evaluates the loss for one set of data.
type likelihood struct {
	n, dims int
	data    Data
	prior   Prior
	apart   []float64 // for each pair i > j, the distance in each coordinate
	joint   []float64 // for each pair, the correlation of the joint part,
	slope   []float64 // its derivative by the squared distance
	sum     []float64 // and the mean correlation of the single parts
	single  []float64 // for each pair, the derivatives of those by the logarithms of their weights
	points  []point
	k       blas64.Symmetric
	alpha   []float64
}

func newLikelihood(data Data, prior Prior) *likelihood {
	n, dims := len(data.X), len(data.Kinds)
	pairs := n * (n - 1) / 2
	room := make([]float64, pairs*(3+2*dims))
	cut := func(n int) (part []float64) {
		part, room = room[:n:n], room[n:]
		return part
	}
	l := &likelihood{n: n, dims: dims, data: data, prior: prior,
		apart: cut(pairs * dims), single: cut(pairs * dims), joint: cut(pairs), slope: cut(pairs), sum: cut(pairs),
		points: make([]point, n), alpha: make([]float64, n),
		k: blas64.Symmetric{N: n, Stride: n, Data: make([]float64, n*n), Uplo: blas.Lower}}
	at := 0
	for i := range n {
		for j := range i {
			for d, kind := range data.Kinds {
				l.apart[at] = apart(data.X[i][d], data.X[j][d], kind)
				at++
			}
		}
	}
	return l
}

// loss is minus the logarithm of likelihood and prior, with its gradient (Rasmussen and Williams 2006, eqs. 5.8
// and 5.9).
func (l *likelihood) loss(theta, gradient []float64) float64 {
	h := hyper(theta, l.dims)
	l.build(newKernel(h, l.data.Kinds))
	chol, ok := lapack64.Potrf(l.k)
	if !ok {
		clear(gradient)
		return math.Inf(1)
	}
	loss := 0.0
	for i := range l.n {
		loss += math.Log(chol.Data[i*chol.Stride+i])
	}
	copy(l.alpha, l.data.Y)
	a := blas64.Vector{N: l.n, Data: l.alpha, Inc: 1}
	blas64.Trsv(blas.NoTrans, chol, a)
	blas64.Trsv(blas.Trans, chol, a)
	for i, y := range l.data.Y {
		loss += 0.5 * y * l.alpha[i]
	}
	inverse, ok := lapack64.Potri(chol)
	if !ok {
		clear(gradient)
		return math.Inf(1)
	}
	l.slopes(h, inverse, gradient)
	return loss + l.prior.penalty(l.data.Kinds, theta, gradient)
}

// build fills in the correlations and the lower half of the covariance.
func (l *likelihood) build(k *kernel) {
	for i, x := range l.data.X {
		l.points[i] = k.lift(x, l.points[i])
	}
	pair := 0
	for i := range l.n {
		row := l.k.Data[i*l.n:]
		for j := range i {
			l.pair(k, pair, i, j)
			row[j] = k.Scale*l.joint[pair] + k.Sum*l.sum[pair]
			pair++
		}
		row[i] = k.variance() + k.Noise
	}
}

// pair computes what is kept of one pair.
func (l *likelihood) pair(k *kernel, pair, i, j int) {
	n := k.numbers
	apart, single := l.apart[pair*l.dims:(pair+1)*l.dims], l.single[pair*l.dims:(pair+1)*l.dims]
	up, down := l.points[i].up[:n], l.points[i].down[:n]
	up2, down2 := l.points[j].up[:n], l.points[j].down[:n]
	joint, rate := k.Joint[:len(apart)], k.rate[:len(apart)]
	q, sum := 0.0, 0.0
	for d := range up {
		delta := apart[d]
		q += joint[d] * (delta * delta)
		t := rate[d] * delta
		e := min(up[d]*down2[d], down[d]*up2[d])
		sum += (1 + t*(1+t*(1.0/3))) * e
		single[d] = t * t * (1 + t) * e
	}
	for d := n; d < len(apart); d++ {
		delta := apart[d]
		if delta == 0 {
			sum++
			single[d] = 0
			continue
		}
		q += joint[d] * (delta * delta)
		t := rate[d] * delta
		e := k.exp(t)
		sum += (1 + t*(1+t*(1.0/3))) * e
		single[d] = t * t * (1 + t) * e
	}
	l.sum[pair] = sum / float64(max(1, l.dims))
	l.joint[pair], l.slope[pair] = k.matern(q)
}

// slopes writes the gradient of minus the log likelihood: half the trace of G times the derivative of the
// covariance, where G is its inverse less ααᵀ.
func (l *likelihood) slopes(h Hyper, inverse blas64.Symmetric, gradient []float64) {
	clear(gradient)
	byJoint, bySingle := gradient[:l.dims], gradient[l.dims:2*l.dims]
	trace, scale, sum := 0.0, 0.0, 0.0
	pair := 0
	for i := range l.n {
		row := inverse.Data[i*inverse.Stride:]
		for j := range i {
			g := row[j] - l.alpha[i]*l.alpha[j]
			scale += g * l.joint[pair]
			sum += g * l.sum[pair]
			c := g * l.slope[pair]
			apart, single := l.apart[pair*l.dims:(pair+1)*l.dims], l.single[pair*l.dims:(pair+1)*l.dims]
			for d, delta := range apart {
				byJoint[d] += c * (delta * delta)
				bySingle[d] += g * single[d]
			}
			pair++
		}
		trace += row[i] - l.alpha[i]*l.alpha[i]
	}
	share := h.Sum / float64(max(1, l.dims))
	for d := range byJoint {
		byJoint[d] *= h.Scale * h.Joint[d]
		bySingle[d] *= -share / 6
	}
	gradient[2*l.dims] = h.Scale * (scale + 0.5*trace)
	gradient[2*l.dims+1] = h.Sum * (sum + 0.5*trace)
	gradient[2*l.dims+2] = 0.5 * h.Noise * trace
}
