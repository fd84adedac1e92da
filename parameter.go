package hone

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// ParameterType says what values a parameter takes.
type ParameterType string

// The types of parameter.
const (
	DoubleType      ParameterType = "double"      // any number of a range, or the steps in it
	IntType         ParameterType = "int"         // whole numbers of a range
	DiscreteType    ParameterType = "discrete"    // a list of numbers that have an order
	CategoricalType ParameterType = "categorical" // a list of values without an order
)

// Scale says how a range is spread over the unit interval.
type Scale string

// The scales.
const (
	LinearScale Scale = "linear"
	LogScale    Scale = "log"
)

// Parameter is one dimension of a search space. Make one with Double, Int, Discrete or Categorical.
type Parameter struct {
	// Name is what the parameter is called: letters, digits, '_', '-' and '.', beginning with a letter or
	// '_'; at most 63 characters.
	Name string
	// Type says what values it takes.
	Type ParameterType
	// Min and Max bound a double or an int, both included.
	Min, Max float64
	// Step is the distance between the values of a double or an int, counted from Min; 0 means any double, or
	// every int.
	Step float64
	// Scale is how the range is searched: linear (also when empty) or log.
	Scale Scale
	// Values are what a discrete or categorical parameter chooses from.
	Values []Value
	// Conditions say when the parameter is active, each as an earlier parameter and the values of it
	// that make it so. All must hold. Without any, it always is.
	Conditions []Condition
}

// Condition holds when a parameter is active and has one of the values.
type Condition struct {
	Parameter string
	Values    []Value
}

type parameterJSON struct {
	Name   string        `json:"name"`
	Type   ParameterType `json:"type"`
	Min    *float64      `json:"min,omitempty"`
	Max    *float64      `json:"max,omitempty"`
	Step   float64       `json:"step,omitempty"`
	Scale  Scale         `json:"scale,omitempty"`
	Values []Value       `json:"values,omitempty"`
	When   conditions    `json:"when,omitempty"`
}

// MarshalJSON writes the parameter as it stands in an experiment file.
func (p Parameter) MarshalJSON() ([]byte, error) {
	out := parameterJSON{Name: p.Name, Type: p.Type, Step: p.Step, Scale: p.Scale, Values: p.Values, When: p.Conditions}
	if p.ranged() {
		out.Min, out.Max = &p.Min, &p.Max
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (p *Parameter) UnmarshalJSON(data []byte) error {
	var in parameterJSON
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	*p = Parameter{Name: in.Name, Type: in.Type, Step: in.Step, Scale: in.Scale, Values: in.Values, Conditions: in.When}
	if in.Min != nil {
		p.Min = *in.Min
	}
	if in.Max != nil {
		p.Max = *in.Max
	}
	return nil
}

// ranged reports whether the values come from Min, Max and Step rather than from a list.
func (p Parameter) ranged() bool { return p.Type == DoubleType || p.Type == IntType }

// Continuous reports whether the parameter has no smallest step: a double without Step and with more
// than one value.
func (p Parameter) Continuous() bool { return p.Type == DoubleType && p.Step == 0 && p.Min < p.Max }

// Cardinality counts the values that the parameter can take; 0 when it is continuous.
func (p Parameter) Cardinality() int {
	switch {
	case !p.ranged():
		return len(p.Values)
	case p.Min >= p.Max:
		return 1
	case p.step() == 0:
		return 0
	}
	n := (p.Max-p.Min)/p.step() + 1e-9
	return int(math.Floor(math.Min(n, 1<<53))) + 1
}

func (p Parameter) step() float64 {
	if p.Type == IntType && p.Step == 0 {
		return 1
	}
	return p.Step
}

// At returns the i-th value of a parameter that is not continuous, 0 ≤ i < Cardinality(). A value on a
// step is rounded to the decimals of Min and Step, so that it reads 0.15 and not 0.15000000000000002.
func (p Parameter) At(i int) Value {
	if !p.ranged() {
		return p.Values[i]
	}
	if i == 0 {
		return Number(p.Min)
	}
	x := p.Min + float64(i)*p.step()
	digits := max(decimals(p.Min), decimals(p.step()))
	if digits <= 17 {
		if r, err := strconv.ParseFloat(strconv.FormatFloat(x, 'f', digits, 64), 64); err == nil {
			x = r
		}
	}
	return Number(math.Min(x, p.Max))
}

// decimals counts the digits behind the point that x needs.
func decimals(x float64) int {
	s := strconv.FormatFloat(x, 'f', -1, 64)
	if i := strings.IndexByte(s, '.'); i >= 0 {
		return len(s) - i - 1
	}
	return 0
}

// Index finds which value of a parameter that is not continuous v is, or -1 when it is none of them.
func (p Parameter) Index(v Value) int {
	if !p.ranged() {
		for i, w := range p.Values {
			if w == v {
				return i
			}
		}
		return -1
	}
	if v.Kind() != NumberValue || p.Continuous() {
		return -1
	}
	if p.Cardinality() == 1 {
		if v.Float() == p.Min {
			return 0
		}
		return -1
	}
	i := int(math.Round((v.Float() - p.Min) / p.step()))
	if i < 0 || i >= p.Cardinality() || p.At(i) != v {
		return -1
	}
	return i
}

// Contains reports whether v is a value of the parameter, exactly.
func (p Parameter) Contains(v Value) bool {
	if p.Continuous() {
		return v.Kind() == NumberValue && v.Float() >= p.Min && v.Float() <= p.Max
	}
	return p.Index(v) >= 0
}

// Nearest returns the value of the parameter that v means: v itself when it is one, or the step within
// a billionth of it (a number that was computed or printed). The error says what the parameter takes.
func (p Parameter) Nearest(v Value) (Value, error) {
	if p.Contains(v) {
		return v, nil
	}
	if p.Type != CategoricalType && v.Kind() == NumberValue && !p.Continuous() {
		for _, i := range p.around(v.Float()) {
			at := p.At(i).Float()
			if math.Abs(at-v.Float()) <= 1e-9*math.Max(math.Abs(at), p.step()) {
				return p.At(i), nil
			}
		}
	}
	return Value{}, Errorf(InvalidArgument, "%s is not a value of %q: it takes %s", quoteText(v), p.Name, p.Domain())
}

// around lists the indices whose values can lie next to x.
func (p Parameter) around(x float64) []int {
	if !p.ranged() {
		all := make([]int, len(p.Values))
		for i := range all {
			all[i] = i
		}
		return all
	}
	i := int(math.Round((x - p.Min) / p.step()))
	if i < 0 || i >= p.Cardinality() {
		return nil
	}
	return []int{i}
}

// Domain describes the values for people: "a double from 0 to 0.5 in steps of 0.05".
func (p Parameter) Domain() string {
	if !p.ranged() {
		const most = 12
		var texts []string
		for _, v := range p.Values[:min(len(p.Values), most)] {
			texts = append(texts, quoteText(v))
		}
		if len(p.Values) > most {
			texts = append(texts, "…")
		}
		return "one of " + strings.Join(texts, ", ")
	}
	s := "a double from "
	if p.Type == IntType {
		s = "a whole number from "
	}
	s += formatFloat(p.Min) + " to " + formatFloat(p.Max)
	if p.Step != 0 {
		s += " in steps of " + formatFloat(p.Step)
	}
	return s
}

func quoteText(v Value) string {
	if v.Kind() == StringValue {
		return strconv.Quote(v.String())
	}
	return v.String()
}

// conditions are written as an object: {optimizer: [sgd]}, in the order in which they stand.
type conditions []Condition

func (c conditions) MarshalJSON() ([]byte, error) {
	return marshalObject(len(c), func(i int) (string, any) { return c[i].Parameter, c[i].Values })
}

func (c *conditions) UnmarshalJSON(data []byte) error {
	*c = nil
	return unmarshalObject(data, func(name string, raw json.RawMessage) error {
		var values []Value
		if err := json.Unmarshal(raw, &values); err != nil {
			var one Value
			if json.Unmarshal(raw, &one) != nil || one.IsZero() {
				return Errorf(InvalidArgument, "when.%s must be a list of values", name)
			}
			values = []Value{one}
		}
		*c = append(*c, Condition{Parameter: name, Values: values})
		return nil
	})
}
