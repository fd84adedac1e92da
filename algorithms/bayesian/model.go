package bayesian

import (
	"context"
	"math"
	"slices"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/algorithms/internal/gp"
	"github.com/hone-tuner/hone/internal/points"
)

// evaluations is how often the likelihood is computed at most, from each start.
const evaluations = 60

// prior expects length scales of the joint part that grow with the number of parameters, as the distance
// between two points does (Hvarfner et al. 2024, Vanilla Bayesian optimization performs great in high
// dimensions, section 4.2), and values as warp makes them. docs/algorithms.md says what they were compared with.
func prior(parameters int) gp.Prior {
	return gp.Prior{
		Joint:  gp.LogNormal{Median: 0.25 * float64(parameters), Precision: 0.5},
		Scale:  gp.LogNormal{Median: 1, Precision: 0.5},
		Single: gp.LogNormal{Median: 0.25, Precision: 0.5},
		Sum:    gp.LogNormal{Median: 0.3, Precision: 0.5},
		Noise:  gp.LogNormal{Median: 0.001, Precision: 0.1},
	}
}

// starts are where the search for hyperparameters begins: at what is expected, and at functions that are
// rough in all coordinates.
func starts(likely gp.Prior, parameters int) []gp.Hyper {
	smooth, rough := likely.Median(parameters), likely.Median(parameters)
	for d := range rough.Joint {
		rough.Joint[d] = 4
	}
	return []gp.Hyper{smooth, rough}
}

// model is what is known of one experiment: hyperparameters of one refit, and all trials.
type model struct {
	encoder *encoder
	id      string
	goal    hone.Goal
	refit   int // length of the history at the refit
	surface *surface
	gate    *surface // tells where trials have a value; nil while all have one
	spare   *surface // the gate, when a longer view of the history needs one
	caution float64  // how often the gate counts
	y       []float64
	best    float64 // the best expectation at a trial
	views   []view
}

// newModel fits the hyperparameters to the history up to the refit that serves it.
func newModel(ctx context.Context, e *encoder, turn points.Turn) (*model, error) {
	refit := refitAt(turn.History.Len())
	m := &model{encoder: e, id: turn.History.ID(), goal: turn.Objective.Goal, refit: refit}
	data := gp.Data{Kinds: e.kinds}
	for _, i := range feasibleOf(turn.History, rowsOf(turn.History, refit, mostFitted, turn.Objective)) {
		o := turn.History.At(i)
		data.X, data.Y = append(data.X, e.encode(o.Parameters)), append(data.Y, worth(turn.Objective, o))
	}
	data.Y = warp(data.Y)
	likely := prior(len(e.features))
	hyper, _, err := gp.Fit(ctx, data, likely, gp.Search{Starts: starts(likely, len(e.features)), Evaluations: evaluations})
	if err != nil {
		return nil, err
	}
	rows := feasibleOf(turn.History, rowsOf(turn.History, refit, mostRows, turn.Objective))
	m.surface = newSurface(e, hyper, turn.History, refit, rows, hone.Outcome.Feasible)
	return m, nil
}

// serves reports whether the hyperparameters are those for the request.
func (m *model) serves(turn points.Turn) bool {
	h := turn.History
	return m.id != "" && m.id == h.ID() && m.goal == turn.Objective.Goal && m.refit == refitAt(h.Len())
}

// follow tells the model all trials of the request.
func (m *model) follow(ctx context.Context, turn points.Turn) error {
	h := turn.History
	m.surface.follow(h)
	values := make([]float64, len(m.surface.rows))
	for k, i := range m.surface.rows {
		values[k] = worth(turn.Objective, h.At(i))
	}
	m.y = warp(values)
	m.surface.SetValues(m.y)
	m.best = math.Inf(-1)
	for i, y := range m.y {
		m.best = math.Max(m.best, m.surface.Fitted(i, y))
	}
	m.gate = nil
	if !anyFailed(h) {
		return nil
	}
	if m.spare == nil {
		gate, err := newGate(ctx, m.encoder, turn, m.refit)
		if err != nil {
			return err
		}
		m.spare = gate
	}
	m.gate = m.spare
	m.gate.learn(h)
	m.caution = caution(h)
	return nil
}

func feasibleOf(h hone.History, rows []int) []int {
	var with []int
	for _, i := range rows {
		if h.At(i).Feasible() {
			with = append(with, i)
		}
	}
	return with
}

func anyFailed(h hone.History) bool {
	return slices.ContainsFunc(h.Outcomes(), func(o hone.Outcome) bool { return !hone.Float(o.Value).Finite() })
}
