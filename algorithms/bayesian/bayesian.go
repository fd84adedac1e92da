package bayesian

import (
	"context"
	"math"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/algorithms/internal/start"
	"github.com/hone-tuner/hone/internal/points"
)

// Name is what experiments call this algorithm.
const Name = "bayesian"

// Separate streams of randomness for each use.
const (
	purposeStart      = 0x6261796573 + iota // the points before there is a model
	purposeCandidates                       // where the acquisition is looked at first
	purposeFree                             // when no candidate is free
)

// Choice describes the algorithm.
func Choice() hone.Choice {
	one, most := 1.0, 1000.0
	return hone.Choice{
		Name:    Name,
		Summary: "Models the results by a Gaussian process and tries where it expects the greatest improvement.",
		Settings: []hone.Setting{{Name: "start", Type: "int", Min: &one, Max: &most,
			Summary: "How many points are spread evenly before the model is used; by default 4 to 10, one more than there are parameters."}},
	}
}

// New makes the algorithm.
func New(settings map[string]hone.Value) (hone.Algorithm, error) {
	if err := Choice().Check(settings); err != nil {
		return nil, err
	}
	x := &bayesian{}
	if v, given := settings["start"]; given {
		x.start = int(v.Float())
	}
	return x, nil
}

// Start is how many points are tried before the model is used, where the setting does not say it.
func Start(space *hone.Space) int { return min(max(4, space.Len()+1), 10) }

type bayesian struct {
	start   int // 0 for the default
	index   points.Index
	space   *hone.Space
	seed    uint64
	design  *start.Design
	encoder *encoder
	model   *model // nil when there is none yet
}

var _ hone.Algorithm = (*bayesian)(nil)

// Suggest proposes the centre of the space and a few evenly spread points, then the points where the
// improvement that the model expects is greatest.
func (x *bayesian) Suggest(ctx context.Context, r hone.Request) ([]hone.Suggestion, error) {
	if x.space != r.Space || x.seed != r.Seed {
		*x = bayesian{start: x.start, space: r.Space, seed: r.Seed, encoder: newEncoder(r.Space),
			design: start.New(r.Space, r.Seed, purposeStart)}
	}
	return x.index.Each(ctx, r, func(ctx context.Context, turn points.Turn) (hone.Suggestion, bool, error) {
		a, ok, err := x.one(ctx, turn)
		return hone.Suggestion{Parameters: a}, ok, err
	})
}

func (x *bayesian) one(ctx context.Context, turn points.Turn) (hone.Assignments, bool, error) {
	if x.starting(turn) {
		return x.design.Next(ctx, turn)
	}
	m, err := x.ensure(ctx, turn)
	if err != nil {
		return nil, false, err
	}
	a, err := m.propose(ctx, turn)
	if a != nil || err != nil {
		return a, a != nil, err
	}
	return points.Draw(ctx, turn.Space, turn.Taken, points.Stream(turn.Seed, turn.Number, purposeFree))
}

// starting reports whether there is too little to model: too few trials, or fewer than two that have a value.
func (x *bayesian) starting(turn points.Turn) bool {
	least := x.start
	if least == 0 {
		least = Start(turn.Space)
	}
	if turn.History.Len()+len(turn.Pending) < least {
		return true
	}
	feasible := 0
	for i := 0; i < turn.History.Len() && feasible < 2; i++ {
		if turn.History.At(i).Feasible() {
			feasible++
		}
	}
	return feasible < 2
}

// ensure brings the model up to the request's history.
func (x *bayesian) ensure(ctx context.Context, turn points.Turn) (*model, error) {
	if x.model == nil || !x.model.serves(turn) {
		m, err := newModel(ctx, x.encoder, turn)
		if err != nil {
			return nil, err
		}
		x.model = m
	}
	return x.model, x.model.follow(ctx, turn)
}

// worth is an outcome's value with the sign that makes more better; NaN when it has none.
func worth(objective hone.Objective, o hone.Outcome) float64 {
	if !o.Feasible() {
		return math.NaN()
	}
	return -objective.Cost(o.Value)
}
