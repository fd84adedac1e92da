package grid

import (
	"context"
	"math"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/points"
)

// Name is what experiments call this algorithm.
const Name = "grid"

// Choice describes the algorithm.
func Choice() hone.Choice {
	one, most := 1.0, 10_000.0
	return hone.Choice{
		Name:    Name,
		Summary: "Tries every combination of values once, in an order that covers the space early, and ends.",
		Settings: []hone.Setting{{Name: "points", Type: "int", Default: hone.Number(10), Min: &one, Max: &most,
			Summary: "How many values of a parameter without steps are tried, both ends included, evenly spaced on its scale."}},
	}
}

// New makes the algorithm.
func New(settings map[string]hone.Value) (hone.Algorithm, error) {
	if err := Choice().Check(settings); err != nil {
		return nil, err
	}
	return &grid{points: int(Choice().Get(settings, "points").Float())}, nil
}

type grid struct {
	points int
	index  points.Index
	cursor points.Cursor
	space  *hone.Space
	order  *order
}

var _ hone.Algorithm = (*grid)(nil)

// Suggest takes the first points of the grid's order that satisfy the constraints and are new.
func (x *grid) Suggest(ctx context.Context, r hone.Request) ([]hone.Suggestion, error) {
	if x.space != r.Space {
		x.space, x.order = r.Space, newOrder(newLattice(r.Space, x.points))
		x.cursor = points.Cursor{}
	}
	return x.index.Each(ctx, r, func(ctx context.Context, turn points.Turn) (hone.Suggestion, bool, error) {
		a, ok, err := x.cursor.Next(ctx, turn.Taken, points.Sequence{End: x.order.len(), At: x.at})
		return hone.Suggestion{Parameters: a}, ok, err
	})
}

func (x *grid) at(place uint64) (hone.Assignments, bool) {
	a := x.order.at(place)
	return a, x.space.Satisfies(a)
}

// Size counts the points of the grid over a space, before constraints.
func Size(space *hone.Space, settings map[string]hone.Value) float64 {
	n := newLattice(space, int(Choice().Get(settings, "points").Float())).total
	f, _ := n.Float64()
	return math.Min(f, math.MaxFloat64)
}
