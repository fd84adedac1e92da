package hone

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// Budget limits an experiment.
type Budget struct {
	// Trials is how many trials are created at most, whatever their end; 0 for no limit.
	Trials int `json:"trials,omitempty"`
	// Failures is how many failed trials are tolerated: one more fails the experiment. nil means
	// DefaultFailures, and giving up when the first SameFailures trials fail for one reason.
	Failures *int `json:"failures,omitempty"`
	// Duration is how long the experiment may be running; 0 for no limit.
	Duration Duration `json:"duration,omitzero"`
}

// FailureLimit is the number of failed trials that is tolerated.
func (b Budget) FailureLimit() int {
	if b.Failures == nil {
		return DefaultFailures
	}
	return *b.Failures
}

// StopRules end an experiment early.
type StopRules struct {
	Plateau *Plateau `json:"plateau,omitempty"`
}

// Plateau ends an experiment whose best value no longer improves.
type Plateau struct {
	// Trials is over how many finished trials the best must improve.
	Trials int `json:"trials"`
	// MinImprovement is by how much: absolute, or relative to the best before.
	MinImprovement Improvement `json:"minImprovement,omitzero"`
}

// Improvement is a distance between two values: absolute, or a share of the older one.
type Improvement struct {
	Amount   float64
	Relative bool // Amount is a share: 0.001 for "0.1%"
}

// Reached reports whether going from the best before to the best now improves by at least this much. With
// an amount of 0, any improvement will do.
func (i Improvement) Reached(o Objective, before, now float64) bool {
	if !o.Better(now, before) {
		return false
	}
	need := i.Amount
	if i.Relative {
		need *= math.Abs(before)
	}
	gain := math.Abs(now - before)
	return gain >= need || math.Abs(gain-need) <= 1e-12*math.Max(gain, need)
}

// MarshalJSON writes a number, or a text such as "0.1%".
func (i Improvement) MarshalJSON() ([]byte, error) {
	if i.Relative {
		return json.Marshal(percentage(i.Amount) + "%")
	}
	return json.Marshal(i.Amount)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (i *Improvement) UnmarshalJSON(data []byte) error {
	var v Value
	if err := v.UnmarshalJSON(data); err != nil {
		return err
	}
	wrong := Errorf(InvalidArgument, `%s must be a number that is not negative, or a percentage such as "0.1%%"`, data)
	switch v.Kind() {
	case NumberValue:
		*i = Improvement{Amount: v.Float()}
	case StringValue:
		text, ok := strings.CutSuffix(strings.TrimSpace(v.String()), "%")
		x, err := share(text)
		if !ok || err != nil {
			return wrong
		}
		*i = Improvement{Amount: x, Relative: true}
	default:
		return wrong
	}
	if !(i.Amount >= 0) || math.IsInf(i.Amount, 0) {
		return wrong
	}
	return nil
}

// share reads a percentage. The decimal point is moved in the text: a division by 100 would round once more.
func share(text string) (float64, error) { return strconv.ParseFloat(shift(text, -2), 64) }

// percentage writes a share so that share reads exactly this one: 0.1 for 0.001.
func percentage(x float64) string {
	moved := shift(strconv.FormatFloat(x, 'e', -1, 64), 2)
	if y, err := strconv.ParseFloat(moved, 64); err == nil {
		text := strconv.FormatFloat(y, 'g', -1, 64)
		if back, err := share(text); err == nil && back == x {
			return text
		}
	}
	return moved
}

// shift multiplies a decimal number, as text, by a power of ten.
func shift(text string, by int) string {
	digits, exponent, found := strings.Cut(strings.ToLower(text), "e")
	if found {
		n, err := strconv.Atoi(exponent)
		if err != nil {
			return text // it is no number, or one far beyond all
		}
		by += n
	}
	return digits + "e" + strconv.Itoa(by)
}

// Flat reports whether the values of finished trials, in the order of finishing, have reached the
// plateau: more than Trials of them are finite, and the best of all is not better than the best of all
// but the last Trials of these by MinImprovement.
func (p Plateau) Flat(o Objective, values []float64) bool {
	finite := make([]float64, 0, len(values))
	for _, v := range values {
		if Float(v).Finite() {
			finite = append(finite, v)
		}
	}
	if len(finite) <= p.Trials {
		return false
	}
	before := bestOf(o, finite[:len(finite)-p.Trials])
	return !p.MinImprovement.Reached(o, before, bestOf(o, finite))
}

func bestOf(o Objective, values []float64) float64 {
	best := math.NaN()
	for _, v := range values {
		if o.Better(v, best) {
			best = v
		}
	}
	return best
}
