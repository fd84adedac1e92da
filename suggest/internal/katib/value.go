package katib

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/hone-tuner/hone"
)

// slack is how far outside of its range, relative to its size, a number may lie because somebody computed it
// through logarithms or printed too few digits of it.
const slack = 1e-9

// parse reads the value of a parameter. A number of a range may lie between two steps, since many services do not
// look at steps: the nearest is taken. Everything else must be a value of the parameter.
func parse(p hone.Parameter, written map[string]hone.Value, text string) (hone.Value, error) {
	if p.Type == hone.CategoricalType {
		return category(p, written, text)
	}
	x, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	switch {
	case err != nil:
		return hone.Value{}, wrong(p, text, "is no number")
	case math.IsNaN(x) || math.IsInf(x, 0):
		return hone.Value{}, wrong(p, text, "is not finite")
	case p.Type == hone.DiscreteType:
		v, err := p.Nearest(hone.Number(x))
		if err != nil {
			return v, wrong(p, text, "is none of its values")
		}
		return v, nil
	case p.Type == hone.IntType && math.Abs(x-math.Round(x)) > slack*math.Max(1, math.Abs(x)):
		return hone.Value{}, wrong(p, text, "is no whole number")
	}
	room := slack * math.Max(math.Abs(p.Min), math.Abs(p.Max))
	if x < p.Min-room || x > p.Max+room {
		return hone.Value{}, wrong(p, text, "lies outside")
	}
	return onStep(p, math.Min(math.Max(x, p.Min), p.Max)), nil
}

// onStep is the value of a range that lies nearest to x.
func onStep(p hone.Parameter, x float64) hone.Value {
	n := p.Cardinality()
	if n == 0 {
		return hone.Number(x)
	}
	step := p.Step
	if step == 0 {
		step = 1
	}
	i := 0
	if n > 1 {
		i = int(math.Round(math.Min((x-p.Min)/step, float64(n-1))))
	}
	return p.At(i)
}

// category finds the value that a text stands for. A number may be written in another way.
func category(p hone.Parameter, written map[string]hone.Value, text string) (hone.Value, error) {
	if v, ok := written[text]; ok {
		return v, nil
	}
	if x, err := strconv.ParseFloat(text, 64); err == nil && slices.Contains(p.Values, hone.Number(x)) {
		return hone.Number(x), nil
	}
	return hone.Value{}, wrong(p, text, "is none of its values")
}

// reader reads points: it has what the values of each parameter with a list are written like.
type reader struct {
	parameters []hone.Parameter
	written    []map[string]hone.Value
}

func newReader(parameters []hone.Parameter) reader {
	r := reader{parameters: parameters, written: make([]map[string]hone.Value, len(parameters))}
	for i, p := range parameters {
		r.written[i] = make(map[string]hone.Value, len(p.Values))
		for k, text := range spellings(p) {
			r.written[i][text] = p.Values[k]
		}
	}
	return r
}

// spellings are how the values of a list are written: as programs see them. One that is written like a value
// before it, such as "1" after 1, gets quotes around it until it is not.
func spellings(p hone.Parameter) []string {
	texts := make([]string, len(p.Values))
	taken := make(map[string]bool, len(p.Values))
	for i, v := range p.Values {
		text := v.String()
		for taken[text] {
			text = strconv.Quote(text)
		}
		texts[i], taken[text] = text, true
	}
	return texts
}

func wrong(p hone.Parameter, text, what string) error {
	const most = 100
	if len(text) > most {
		text = text[:most] + "…"
	}
	return hone.Errorf(hone.InvalidArgument, "%q %s: %q takes %s", text, what, p.Name, p.Domain())
}

// middle is a value that stands for none.
func middle(p hone.Parameter) hone.Value {
	switch n := p.Cardinality(); {
	case n > 0:
		return p.At(n / 2)
	case p.Scale == hone.LogScale:
		return hone.Number(math.Min(math.Max(math.Sqrt(p.Min)*math.Sqrt(p.Max), p.Min), p.Max))
	}
	return hone.Number(p.Min/2 + p.Max/2)
}

// active reports whether a parameter is active beside the values of the ones before it.
func active(p hone.Parameter, a hone.Assignments) bool {
	for _, c := range p.Conditions {
		v, ok := a.Get(c.Parameter)
		if !ok || !slices.Contains(c.Values, v) {
			return false
		}
	}
	return true
}
