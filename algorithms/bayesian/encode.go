package bayesian

import (
	"math"
	"slices"
	"sort"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/algorithms/internal/gp"
)

// inactive is the coordinate of a category that is not active: a category of its own.
const inactive = -1

// encoder maps points to what the model sees: a coordinate for each parameter that has more than one value.
// Numbers have their coordinate of the unit cube, or NaN where they are not active; categories have the
// number of their value.
type encoder struct {
	space    *hone.Space
	slots    []slot // one for each parameter
	features []feature
	kinds    []gp.Kind // by feature
}

// feature is a coordinate of the model.
type feature struct {
	parameter int
	p         hone.Parameter
	values    int // 0 when continuous
	kind      gp.Kind
}

// mostEdges is how many bins of a parameter are kept in a table.
const mostEdges = 1 << 14

// slot knows how one coordinate of the unit cube becomes a value.
type slot struct {
	p          hone.Parameter
	index      int
	edges      []float64 // of the bins; nil when there are none, or too many
	even       bool      // the bins are equally wide
	conditions []condition
	feature    int // -1 when the parameter has a single value
}

type condition struct {
	parent  int
	allowed []bool // by the parent's value; nil when that has no table
	values  []hone.Value
}

func newEncoder(space *hone.Space) *encoder {
	e := &encoder{space: space}
	for i, p := range space.Parameters() {
		e.slots = append(e.slots, e.slot(i, p))
		n := p.Cardinality()
		if n == 1 {
			continue
		}
		f := feature{parameter: i, p: p, values: n}
		switch {
		case p.Type == hone.CategoricalType:
			f.kind = gp.Category
		case len(p.Conditions) > 0:
			f.kind = gp.Optional
		}
		e.features = append(e.features, f)
	}
	slices.SortStableFunc(e.features, func(a, b feature) int { return int(a.kind) - int(b.kind) })
	for k, f := range e.features {
		e.kinds = append(e.kinds, f.kind)
		e.slots[f.parameter].feature = k
	}
	return e
}

func (e *encoder) slot(i int, p hone.Parameter) slot {
	s := slot{p: p, index: i, even: true, feature: -1}
	if n := p.Cardinality(); n > 0 && n <= mostEdges {
		s.edges = make([]float64, n+1)
		for k := range n {
			_, s.edges[k+1] = e.space.Bin(i, k)
			s.even = s.even && s.edges[k] == float64(k)/float64(n)
		}
	}
	for _, c := range p.Conditions {
		out := condition{parent: e.space.Lookup(c.Parameter), values: c.Values}
		if parent := e.slots[out.parent]; parent.edges != nil {
			out.allowed = make([]bool, len(parent.edges)-1)
			for _, v := range c.Values {
				if k := parent.p.Index(v); k >= 0 {
					out.allowed[k] = true
				}
			}
		}
		s.conditions = append(s.conditions, out)
	}
	return s
}

// bin finds the value that a coordinate means, of a slot with edges.
func (s *slot) bin(u float64) int {
	n := len(s.edges) - 1
	if s.even {
		return max(0, min(int(u*float64(n)), n-1))
	}
	return sort.Search(n-1, func(k int) bool { return u < s.edges[k+1] })
}

// active reports whether the parameter is active at u, given the same of those before it.
func (e *encoder) active(s *slot, u []float64, on []bool) bool {
	for _, c := range s.conditions {
		switch {
		case !on[c.parent]:
			return false
		case c.allowed != nil:
			if !c.allowed[e.slots[c.parent].bin(u[c.parent])] {
				return false
			}
		case !slices.Contains(c.values, e.space.ValueAt(c.parent, u[c.parent])):
			return false
		}
	}
	return true
}

// place writes what the model sees of a place in the unit cube into x, and which parameters are active
// there.
func (e *encoder) place(u, x []float64, on []bool) {
	for i := range e.slots {
		s := &e.slots[i]
		on[i] = e.active(s, u, on)
		if s.feature >= 0 {
			x[s.feature] = e.coordinate(s, u[i], on[i])
		}
	}
}

func (e *encoder) coordinate(s *slot, u float64, on bool) float64 {
	categorical := s.p.Type == hone.CategoricalType
	switch {
	case !on && categorical:
		return inactive
	case !on:
		return math.NaN()
	case s.edges != nil:
		k := s.bin(u)
		if categorical {
			return float64(k)
		}
		return (s.edges[k] + s.edges[k+1]) / 2
	case s.p.Cardinality() == 0:
		return u
	}
	v := e.space.ValueAt(s.index, u)
	if categorical {
		return float64(s.p.Index(v))
	}
	return e.space.Coordinate(s.index, v)
}

// encode returns the coordinates of a point.
func (e *encoder) encode(a hone.Assignments) []float64 {
	x := make([]float64, len(e.features))
	for k, f := range e.features {
		x[k] = math.NaN()
		v, on := a.Get(f.p.Name)
		switch {
		case f.kind == gp.Category && !on:
			x[k] = inactive
		case f.kind == gp.Category:
			x[k] = float64(f.p.Index(v))
		case on:
			x[k] = e.space.Coordinate(f.parameter, v)
		}
		if f.kind == gp.Number && math.IsNaN(x[k]) { // a value of an earlier form of the space
			x[k] = 0.5
		}
	}
	return x
}
