package main

import (
	"maps"
	"slices"

	"github.com/hone-tuner/hone"
)

// parameterPrefix and metricPrefix tell the columns of parameters and metrics from others of the same name.
const (
	parameterPrefix = "param:"
	metricPrefix    = "metric:"
)

// objectiveColumn is the column of the objective's value. Where it is, there is no metric: of it.
const objectiveColumn = "value"

// objectiveColumnOf is that column.
func objectiveColumnOf(o hone.Objective) column {
	return column{name: objectiveColumn, also: []string{metricPrefix + o.Metric, "metrics." + o.Metric}, title: o.Metric, right: true}
}

// trialValueCell is a trial's value; while it runs, its newest reading, marked as one that is not final. That is for
// people only: programs find it among the metrics.
func trialValueCell(o hone.Objective, state hone.TrialState, value *hone.Float, metrics map[string]hone.Float, k look) cell {
	newest, ok := metrics[o.Metric]
	if value != nil || state != hone.TrialRunning || !ok {
		return floatPointerCell(value)
	}
	return cell{short: digits(float64(newest)) + k.ellipsis(), style: dim}
}

// pointColumns are the columns of a listing that come from the experiment: one for each parameter, and one
// for each metric.
type pointColumns struct {
	parameters []hone.Parameter
	metrics    []string
	taken      []string
}

// newPointColumns finds the columns for trials with these metrics. A parameter whose name is taken by
// another column (taken) is called param:NAME.
func newPointColumns(spec hone.Spec, metrics []string, taken ...string) pointColumns {
	names := map[string]bool{spec.Objective.Metric: true}
	for _, name := range slices.Concat(spec.Metrics.Record, metrics) {
		names[name] = true
	}
	if slices.Contains(taken, objectiveColumn) {
		delete(names, spec.Objective.Metric)
	}
	return pointColumns{parameters: spec.Parameters, taken: taken, metrics: slices.Sorted(maps.Keys(names))}
}

func (p pointColumns) parameterFields() []field[shownTrial] {
	out := make([]field[shownTrial], len(p.parameters))
	for i, x := range p.parameters {
		c := column{name: x.Name, also: []string{parameterPrefix + x.Name, "parameters." + x.Name}, title: x.Name, right: x.Type != hone.CategoricalType}
		if slices.Contains(p.taken, x.Name) {
			c.name = parameterPrefix + x.Name
		}
		out[i] = field[shownTrial]{c, func(t shownTrial) cell {
			if v, ok := t.Parameters.Get(x.Name); ok {
				return valueCell(v)
			}
			return cell{}
		}}
	}
	return out
}

// metricFields are wide: the objective has a column of its own.
func (p pointColumns) metricFields() []field[shownTrial] {
	out := make([]field[shownTrial], len(p.metrics))
	for i, name := range p.metrics {
		c := column{name: metricPrefix + name, also: []string{"metrics." + name}, title: name, wide: true, right: true}
		out[i] = field[shownTrial]{c, func(t shownTrial) cell {
			if f, ok := t.Metrics[name]; ok {
				return floatCell(f)
			}
			return cell{}
		}}
	}
	return out
}
