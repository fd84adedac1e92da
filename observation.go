package hone

import "math"

// Observation is a trial's readings reduced to one value for each metric.
type Observation struct {
	// Value is the objective's value: NaN when there were readings but none was finite.
	Value Float
	// Found reports whether there was any reading of the objective.
	Found bool
	// Metrics are the values of all metrics: the objective as reduced, the others at the step where the
	// objective took its value, else their last reading.
	Metrics map[string]Float
}

// Observe reduces the curve of a trial (as Readings returns it) by the rule of the objective.
func Observe(o Objective, readings []Measurement) Observation {
	byMetric := map[string][]Measurement{}
	for _, m := range readings {
		byMetric[m.Metric] = append(byMetric[m.Metric], m)
	}
	own := byMetric[o.Metric]
	value, step := reduce(o.withDefaults(), own)
	out := Observation{Value: Float(value), Found: len(own) > 0, Metrics: map[string]Float{}}
	for name, ms := range byMetric {
		out.Metrics[name] = newest(ms).Value
		for _, m := range ms {
			if step != nil && *m.Step == *step {
				out.Metrics[name] = m.Value
			}
		}
	}
	if out.Found {
		out.Metrics[o.Metric] = out.Value
	}
	return out
}

// reduce finds the value and, where it is one reading's, the step of that reading.
func reduce(o Objective, ms []Measurement) (value float64, step *int64) {
	if o.Reduce == ReduceLast {
		if len(ms) == 0 {
			return math.NaN(), nil
		}
		last := newest(ms)
		return float64(last.Value), last.Step
	}
	better := o
	switch o.Reduce {
	case ReduceMin:
		better.Goal = Minimize
	case ReduceMax:
		better.Goal = Maximize
	case ReduceMean:
		return mean(ms), nil
	}
	value = math.NaN()
	for _, m := range ms {
		if better.Better(float64(m.Value), value) {
			value, step = float64(m.Value), m.Step
		}
	}
	return value, step
}

// newest returns the reading that was taken last; of those taken at one time, the one of the highest step.
func newest(ms []Measurement) Measurement {
	last := ms[0]
	for _, m := range ms {
		if !m.Time.Before(last.Time) {
			last = m
		}
	}
	return last
}

func mean(ms []Measurement) float64 {
	sum, n := 0.0, 0
	for _, m := range ms {
		if m.Value.Finite() {
			sum += float64(m.Value)
			n++
		}
	}
	return sum / float64(n) // NaN when there is none
}
