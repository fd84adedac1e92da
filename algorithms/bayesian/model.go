package bayesian

import (
	"context"
	"math"
	"slices"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/points"
)

// model is what is known of one experiment: the hyperparameters of one refit, and all trials.
type model struct {
	encoder *encoder
	id      string
	goal    hone.Goal
	refit   int // length of the history at the refit
	// surfaces are explanations of the results, which take turns; surface is the one whose turn it is.
	surfaces []*surface
	surface  *surface
	gate     *surface // tells where trials have a value; nil while all have one
	spare    *surface // the gate, when a longer view of the history needs one
	caution  float64  // how often the gate counts
	y        []float64
	best     float64 // the best expectation at a trial
	views    []view
	bold     bool // looks for what may be great rather than for what is likely better
}

// newModel fits the hyperparameters to the history up to the refit that serves it.
func newModel(ctx context.Context, e *encoder, turn points.Turn) (*model, error) {
	refit := refitAt(turn.History.Len())
	found, err := fit(ctx, e, turn, refit, e.results)
	if err != nil {
		return nil, err
	}
	m := &model{encoder: e, id: turn.History.ID(), goal: turn.Objective.Goal, refit: refit}
	for _, f := range found {
		rows := feasibleOf(turn.History, rowsOf(turn.History, refit, mostRows, turn.Objective))
		m.surfaces = append(m.surfaces, newSurface(e, f.hyper, turn.History, refit, rows, hone.Outcome.Feasible))
	}
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
	m.surface = m.surfaces[turn.Number%len(m.surfaces)]
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
	if !anyFailed(h.Outcomes()) {
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

func anyFailed(outcomes []hone.Outcome) bool {
	return slices.ContainsFunc(outcomes, func(o hone.Outcome) bool { return !hone.Float(o.Value).Finite() })
}
