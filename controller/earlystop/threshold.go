package earlystop

import (
	"fmt"

	"github.com/hone-tuner/hone"
)

func thresholdChoice() hone.Choice {
	return hone.Choice{Name: "threshold",
		Summary: "Stops a trial whose value leaves the range from lower to upper, or is not finite.",
		Settings: []hone.Setting{
			{Name: "lower", Type: "double", Summary: "A reading below this stops the trial; none by default."},
			{Name: "upper", Type: "double", Summary: "A reading above this stops the trial; none by default."},
			{Name: "warmupSteps", Type: "int", Default: number(0), Min: bound(0), Summary: "Steps of each trial at which it is not judged: a trial is judged at steps greater than this."},
		}}
}

// threshold stops a trial by its newest reading alone.
type threshold struct {
	objective    hone.Objective
	lower, upper hone.Value // no value: no bound
	warmupSteps  int64
}

func newThreshold(c hone.Choice, settings map[string]hone.Value, o hone.Objective) hone.EarlyStopper {
	return &threshold{objective: o, lower: settings["lower"], upper: settings["upper"],
		warmupSteps: int64(c.Get(settings, "warmupSteps").Float())}
}

// Finished implements hone.EarlyStopper: other trials do not matter.
func (t *threshold) Finished([]hone.Measurement) {}

// Judge implements hone.EarlyStopper.
func (t *threshold) Judge(curve []hone.Measurement) hone.Verdict {
	for _, m := range curve {
		if t.warmupSteps > 0 && *m.Step <= t.warmupSteps {
			continue
		}
		v, at := float64(m.Value), fmt.Sprintf("%s was %s at step %d", t.objective.Metric, short(m.Value), *m.Step)
		switch {
		case !m.Value.Finite():
			return hone.Verdict{Stop: true, Why: at}
		case !t.lower.IsZero() && v < t.lower.Float():
			return hone.Verdict{Stop: true, Why: at + ", below lower " + t.lower.String()}
		case !t.upper.IsZero() && v > t.upper.Float():
			return hone.Verdict{Stop: true, Why: at + ", above upper " + t.upper.String()}
		}
	}
	return hone.Verdict{}
}
