package sobol

import (
	"context"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/algorithms/internal/lowdisc"
	"github.com/hone-tuner/hone/internal/points"
)

// Name is what experiments call this algorithm.
const Name = "sobol"

// purpose separates the draws that take over at the end from those of others with the same seed.
const purpose = 0x736f626f6c

// Choice describes the algorithm.
func Choice() hone.Choice {
	return hone.Choice{Name: Name, Summary: "Covers the space evenly with a scrambled Sobol sequence, whatever the results are."}
}

// New makes the algorithm. It has no settings.
func New(settings map[string]hone.Value) (hone.Algorithm, error) {
	if err := Choice().Check(settings); err != nil {
		return nil, err
	}
	return &sobol{}, nil
}

type sobol struct {
	index    points.Index
	cursor   points.Cursor
	sequence *lowdisc.Sequence
	seed     uint64
	u        []float64
}

var _ hone.Algorithm = (*sobol)(nil)

// Suggest takes the first points of the sequence that satisfy the constraints and are new. Where a discrete
// space is nearly used up, the sequence meets hardly any; then it draws at random.
func (x *sobol) Suggest(ctx context.Context, r hone.Request) ([]hone.Suggestion, error) {
	if x.sequence == nil || x.seed != r.Seed || x.sequence.Len() != r.Space.Len() {
		*x = sobol{sequence: lowdisc.New(r.Space.Len(), r.Seed), seed: r.Seed, u: make([]float64, r.Space.Len())}
	}
	return x.index.Each(ctx, r, func(ctx context.Context, turn points.Turn) (hone.Suggestion, bool, error) {
		a, ok, err := x.cursor.Next(ctx, turn.Taken, x.places(turn))
		if err == nil && !ok {
			a, ok, err = points.Draw(ctx, r.Space, turn.Taken, points.Stream(r.Seed, turn.Number, purpose))
		}
		return hone.Suggestion{Parameters: a}, ok, err
	})
}

// places are the points of the sequence, as far as it is worth looking for another one: the more trials
// there are, the further it has been walked already.
func (x *sobol) places(turn points.Turn) points.Sequence {
	return points.Sequence{
		End: 1024 + 8*uint64(turn.History.Len()+len(turn.Pending)),
		At: func(place uint64) (hone.Assignments, bool) {
			x.sequence.Point(uint32(place), x.u)
			a := turn.Space.FromUnit(x.u)
			return a, turn.Space.Satisfies(a)
		},
	}
}
