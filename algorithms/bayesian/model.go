package bayesian

import (
	"context"
	"math"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/algorithms/internal/gp"
	"github.com/hone-tuner/hone/internal/points"
)

// evaluations is how often the likelihood is computed at most, from each start.
const evaluations = 60

// confidence is how many standard deviations the upper confidence bound lies above the mean (Song et al.
// 2024, section 3.4).
const confidence = 1.8

// prior expects length scales that grow with the number of parameters, as the distance between two points
// does (Hvarfner et al. 2024, Vanilla Bayesian optimization performs great in high dimensions, section 4.2), and
// values as warp makes them. Medians and precisions won a comparison of a few on the functions of
// quality_test.go and two more; docs/algorithms.md names what lost.
func prior(parameters int) gp.Prior {
	return gp.Prior{
		SquaredLength: gp.LogNormal{Median: 0.25 * float64(parameters), Precision: 0.5},
		Scale:         gp.LogNormal{Median: 1, Precision: 0.5},
		Noise:         gp.LogNormal{Median: 0.001, Precision: 0.1},
	}
}

// model is a process with the hyperparameters of one refit, and rows for the finished trials since.
type model struct {
	encoder *encoder
	id      string
	goal    hone.Goal
	refit   int // length of the history at the refit
	rows    []int
	base    int // rows chosen at the refit; each later trial of the history has a row after them
	process *gp.Posterior
	y       []float64 // as warp makes them, by row
	values  []float64 // as they are, by row
	best    float64   // the best expectation at a trial with a value
	beside  bool      // whether there are pending trials
}

// newModel fits the hyperparameters to the history up to the refit that serves it.
func newModel(ctx context.Context, e *encoder, turn points.Turn) (*model, error) {
	refit := refitAt(turn.History.Len())
	m := &model{encoder: e, id: turn.History.ID(), goal: turn.Objective.Goal, refit: refit}
	fitted := rowsOf(turn.History, refit, mostFitted, turn.Objective)
	x, values := m.data(turn, fitted)
	likely := prior(len(e.features))
	hyper, err := gp.Fit(ctx, x, warp(values), e.categorical, likely, []float64{likely.SquaredLength.Median, 0.25}, evaluations)
	if err != nil {
		return nil, err
	}
	m.rows = rowsOf(turn.History, refit, mostRows, turn.Objective)
	m.base = len(m.rows)
	x, m.values = m.data(turn, m.rows)
	m.process = gp.New(hyper, e.categorical, x, max(64, m.base/4))
	return m, nil
}

func (m *model) data(turn points.Turn, rows []int) (x [][]float64, values []float64) {
	for _, i := range rows {
		o := turn.History.At(i)
		x = append(x, m.encoder.encode(o.Parameters))
		values = append(values, worth(turn.Objective, o))
	}
	return x, values
}

// serves reports whether the hyperparameters are those for the request.
func (m *model) serves(turn points.Turn) bool {
	h := turn.History
	return m.id != "" && m.id == h.ID() && m.goal == turn.Objective.Goal && m.refit == refitAt(h.Len())
}

// follow gives the model a row for each trial that finished since the refit, and tells it all values.
func (m *model) follow(turn points.Turn) {
	want := m.base + turn.History.Len() - m.refit
	if want == len(m.rows) && len(m.y) == want {
		return
	}
	if want < len(m.rows) {
		m.rows, m.values = m.rows[:want], m.values[:want]
		m.process.Truncate(want)
	}
	for len(m.rows) < want {
		i := m.refit + len(m.rows) - m.base
		o := turn.History.At(i)
		m.rows = append(m.rows, i)
		m.values = append(m.values, worth(turn.Objective, o))
		m.process.Append(m.encoder.encode(o.Parameters))
	}
	m.y = warp(m.values)
	m.process.SetValues(m.y)
	m.best = math.Inf(-1)
	for i, y := range m.y {
		if !math.IsNaN(m.values[i]) {
			m.best = math.Max(m.best, m.process.Fitted(i, y))
		}
	}
}

// acquisition is what is to be made great at a point with a mean and a standard deviation, and its
// derivatives by them: the logarithm of the expected improvement, or, beside pending trials, the upper
// confidence bound. The former hardly tells two points apart that are near a pending one, and then proposes the
// same neighbourhood again and again; the latter goes elsewhere.
func (m *model) acquisition(mean, sigma float64) (value, byMean, bySigma float64) {
	if m.beside {
		return mean + confidence*sigma, 1, confidence
	}
	return gp.LogEI(mean, sigma, m.best)
}

// value is the acquisition at a point, with its gradient unless that is nil.
func (m *model) value(x, gradient []float64) float64 {
	if gradient == nil {
		mean, variance := m.process.Predict(x, nil, nil)
		value, _, _ := m.acquisition(mean, math.Sqrt(variance))
		return value
	}
	byVariance := make([]float64, len(x))
	mean, variance := m.process.Predict(x, gradient, byVariance)
	sigma := math.Sqrt(variance)
	value, byMean, bySigma := m.acquisition(mean, sigma)
	for d := range gradient {
		gradient[d] = byMean*gradient[d] + bySigma*byVariance[d]/(2*sigma)
	}
	return value
}

// expect gives the pending trials rows, with the values that are expected there: what they will tell is
// known to be known. The function returned takes the rows away again.
func (m *model) expect(pending []hone.Pending) (undo func()) {
	rows := m.process.Len()
	for _, p := range pending[max(0, len(pending)-mostPending):] {
		m.process.Append(m.encoder.encode(p.Parameters))
	}
	m.beside = len(pending) > 0
	return func() { m.process.Truncate(rows) }
}
