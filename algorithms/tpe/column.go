package tpe

import (
	"math"
	"sort"

	"github.com/hone-tuner/hone"
)

// How a parameter of finitely many values is treated, by their number.
const (
	// mostTabled is up to how many values the kernels of an ordered parameter are kept as a table from value to value.
	mostTabled = 64
	// mostEdges is up to how many values a coordinate is moved to the middle of its bin; with more it makes no difference.
	mostEdges = 1 << 12
)

// column is a parameter that has more than one value. Its kernels are tables (categories, and ordered
// parameters of few values) or truncated normal distributions over the unit coordinate.
type column struct {
	parameter   int
	p           hone.Parameter
	values      int // 0 when continuous
	categorical bool
	tabled      bool
	conditional bool
	edges       []float64 // where the bins begin and end; nil when the coordinate is taken as it is
}

// newColumns returns the columns of a space.
func newColumns(space *hone.Space) (columns []column) {
	for i, p := range space.Parameters() {
		n := p.Cardinality()
		if n == 1 {
			continue
		}
		c := column{parameter: i, p: p, values: n, categorical: p.Type == hone.CategoricalType, conditional: len(p.Conditions) > 0}
		c.tabled = c.categorical || n > 0 && n <= mostTabled
		if n > 0 && (c.tabled || n <= mostEdges) {
			c.edges = make([]float64, n+1)
			for k := range n {
				c.edges[k], c.edges[k+1] = space.Bin(i, k)
			}
		}
		columns = append(columns, c)
	}
	return columns
}

// bin returns the number of the value that a coordinate means. The column has edges.
func (c *column) bin(u float64) int {
	return sort.Search(c.values-1, func(k int) bool { return u < c.edges[k+1] })
}

// middle is the coordinate of the k-th value. The column has edges.
func (c *column) middle(k int) float64 { return (c.edges[k] + c.edges[k+1]) / 2 }

// snap moves a coordinate to that of the value it means, which it returns too where the column has a table.
func (c *column) snap(u float64) (at float64, k int) {
	if c.edges == nil {
		return u, 0
	}
	k = c.bin(u)
	return c.middle(k), k
}

// cell is a point's entry in a column: its coordinate, and the number of its value where the column has a
// table. One that is not active has the coordinate NaN and, as its number, the count of values.
type cell struct {
	u float64
	k int
}

func (c *column) absent() cell { return cell{u: math.NaN(), k: c.values} }

// encode writes the cells of a point. Assignments stand in the order of the space.
func encode(space *hone.Space, columns []column, a hone.Assignments, out []cell) {
	at := 0
	for j := range columns {
		c := &columns[j]
		for at < len(a) && a[at].Parameter != c.p.Name && space.Lookup(a[at].Parameter) < c.parameter {
			at++
		}
		out[j] = c.absent()
		if at >= len(a) || a[at].Parameter != c.p.Name {
			continue
		}
		if c.tabled {
			if k := c.p.Index(a[at].Value); k >= 0 {
				out[j] = cell{u: c.middle(k), k: k}
			}
			continue
		}
		if u := space.Coordinate(c.parameter, a[at].Value); !math.IsNaN(u) {
			out[j] = cell{u: u}
		}
	}
}
