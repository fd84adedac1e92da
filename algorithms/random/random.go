package random

import (
	"context"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/points"
)

// Name is what experiments call this algorithm.
const Name = "random"

// purpose separates these draws from those of others with the same seed.
const purpose = 0x72616e646f6d

// Choice describes the algorithm.
func Choice() hone.Choice {
	return hone.Choice{Name: Name, Summary: "Draws every point at random, each value (on a log scale: each order of magnitude) with the same chance."}
}

// New makes the algorithm. It has no settings.
func New(settings map[string]hone.Value) (hone.Algorithm, error) {
	if err := Choice().Check(settings); err != nil {
		return nil, err
	}
	return &random{}, nil
}

type random struct{ index points.Index }

var _ hone.Algorithm = (*random)(nil)

// Suggest draws from the unit cube until a point satisfies the constraints and is new.
func (x *random) Suggest(ctx context.Context, r hone.Request) ([]hone.Suggestion, error) {
	return x.index.Each(ctx, r, func(ctx context.Context, turn points.Turn) (hone.Suggestion, bool, error) {
		a, ok, err := points.Draw(ctx, r.Space, turn.Taken, points.Stream(r.Seed, turn.Number, purpose))
		return hone.Suggestion{Parameters: a}, ok, err
	})
}
