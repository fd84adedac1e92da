package contest

import "math"

// Efficiency is the log-efficiency of a contestant over a base, averaged over the tasks of the board: 1 means that it
// needs e times fewer trials for the same regret, −1 that it needs e times more, or never gets there. The score of a
// task is that of Song et al. 2024, The Vizier Gaussian process bandit algorithm, arXiv 2408.11527, except that
// curves are not extrapolated: who never reaches a target that the other reaches has the worst score for it.
func (b Board) Efficiency(base, name string) float64 {
	var scores []float64
	for _, t := range b.Tasks {
		scores = append(scores, logEfficiency(t.curve(base, name), t.curve(base), t.curve(name)))
	}
	return mean(scores)
}

// curve is the median regret over the runs of some contestants after each trial.
func (s Scored) curve(names ...string) []float64 {
	curve := make([]float64, s.Trials)
	for i := range curve {
		var values []float64
		for _, name := range names {
			for _, r := range s.Runs[name] {
				values = append(values, r.After(i+1))
			}
		}
		curve[i] = median(values)
		// Observed through noise, the best may turn out to be worse than the one before. What was reached stays reached.
		if i > 0 {
			curve[i] = min(curve[i], curve[i-1])
		}
	}
	return curve
}

// logEfficiency compares two curves that never rise by when they reach each target. The score is the median over the
// targets of ln(1 + t of base) − ln(1 + t of the other), clipped to ±1.
func logEfficiency(targets, base, other []float64) float64 {
	scores := make([]float64, len(targets))
	for i, target := range targets {
		scores[i] = min(max(math.Log1p(reached(base, target))-math.Log1p(reached(other, target)), -1), 1)
		if math.IsNaN(scores[i]) { // neither reached it
			scores[i] = 0
		}
	}
	return median(scores)
}

// reached is after how many trials a curve is at a target; +Inf for never.
func reached(curve []float64, target float64) float64 {
	for i, v := range curve {
		if v <= max(target, solved) {
			return float64(i + 1)
		}
	}
	return math.Inf(1)
}
