package gp

import "math"

// Kind says how two values of a coordinate differ.
type Kind uint8

// The kinds of coordinates. All numbers stand before all others.
const (
	// Number is a number that is always there.
	Number Kind = iota
	// Optional is a number that may be missing, which is NaN: as far from every number as the ends of the unit
	// interval are from each other.
	Optional
	// Category is a number that means nothing but itself: two values are equal, or differ by 1.
	Category
)

// Hyper are the hyperparameters of the process: the function is a sum of a joint part, which knows
// interactions of all coordinates, and of one part for each single coordinate.
type Hyper struct {
	// Joint are the inverse squared length scales of the joint part, one for each coordinate, and Scale is its
	// variance.
	Joint []float64
	Scale float64
	// Single are the inverse squared length scales of the parts of single coordinates, and Sum is the variance
	// of all of them together.
	Single []float64
	Sum    float64
	// Noise is the variance of a reading.
	Noise float64
}

// variance is that of the function at any place.
func (h Hyper) variance() float64 { return h.Scale + h.Sum }

// decay computes exp(-r) for r ≥ 0 from two small tables and a polynomial, to a relative error of 2e-12: below what
// the smallest noise lets count, and in half the time of math.Exp.
type decay struct {
	whole [64]float64
	part  [32]float64
}

func newDecay() *decay {
	d := &decay{}
	for i := range d.whole {
		d.whole[i] = math.Exp(-float64(i))
	}
	for i := range d.part {
		d.part[i] = math.Exp(-float64(i) / 32)
	}
	return d
}

func (d *decay) exp(r float64) float64 {
	if !(r < 64) {
		return 0
	}
	k := uint(r * 32)
	f := r - float64(k)*(1.0/32)
	return d.whole[(k>>5)&63] * d.part[k&31] * (1 - f*(1-f*(1.0/2)*(1-f*(1.0/3)*(1-f*(1.0/4)*(1-f*(1.0/5))))))
}

// matern is the Matérn-5/2 correlation at a squared weighted distance q, and its derivative by q
// (Rasmussen and Williams 2006, eq. 4.17, with r = √q).
func (d *decay) matern(q float64) (m, slope float64) {
	r := math.Sqrt(5 * q)
	e := d.exp(r)
	return (1 + r + 5.0/3*q) * e, -5.0 / 6 * (1 + r) * e
}

// apart is the distance of two values of one coordinate.
func apart(a, b float64, kind Kind) float64 {
	switch {
	case kind == Number:
		return math.Abs(a - b)
	case kind == Category:
		if a == b {
			return 0
		}
		return 1
	case math.IsNaN(a) || math.IsNaN(b):
		if math.IsNaN(a) && math.IsNaN(b) {
			return 0
		}
		return 1
	}
	return math.Abs(a - b)
}

// kernel computes covariances for one set of hyperparameters. The correlation of a single number is
// (1 + t + t²/3)·exp(-t) with t = rate·|a - b|; as exp(-t) is exp(-rate·a)·exp(rate·b) or its inverse, the
// exponentials are those of points, not those of pairs.
type kernel struct {
	Hyper
	*decay
	kinds   []Kind
	numbers int       // how many coordinates are of kind Number
	rate    []float64 // √(5·Single)
	share   float64   // variance of one single part
	differ  []float64 // correlation of a single part at distance 1
}

func newKernel(h Hyper, kinds []Kind) *kernel {
	k := &kernel{Hyper: h, decay: newDecay(), kinds: kinds, rate: make([]float64, len(kinds)), differ: make([]float64, len(kinds)), share: h.Sum / float64(max(1, len(kinds)))}
	for k.numbers < len(kinds) && kinds[k.numbers] == Number {
		k.numbers++
	}
	for d, w := range h.Single {
		k.rate[d] = math.Sqrt(5 * w)
		k.differ[d], _ = k.matern(w)
	}
	return k
}

// point is a place with the exponentials of its numbers.
type point struct {
	x, up, down []float64
}

// lift computes the exponentials of a place into p.
func (k *kernel) lift(x []float64, p point) point {
	p.x = x
	p.up, p.down = resize(p.up, k.numbers), resize(p.down, k.numbers)
	for d := range p.up {
		p.up[d] = math.Exp(k.rate[d] * x[d])
		p.down[d] = 1 / p.up[d]
	}
	return p
}

// covariance is that of the function at two places.
func (k *kernel) covariance(a, b point) float64 {
	n := k.numbers
	ax, bx, joint, rate := a.x[:n], b.x[:n], k.Joint[:n], k.rate[:n]
	au, ad, bu, bd := a.up[:n], a.down[:n], b.up[:n], b.down[:n]
	q, sum := 0.0, 0.0
	for d := range ax {
		delta := ax[d] - bx[d]
		q += joint[d] * (delta * delta)
		t := rate[d] * math.Abs(delta)
		sum += (1 + t*(1+t*(1.0/3))) * min(au[d]*bd[d], ad[d]*bu[d])
	}
	for d := n; d < len(k.kinds); d++ {
		switch delta := apart(a.x[d], b.x[d], k.kinds[d]); delta {
		case 0:
			sum++
		case 1:
			q += k.Joint[d]
			sum += k.differ[d]
		default:
			q += k.Joint[d] * (delta * delta)
			t := k.rate[d] * delta
			sum += (1 + t*(1+t*(1.0/3))) * k.exp(t)
		}
	}
	m, _ := k.matern(q)
	return k.Scale*m + k.share*sum
}

// slopes is covariance, with what its derivatives are made of: the derivative of the joint part by the
// squared distance, and of each single part by a's coordinate, written to single.
func (k *kernel) slopes(a, b point, single []float64) (covariance, joint float64) {
	n := k.numbers
	ax, bx, weight, rate := a.x[:n], b.x[:n], k.Joint[:n], k.rate[:n]
	au, ad, bu, bd := a.up[:n], a.down[:n], b.up[:n], b.down[:n]
	single = single[:len(k.kinds)]
	q, sum := 0.0, 0.0
	for d := range ax {
		delta := ax[d] - bx[d]
		q += weight[d] * (delta * delta)
		t := rate[d] * math.Abs(delta)
		e := min(au[d]*bd[d], ad[d]*bu[d])
		sum += (1 + t*(1+t*(1.0/3))) * e
		single[d] = delta * (1 + t) * e
	}
	for d := n; d < len(k.kinds); d++ {
		delta := apart(a.x[d], b.x[d], k.kinds[d])
		single[d] = 0
		if delta == 0 {
			sum++
			continue
		}
		if k.kinds[d] == Category {
			q += k.Joint[d]
			sum += k.differ[d]
			continue
		}
		q += k.Joint[d] * (delta * delta)
		t := k.rate[d] * delta
		e := k.exp(t)
		sum += (1 + t*(1+t*(1.0/3))) * e
		if difference := a.x[d] - b.x[d]; !math.IsNaN(difference) {
			single[d] = difference * (1 + t) * e
		}
	}
	m, slope := k.matern(q)
	return k.Scale*m + k.share*sum, k.Scale * slope
}

func resize(s []float64, n int) []float64 {
	if cap(s) < n {
		return make([]float64, n, 2*n)
	}
	return s[:n]
}
