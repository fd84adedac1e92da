package hone

import "math"

// Goal is the direction in which the objective's metric gets better.
type Goal string

// The goals.
const (
	Maximize Goal = "maximize"
	Minimize Goal = "minimize"
)

// Reduce says how the readings of a trial become one value.
type Reduce string

// The reductions. All but ReduceLast look at finite readings only.
const (
	ReduceBest Reduce = "best"
	ReduceLast Reduce = "last"
	ReduceMin  Reduce = "min"
	ReduceMax  Reduce = "max"
	ReduceMean Reduce = "mean"
)

// Objective is the metric to optimise.
type Objective struct {
	Metric string   `json:"metric"`
	Goal   Goal     `json:"goal"`
	Target *float64 `json:"target,omitempty"`
	Reduce Reduce   `json:"reduce,omitempty"`
}

func (o Objective) withDefaults() Objective {
	if o.Reduce == "" {
		o.Reduce = ReduceBest
	}
	return o
}

// Better reports whether a is better than b. What is not finite is better than nothing.
func (o Objective) Better(a, b float64) bool {
	switch {
	case math.IsNaN(a) || math.IsInf(a, 0):
		return false
	case math.IsNaN(b) || math.IsInf(b, 0):
		return true
	case o.Goal == Minimize:
		return a < b
	}
	return a > b
}

// Cost is the value with the sign that makes less better, for code that minimises.
func (o Objective) Cost(value float64) float64 {
	if o.Goal == Maximize {
		return -value
	}
	return value
}

// Reached reports whether a value meets the target. What is not finite never does.
func (o Objective) Reached(value float64) bool {
	return o.Target != nil && Float(value).Finite() && !o.Better(*o.Target, value)
}
