package tpe

import (
	"context"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/algorithms/internal/start"
	"github.com/hone-tuner/hone/internal/points"
)

// Name is what experiments call this algorithm.
const Name = "tpe"

// Separate streams of randomness for each use.
const (
	purposeStart      = 0x7470650000 + iota // the points before there is a model
	purposeCandidates                       // what is drawn from the density of the good
	purposeFree                             // when no candidate is free
)

// Choice describes the algorithm.
func Choice() hone.Choice {
	one, most := 1.0, 1000.0
	return hone.Choice{
		Name:    Name,
		Summary: "Tries where good trials are dense and bad ones are not; quick with thousands of trials, at home with categories and conditions.",
		Settings: []hone.Setting{{Name: "start", Type: "int", Min: &one, Max: &most,
			Summary: "How many points are spread evenly before the model is used; by default 10."}},
	}
}

// New makes the algorithm.
func New(settings map[string]hone.Value) (hone.Algorithm, error) {
	if err := Choice().Check(settings); err != nil {
		return nil, err
	}
	x := &tpe{start: defaultStart, tuning: defaultTuning()}
	if v, given := settings["start"]; given {
		x.start = int(v.Float())
	}
	return x, nil
}

// defaultStart is how many points are tried before the model is used, where the setting does not say it.
const defaultStart = 10

type tpe struct {
	start  int
	tuning tuning
	index  points.Index
	space  *hone.Space
	seed   uint64
	design *start.Design
	search *search
}

var _ hone.Algorithm = (*tpe)(nil)

// Suggest proposes the centre of the space and a few evenly spread points, then the points where the good trials
// are densest beside the others.
func (x *tpe) Suggest(ctx context.Context, r hone.Request) ([]hone.Suggestion, error) {
	if x.space != r.Space || x.seed != r.Seed {
		*x = tpe{start: x.start, tuning: x.tuning, space: r.Space, seed: r.Seed, search: newSearch(r.Space, x.tuning),
			design: start.New(r.Space, r.Seed, purposeStart)}
	}
	return x.index.Each(ctx, r, func(ctx context.Context, turn points.Turn) (hone.Suggestion, bool, error) {
		a, ok, err := x.one(ctx, turn)
		return hone.Suggestion{Parameters: a}, ok, err
	})
}

func (x *tpe) one(ctx context.Context, turn points.Turn) (hone.Assignments, bool, error) {
	if x.starting(turn) {
		return x.design.Next(ctx, turn)
	}
	if a, err := x.search.propose(ctx, turn); a != nil || err != nil {
		return a, a != nil, err
	}
	return points.Draw(ctx, turn.Space, turn.Taken, points.Stream(turn.Seed, turn.Number, purposeFree))
}

// starting reports whether there is too little to learn from: too few trials, or none that has a value.
func (x *tpe) starting(turn points.Turn) bool {
	if turn.History.Len()+len(turn.Pending) < x.start {
		return true
	}
	x.search.memory.follow(turn)
	return x.search.memory.feasible == 0 || len(x.search.memory.columns) == 0
}
