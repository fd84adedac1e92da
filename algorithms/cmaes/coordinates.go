package cmaes

import (
	"math"

	"github.com/hone-tuner/hone"
)

// finest is the number of values from which on an ordered parameter is treated as a continuous one.
const finest = 1 << 20

// coordinates divide the parameters: those with an order and more than two values have an axis of the normal
// distribution, in the unit cube; those without, and all of two values, have a distribution over their values.
// Parameters of a single value have neither.
type coordinates struct {
	space      *hone.Space
	axes       []axis
	categories []category
	discrete   int // axes that have steps
}

type axis struct {
	parameter int // its place in the space
	p         hone.Parameter
	values    int // 0 when continuous
}

type category struct {
	parameter int
	p         hone.Parameter
	values    int
}

func newCoordinates(space *hone.Space) *coordinates {
	c := &coordinates{space: space}
	for i, p := range space.Parameters() {
		switch n := p.Cardinality(); {
		case n == 1:
		case n == 2 || p.Type == hone.CategoricalType:
			c.categories = append(c.categories, category{parameter: i, p: p, values: n})
		case n == 0 || n > finest:
			c.axes = append(c.axes, axis{parameter: i, p: p})
		default:
			c.axes = append(c.axes, axis{parameter: i, p: p, values: n})
			c.discrete++
		}
	}
	return c
}

// bin is the interval of the axis that means value k. The outermost ones have no end.
func (c *coordinates) bin(a axis, k int) (lo, hi float64) {
	lo, hi = c.space.Bin(a.parameter, k)
	if k == 0 {
		lo = math.Inf(-1)
	}
	if k == a.values-1 {
		hi = math.Inf(1)
	}
	return lo, hi
}

// binAt is which value a coordinate means.
func (c *coordinates) binAt(a axis, v float64) int {
	return a.p.Index(c.space.ValueAt(a.parameter, v))
}

// middle is the coordinate in the middle of a value's interval.
func (c *coordinates) middle(a axis, k int) float64 {
	lo, hi := c.space.Bin(a.parameter, k)
	return (lo + hi) / 2
}

// unit writes a draw into the unit cube.
func (c *coordinates) unit(v []float64, chosen []int, u []float64) {
	for i := range u {
		u[i] = 0.5
	}
	for j, a := range c.axes {
		if a.values == 0 {
			u[a.parameter] = mirror(v[j])
		} else {
			u[a.parameter] = math.Min(math.Max(v[j], 0), 1)
		}
	}
	for j, g := range c.categories {
		lo, hi := c.space.Bin(g.parameter, chosen[j])
		u[g.parameter] = (lo + hi) / 2
	}
}

// inside reports whether a draw lies inside the space on the continuous axes. Discrete ones have no border.
func (c *coordinates) inside(v []float64) bool {
	for j, a := range c.axes {
		if a.values == 0 && (v[j] < 0 || v[j] > 1) {
			return false
		}
	}
	return true
}

// mirror folds the line into [0, 1] as two facing mirrors would.
func mirror(x float64) float64 {
	if x >= 0 && x <= 1 {
		return x
	}
	x = math.Mod(math.Abs(x), 2)
	if x > 1 {
		x = 2 - x
	}
	return x
}

// image is the coordinate that mirror takes to u and that lies nearest to v.
func image(u, v float64) float64 {
	period := 2 * math.Round((v-u)/2)
	best := u + period
	period = 2 * math.Round((v+u)/2)
	if x := period - u; math.Abs(x-v) < math.Abs(best-v) {
		best = x
	}
	return best
}
