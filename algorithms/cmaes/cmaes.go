package cmaes

import (
	"context"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/points"
)

// Name is what experiments call this algorithm.
const Name = "cmaes"

// Separate streams of randomness for each use.
const (
	purposeMember  = 0x636d61000000 + iota<<16 // the draws of a trial, one stream each
	purposeRestart                             // where a restart begins
	purposeFree                                // when no draw is free
)

// The values of the setting restarts.
const (
	restartBipop = "bipop"
	restartIpop  = "ipop"
	restartNone  = "none"
)

// Choice describes the algorithm.
func Choice() hone.Choice {
	fewest, most := 4.0, 10_000.0
	narrowest, widest := 0.001, 1.0
	return hone.Choice{
		Name:    Name,
		Summary: "Adapts a normal distribution to the best results, generation by generation; for many trials.",
		Settings: []hone.Setting{
			{Name: "population", Type: "int", Min: &fewest, Max: &most,
				Summary: "How many trials make a generation of the first run; by default 4 + 3 ln(parameters)."},
			{Name: "sigma", Type: "double", Default: hone.Number(defaultSigma), Min: &narrowest, Max: &widest,
				Summary: "The standard deviation of the first generation, as a share of each parameter's range."},
			{Name: "restarts", Type: "string", Default: hone.String(restartBipop), OneOf: []string{restartBipop, restartIpop, restartNone},
				Summary: "What follows a run that has converged: large and small populations by turns (bipop), each twice as large (ipop), or no other (none)."},
		},
	}
}

// New makes the algorithm. The error is of kind InvalidArgument.
func New(settings map[string]hone.Value) (hone.Algorithm, error) {
	choice := Choice()
	if err := choice.Check(settings); err != nil {
		return nil, err
	}
	x := &cmaes{options: options{sigma: choice.Get(settings, "sigma").Float(), restarts: choice.Get(settings, "restarts").String()}}
	if v, given := settings["population"]; given {
		x.options.population = int(v.Float())
	}
	return x, nil
}

// options are the settings.
type options struct {
	population int // 0 for the default
	sigma      float64
	restarts   string
}

type cmaes struct {
	options options
	index   points.Index
	start   beginning
	replay  *replay // nil until the first request
}

var _ hone.Algorithm = (*cmaes)(nil)

// Suggest draws members of the present generation, which follows from the history. See the package comment.
func (x *cmaes) Suggest(ctx context.Context, r hone.Request) ([]hone.Suggestion, error) {
	return x.index.Each(ctx, r, func(ctx context.Context, turn points.Turn) (hone.Suggestion, bool, error) {
		if err := x.ensure(ctx, turn); err != nil {
			return hone.Suggestion{}, false, err
		}
		return x.replay.propose(ctx, turn)
	})
}

// ensure brings the replay up to the request's history.
func (x *cmaes) ensure(ctx context.Context, turn points.Turn) error {
	start := x.start.of(turn.History, turn.Pending)
	if x.replay == nil || !x.replay.serves(turn, start) {
		x.replay = newReplay(x.options, turn, start)
	}
	err := x.replay.follow(ctx, turn.History)
	if err != nil {
		x.replay = nil
	}
	return err
}
