package bayesian

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/algorithms/internal/gp"
	"github.com/hone-tuner/hone/internal/points"
)

// How often the likelihood is computed at most: from each start with few trials, and then with more.
const (
	evaluations = 60
	refinements = 20
)

// prior expects length scales of the joint part that grow with the number of parameters, as the distance
// between two points does (Hvarfner et al. 2024, Vanilla Bayesian optimization performs great in high
// dimensions, section 4.2), and values as warp makes them. docs/algorithms.md says what they were compared with.
func prior(parameters int) gp.Prior {
	return gp.Prior{
		Joint:  gp.LogNormal{Median: 0.05 * float64(parameters), Precision: 0.5},
		Scale:  gp.LogNormal{Median: 1, Precision: 0.5},
		Single: gp.LogNormal{Median: 0.25, Precision: 0.5},
		Sum:    gp.LogNormal{Median: 0.3, Precision: 0.5},
		Noise:  gp.LogNormal{Median: 0.001, Precision: 0.1},
		// Two random categories are about as many times further apart than two random numbers.
		Categories: 4,
	}
}

// starts are where the search for hyperparameters begins: at what is expected, and at a smooth function under
// much noise. A rugged function is likely as the one or as the other, and nothing in between.
func starts(likely gp.Prior, kinds []gp.Kind) []fitted {
	expected, calm := likely.Median(kinds), likely.Median(kinds)
	for d := range kinds {
		calm.Joint[d] /= 4
		calm.Single[d] /= 4
	}
	calm.Noise = 0.2
	return []fitted{{hyper: expected}, {hyper: calm}}
}

// fitted are hyperparameters and the logarithm of how likely they are.
type fitted struct {
	hyper  gp.Hyper
	likely float64
}

// fit finds the hyperparameters that are likeliest after the first trials of a history, and others that explain
// them about as well in another way. It looks at some of the trials first, then at more.
func fit(ctx context.Context, e *encoder, turn points.Turn, refit int, read func(points.Turn, []int) gp.Data) ([]fitted, error) {
	likely := prior(len(e.features))
	climb := func(most, evaluations int, from []fitted) ([]fitted, error) {
		data := read(turn, rowsOf(turn.History, refit, most, turn.Objective))
		for i, f := range from {
			hyper, how, err := gp.Fit(ctx, data, likely, f.hyper, evaluations)
			if err != nil {
				return nil, err
			}
			from[i] = fitted{hyper, how}
		}
		return rivals(from), nil
	}
	found, err := climb(fewFitted, evaluations, starts(likely, e.kinds))
	if err != nil || refit <= fewFitted {
		return found, err
	}
	return climb(mostFitted, refinements, found)
}

// rivals keeps the likeliest, and what is nearly as likely and takes much more or much less for noise.
func rivals(found []fitted) []fitted {
	const nearly = 4
	slices.SortStableFunc(found, func(a, b fitted) int { return cmp.Compare(b.likely, a.likely) })
	kept := found[:1]
	for _, f := range found[1:] {
		if f.likely > found[0].likely-nearly && math.Abs(math.Log(f.hyper.Noise/found[0].hyper.Noise)) > 1 {
			kept = append(kept, f)
		}
	}
	return kept
}

// results are the trials that have a value.
func (e *encoder) results(turn points.Turn, rows []int) gp.Data {
	data := gp.Data{Kinds: e.kinds}
	for _, i := range rows {
		if o := turn.History.At(i); o.Feasible() {
			data.X, data.Y = append(data.X, e.encode(o.Parameters)), append(data.Y, worth(turn.Objective, o))
		}
	}
	data.Y = warp(data.Y)
	return data
}

// labels are all trials, with whether they have a value.
func (e *encoder) labels(turn points.Turn, rows []int) gp.Data {
	data := gp.Data{Kinds: e.kinds}
	for _, i := range rows {
		o := turn.History.At(i)
		data.X, data.Y = append(data.X, e.encode(o.Parameters)), append(data.Y, label(o))
	}
	return data
}

// label is what the gate is told of a trial: 1 when it has a value, -1 when it has none.
func label(o hone.Outcome) float64 {
	if o.Feasible() {
		return 1
	}
	return -1
}
