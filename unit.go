package hone

import (
	"math"
	"sort"
)

// The unit cube is where algorithms work: one coordinate in [0, 1] for every parameter, whether it is
// active or not. A double is spread over its coordinate by its scale. Everything else has a bin for each
// value: of equal width, except that the bins of a log-scaled int or stepped double are as wide as their
// values' share on the log scale. A coordinate inside a bin means its value; a value's coordinate is the
// middle of its bin.

// FromUnit maps a point of the unit cube to the search space. u has Len() coordinates, clipped to
// [0, 1]; those of parameters that are not active are not looked at. Constraints are not checked.
func (s *Space) FromUnit(u []float64) Assignments {
	a := make(Assignments, 0, len(s.parameters))
	for i, p := range s.parameters {
		if s.active(i, a) {
			a = append(a, Assignment{Parameter: p.Name, Value: s.dims[i].value(u[i])})
		}
	}
	return a
}

// ToUnit maps a point to the unit cube: Len() coordinates, NaN for parameters that are not active.
func (s *Space) ToUnit(a Assignments) []float64 {
	u := make([]float64, len(s.parameters))
	for i, p := range s.parameters {
		u[i] = math.NaN()
		if v, ok := a.Get(p.Name); ok {
			u[i] = s.dims[i].coordinate(v)
		}
	}
	return u
}

// ValueAt maps one coordinate to a value of parameter i.
func (s *Space) ValueAt(i int, u float64) Value { return s.dims[i].value(u) }

// Coordinate maps a value of parameter i to its coordinate.
func (s *Space) Coordinate(i int, v Value) float64 { return s.dims[i].coordinate(v) }

// Bin returns the interval of the unit coordinate that means the k-th value of parameter i, which is
// not continuous.
func (s *Space) Bin(i, k int) (lo, hi float64) {
	d := s.dims[i]
	return d.edge(k), d.edge(k + 1)
}

// dimension maps one parameter to and from the unit interval.
type dimension struct {
	p        Parameter
	n        int     // values; 0 when continuous
	lo, hi   float64 // ends of the range on the scale of the search
	logBins  bool    // bins by log scale rather than equal
	logRange bool
}

func newDimension(p Parameter) dimension {
	d := dimension{p: p, n: p.Cardinality(), lo: p.Min, hi: p.Max}
	log := p.ranged() && p.Scale == LogScale
	switch {
	case log && d.n == 0:
		d.logRange, d.lo, d.hi = true, math.Log(p.Min), math.Log(p.Max)
	case log && d.n > 1:
		// The outer bins reach as far out as they reach in, on the log scale.
		first, last := d.logMiddle(0), d.logMiddle(d.n-2)
		d.logBins = true
		d.lo = 2*math.Log(p.Min) - first
		d.hi = 2*math.Log(p.At(d.n-1).Float()) - last
	}
	return d
}

// logMiddle is the border between the k-th value and the next, on the log scale.
func (d dimension) logMiddle(k int) float64 {
	return math.Log((d.p.At(k).Float() + d.p.At(k+1).Float()) / 2)
}

// edge is where bin k begins, 0 ≤ k ≤ n.
func (d dimension) edge(k int) float64 {
	switch {
	case k <= 0:
		return 0
	case k >= d.n:
		return 1
	case d.logBins:
		return (d.logMiddle(k-1) - d.lo) / (d.hi - d.lo)
	}
	return float64(k) / float64(d.n)
}

func (d dimension) value(u float64) Value {
	u = math.Min(math.Max(u, 0), 1)
	if math.IsNaN(u) {
		u = 0.5
	}
	switch {
	case d.n > 0:
		return d.p.At(d.bin(u))
	case u == 0: // exp(log(min)) need not be min
		return Number(d.p.Min)
	case u == 1:
		return Number(d.p.Max)
	}
	x := d.lo + u*(d.hi-d.lo)
	if d.logRange {
		x = math.Exp(x)
	}
	return Number(math.Min(math.Max(x, d.p.Min), d.p.Max))
}

// bin finds the bin that u lies in.
func (d dimension) bin(u float64) int {
	if !d.logBins {
		return min(int(u*float64(d.n)), d.n-1)
	}
	return sort.Search(d.n-1, func(k int) bool { return u < d.edge(k+1) })
}

func (d dimension) coordinate(v Value) float64 {
	if d.n == 0 {
		x := v.Float()
		if d.logRange {
			x = math.Log(x)
		}
		if d.hi == d.lo {
			return 0.5
		}
		return math.Min(math.Max((x-d.lo)/(d.hi-d.lo), 0), 1)
	}
	k := d.p.Index(v)
	if k < 0 {
		return math.NaN()
	}
	return (d.edge(k) + d.edge(k+1)) / 2
}
