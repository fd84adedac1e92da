package bayesian

import (
	"math"

	"github.com/hone-tuner/hone"
)

// inactive is the coordinate of a category that is not active: a category of its own.
const inactive = -1

// encoder maps points to what the model sees: a coordinate for each parameter that has more than one value.
// Numbers have their coordinate of the unit cube, categories the number of their value. A number that is not
// active lies in the middle of its range: two points differ by it only when the parameter is active in one
// of them at least, and then the parameters that decide so differ as well.
type encoder struct {
	space       *hone.Space
	features    []feature
	categorical []bool // by feature
}

type feature struct {
	parameter int
	p         hone.Parameter
	values    int // 0 when continuous
}

func newEncoder(space *hone.Space) *encoder {
	e := &encoder{space: space}
	for i, p := range space.Parameters() {
		if n := p.Cardinality(); n != 1 {
			e.features = append(e.features, feature{parameter: i, p: p, values: n})
			e.categorical = append(e.categorical, p.Type == hone.CategoricalType)
		}
	}
	return e
}

// encode returns the coordinates of a point.
func (e *encoder) encode(a hone.Assignments) []float64 {
	x := make([]float64, len(e.features))
	at := 0
	for i, f := range e.features {
		// Assignments stand in the order of the space.
		for at < len(a) && e.space.Lookup(a[at].Parameter) < f.parameter {
			at++
		}
		active := at < len(a) && a[at].Parameter == f.p.Name
		switch {
		case active && e.categorical[i]:
			x[i] = float64(f.p.Index(a[at].Value))
		case active:
			x[i] = e.space.Coordinate(f.parameter, a[at].Value)
		case e.categorical[i]:
			x[i] = inactive
		default:
			x[i] = 0.5
		}
		if math.IsNaN(x[i]) { // a value of an earlier form of the space
			x[i] = 0.5
		}
	}
	return x
}

// active reports for each feature whether its parameter is active in the point.
func (e *encoder) active(a hone.Assignments) []bool {
	on := make([]bool, len(e.features))
	for i, f := range e.features {
		_, on[i] = a.Get(f.p.Name)
	}
	return on
}
