package earlystop

import (
	"fmt"
	"slices"

	"github.com/hone-tuner/hone"
)

func medianChoice() hone.Choice {
	return hone.Choice{Name: "median",
		Summary: "Stops a trial whose best value so far is worse than the median of the finished trials' running averages at the same step.",
		Settings: []hone.Setting{
			{Name: "startTrials", Type: "int", Default: number(5), Min: bound(1), Summary: "Trials that must have succeeded before any is stopped."},
			{Name: "warmupSteps", Type: "int", Default: number(0), Min: bound(0), Summary: "Steps of each trial at which it is not judged: a trial is judged at steps greater than this."},
		}}
}

// median is the rule of Golovin et al., "Google Vizier: A Service for Black-Box Optimization" (KDD 2017),
// section 3.2.2: a trial is stopped at step s if its best value by step s is strictly worse than the
// median of the running averages, up to step s, of the trials that have finished. The median is a true one
// and is taken anew at every reading.
type median struct {
	objective   hone.Objective
	startTrials int
	warmupSteps int64
	averages    []average
}

// average is a curve as running averages: after steps[i], the mean of everything so far is means[i].
type average struct {
	steps []int64
	means []float64
}

func newMedian(c hone.Choice, settings map[string]hone.Value, o hone.Objective) hone.EarlyStopper {
	return &median{objective: o, startTrials: int(c.Get(settings, "startTrials").Float()),
		warmupSteps: int64(c.Get(settings, "warmupSteps").Float())}
}

// Finished implements hone.EarlyStopper.
func (m *median) Finished(curve []hone.Measurement) {
	var a average
	sum := 0.0
	for i, r := range finite(curve) {
		sum += float64(r.Value)
		a.steps = append(a.steps, *r.Step)
		a.means = append(a.means, sum/float64(i+1))
	}
	if len(a.steps) > 0 {
		m.averages = append(m.averages, a)
	}
}

// at returns the running average up to a step, and whether the curve has begun by then.
func (a average) at(step int64) (float64, bool) {
	i, found := slices.BinarySearch(a.steps, step)
	if !found {
		i--
	}
	if i < 0 {
		return 0, false
	}
	return a.means[i], true
}

// Judge implements hone.EarlyStopper.
func (m *median) Judge(curve []hone.Measurement) hone.Verdict {
	if len(curve) == 0 || len(m.averages) < m.startTrials {
		return hone.Verdict{}
	}
	step := *curve[len(curve)-1].Step
	if m.warmupSteps > 0 && step <= m.warmupSteps {
		return hone.Verdict{}
	}
	var others []float64
	for _, a := range m.averages {
		if x, ok := a.at(step); ok {
			others = append(others, x)
		}
	}
	if len(others) < m.startTrials {
		return hone.Verdict{}
	}
	middle := medianOf(others)
	best := hone.Observe(m.best(), curve).Value
	if !m.objective.Better(middle, float64(best)) {
		return hone.Verdict{}
	}
	return hone.Verdict{Stop: true, Why: fmt.Sprintf("by step %d its best %s was %s; the median of %d finished trials was %s",
		step, m.objective.Metric, short(best), len(others), short(hone.Float(middle)))}
}

// best is the objective reduced to a trial's best reading, whatever its own reduction.
func (m *median) best() hone.Objective {
	o := m.objective
	o.Reduce = hone.ReduceBest
	return o
}

// medianOf is the middle value, or the mean of the two middle ones. It sorts xs.
func medianOf(xs []float64) float64 {
	slices.Sort(xs)
	n := len(xs)
	if n%2 == 1 {
		return xs[n/2]
	}
	return xs[n/2-1] + (xs[n/2]-xs[n/2-1])/2
}
