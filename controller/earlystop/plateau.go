package earlystop

import (
	"fmt"

	"github.com/hone-tuner/hone"
)

func plateauChoice() hone.Choice {
	return hone.Choice{Name: "plateau",
		Summary: "Stops a trial whose own curve has not improved for a number of readings.",
		Settings: []hone.Setting{
			{Name: "patience", Type: "int", Default: number(10), Min: bound(1), Summary: "Readings without an improvement after which a trial is stopped."},
			{Name: "minImprovement", Type: "double", Default: number(0), Min: bound(0), Summary: "By how much a reading must beat the best before it to count as one, in units of the metric; 0 for any."},
		}}
}

// plateau stops a trial when its last `patience` readings have not improved on the best before them.
type plateau struct {
	objective hone.Objective
	patience  int
	min       hone.Improvement
}

func newPlateau(c hone.Choice, settings map[string]hone.Value, o hone.Objective) hone.EarlyStopper {
	return &plateau{objective: o, patience: int(c.Get(settings, "patience").Float()),
		min: hone.Improvement{Amount: c.Get(settings, "minImprovement").Float()}}
}

// Finished implements hone.EarlyStopper: other trials do not matter.
func (p *plateau) Finished([]hone.Measurement) {}

// Judge implements hone.EarlyStopper.
func (p *plateau) Judge(curve []hone.Measurement) hone.Verdict {
	values := make([]float64, len(curve))
	for i, m := range curve {
		values[i] = float64(m.Value)
	}
	// A reading that is not finite is one without an improvement, and so counts for the patience.
	improved, best := -1, 0.0
	for i, v := range values {
		if hone.Float(v).Finite() && (improved < 0 || p.min.Reached(p.objective, best, v)) {
			improved, best = i, v
		}
	}
	if len(values)-1-improved < p.patience {
		return hone.Verdict{}
	}
	if improved < 0 {
		return hone.Verdict{Stop: true, Why: fmt.Sprintf("its first %d readings of %s were not finite", len(values), p.objective.Metric)}
	}
	return hone.Verdict{Stop: true, Why: fmt.Sprintf("%s did not improve on %s (step %d) in %d readings",
		p.objective.Metric, short(hone.Float(best)), *curve[improved].Step, len(values)-1-improved)}
}
