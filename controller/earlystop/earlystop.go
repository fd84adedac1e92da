package earlystop

import (
	"strconv"

	"github.com/hone-tuner/hone"
)

// rule is one early stopping rule: what it is, and how it is made.
type rule struct {
	choice hone.Choice
	make   func(c hone.Choice, settings map[string]hone.Value, o hone.Objective) hone.EarlyStopper
}

// rules is the table of all rules, in the order in which they are shown.
func rules() []rule {
	return []rule{
		{none(), nil},
		{medianChoice(), newMedian},
		{plateauChoice(), newPlateau},
		{thresholdChoice(), newThreshold},
	}
}

func none() hone.Choice {
	return hone.Choice{Name: "none", Summary: "Every trial runs to its end."}
}

// Builtin describes the rules that an experiment can choose from.
func Builtin() []hone.Choice {
	var out []hone.Choice
	for _, r := range rules() {
		out = append(out, r.choice)
	}
	return out
}

// New makes the rule that an experiment names; nil for none.
func New(spec hone.EarlyStoppingSpec, o hone.Objective) (hone.EarlyStopper, error) {
	for _, r := range rules() {
		switch {
		case r.choice.Name != spec.Name && (spec.Name != "" || r.make != nil):
		case r.make == nil:
			return nil, nil //nolint:nilnil // no rule is a choice too
		default:
			return r.make(r.choice, spec.Settings, o), nil
		}
	}
	return nil, hone.Errorf(hone.InvalidArgument, "there is no early stopping rule %q", spec.Name)
}

// finite leaves the finite readings of a curve.
func finite(curve []hone.Measurement) []hone.Measurement {
	out := make([]hone.Measurement, 0, len(curve))
	for _, m := range curve {
		if m.Value.Finite() {
			out = append(out, m)
		}
	}
	return out
}

// short writes a value for people, in six digits.
func short(x hone.Float) string {
	if !x.Finite() {
		return x.String()
	}
	return strconv.FormatFloat(float64(x), 'g', 6, 64)
}

func number(x float64) hone.Value { return hone.Number(x) }

func bound(x float64) *float64 { return &x }
