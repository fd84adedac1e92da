package bayesian

import (
	"context"
	"math"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/algorithms/internal/gp"
	"github.com/hone-tuner/hone/internal/points"
)

// blur is a variance that is added to the gate's: where trials without a value begin is not known to the last
// digit.
const blur = 0.01

// newGate makes the process that tells where trials have a value: regression on labels (Rasmussen and Williams
// 2006, section 6.5). Before the first refit that has seen a failure, its hyperparameters are the expected ones.
func newGate(ctx context.Context, e *encoder, turn points.Turn, refit int) (*surface, error) {
	hyper := prior(len(e.features)).Median(e.kinds)
	if anyFailed(turn.History.Outcomes()[:refit]) {
		found, err := fit(ctx, e, turn, refit, e.labels)
		if err != nil {
			return nil, err
		}
		hyper = found[0].hyper
	}
	all := func(hone.Outcome) bool { return true }
	return newSurface(e, hyper, turn.History, refit, rowsOf(turn.History, refit, mostFitted, turn.Objective), all), nil
}

// learn brings the gate up to the history.
func (s *surface) learn(h hone.History) {
	s.follow(h)
	labels := make([]float64, len(s.rows))
	for k, i := range s.rows {
		labels[k] = label(h.At(i))
	}
	s.SetValues(labels)
}

// caution is how often the probability of a value counts: once, and more often when more than half of the last ten
// trials had none. Where what is best lies at the border of what has values, nearly all trials would fail
// otherwise, each for a gain that gets smaller and smaller.
func caution(h hone.History) float64 {
	const last = 10
	failed := 0
	for i := max(0, h.Len()-last); i < h.Len(); i++ {
		if !h.At(i).Feasible() {
			failed++
		}
	}
	return 1 + 10*math.Max(0, float64(failed)/last-0.5)
}

// passing is the logarithm of the probability that a label is positive, by its mean and standard
// deviation, with its derivatives (Rasmussen and Williams 2006, eq. 3.82).
func passing(mean, sigma float64) (value, byMean, bySigma float64) {
	s := math.Sqrt(sigma*sigma + blur)
	u := mean / s
	value, slope := gp.LogCDF(u)
	return value, slope / s, -slope * u * sigma / (s * s)
}
