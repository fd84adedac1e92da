package grid

import (
	"math"
	"math/big"

	"github.com/hone-tuner/hone"
)

// order visits every point of a lattice once: index = start + place·stride modulo the size, with a stride that
// has no divisor in common with the size. A stride near a golden section of the size spreads the first
// places over the whole grid (Kronecker's sequence); of several such strides, the one is taken
// whose first points lie furthest apart.
type order struct {
	lattice *lattice
	stride  *big.Int
	start   *big.Int
}

func newOrder(l *lattice) *order {
	o := &order{lattice: l, start: new(big.Int).Rsh(l.total, 1)}
	const candidates = 12
	best := -1.0
	for k := range candidates {
		// The fractional parts of k·φ are spread evenly themselves.
		try := *o
		try.stride = coprime(l.total, math.Mod(float64(k+1)*math.Phi, 1))
		if d := try.spread(); d > best {
			best, o.stride = d, try.stride
		}
	}
	return o
}

// coprime finds the number near a share of n that has no divisor in common with n.
func coprime(n *big.Int, share float64) *big.Int {
	stride := new(big.Int).Mul(n, new(big.Int).SetUint64(uint64(share*(1<<63))))
	stride.Rsh(stride, 63)
	one := big.NewInt(1)
	for new(big.Int).GCD(nil, nil, stride, n).Cmp(one) != 0 {
		stride.Add(stride, one)
	}
	return stride
}

// spread measures how far apart the first points lie: the distance between the closest two among the first
// 4, 8, 16 and 32, weighted so that each counts alike.
func (o *order) spread() float64 {
	const most = 32
	var seen [][]float64
	total, closest := 0.0, math.Inf(1)
	for place := uint64(0); place < min(most, o.len()); place++ {
		u := o.lattice.space.ToUnit(o.at(place))
		for _, v := range seen {
			closest = math.Min(closest, distance(u, v))
		}
		seen = append(seen, u)
		if n := place + 1; n >= 4 && n&(n-1) == 0 {
			total += closest * math.Pow(float64(n), 1/float64(len(u)))
		}
	}
	return total
}

func distance(u, v []float64) float64 {
	sum := 0.0
	for i := range u {
		switch {
		case math.IsNaN(u[i]) && math.IsNaN(v[i]):
		case math.IsNaN(u[i]) || math.IsNaN(v[i]):
			sum += 0.25
		default:
			sum += (u[i] - v[i]) * (u[i] - v[i])
		}
	}
	return math.Sqrt(sum)
}

// len is the number of places; of a grid that nobody can finish, as many as can be counted.
func (o *order) len() uint64 {
	if !o.lattice.total.IsUint64() {
		return math.MaxUint64
	}
	return o.lattice.total.Uint64()
}

func (o *order) at(place uint64) hone.Assignments {
	index := new(big.Int).SetUint64(place)
	index.Mul(index, o.stride)
	index.Add(index, o.start)
	return o.lattice.at(index.Mod(index, o.lattice.total))
}
