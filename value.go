package hone

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

// ValueKind is the type of a Value.
type ValueKind uint8

// The types that a value can have.
const (
	NoValue ValueKind = iota
	NumberValue
	StringValue
	BoolValue
)

// Value is what a parameter or a setting can be: a number, a string or a boolean. It is comparable with
// == and keeps its type through JSON.
type Value struct {
	kind ValueKind
	num  float64
	str  string
}

// Number makes a numeric value.
func Number(x float64) Value {
	if x == 0 {
		x = 0 // -0 and 0 are one value
	}
	return Value{kind: NumberValue, num: x}
}

// String makes a text value.
func String(s string) Value { return Value{kind: StringValue, str: s} }

// Bool makes a boolean value.
func Bool(b bool) Value {
	v := Value{kind: BoolValue}
	if b {
		v.num = 1
	}
	return v
}

// ValueOf turns a Go value into a Value: any integer or float, string, bool, or a Value itself.
func ValueOf(x any) (Value, error) {
	switch x := x.(type) {
	case Value:
		return x, nil
	case string:
		return String(x), nil
	case bool:
		return Bool(x), nil
	case float64:
		return Number(x), nil
	case float32:
		return Number(float64(x)), nil
	case int:
		return Number(float64(x)), nil
	case int64:
		return Number(float64(x)), nil
	case int32:
		return Number(float64(x)), nil
	case uint64:
		return Number(float64(x)), nil
	case json.Number:
		f, err := x.Float64()
		if err != nil {
			return Value{}, Errorf(InvalidArgument, "%s is not a number that fits a double", x)
		}
		return Number(f), nil
	}
	return Value{}, Errorf(InvalidArgument, "a value must be a number, a string or a boolean, not %T", x)
}

// Kind tells the type of the value.
func (v Value) Kind() ValueKind { return v.kind }

// IsZero reports whether there is no value at all.
func (v Value) IsZero() bool { return v.kind == NoValue }

// Float returns the number, or NaN when the value is none. A boolean is 1 or 0.
func (v Value) Float() float64 {
	if v.kind == NumberValue || v.kind == BoolValue {
		return v.num
	}
	return math.NaN()
}

// Bool reports whether the value is the boolean true.
func (v Value) Bool() bool { return v.kind == BoolValue && v.num == 1 }

// Any returns the value as float64, string, bool or nil.
func (v Value) Any() any {
	switch v.kind {
	case NumberValue:
		return v.num
	case StringValue:
		return v.str
	case BoolValue:
		return v.num == 1
	}
	return nil
}

// String writes the value as a program sees it in its arguments: a number as JSON writes it (no
// exponent between 1e-6 and 1e21), a string bare.
func (v Value) String() string {
	switch v.kind {
	case NumberValue:
		return formatFloat(v.num)
	case StringValue:
		return v.str
	case BoolValue:
		return strconv.FormatBool(v.num == 1)
	}
	return ""
}

// MarshalJSON writes the value with its type. Numbers that JSON does not have become the strings "NaN",
// "Infinity" and "-Infinity".
func (v Value) MarshalJSON() ([]byte, error) {
	switch v.kind {
	case NumberValue:
		return Float(v.num).MarshalJSON()
	case StringValue:
		return json.Marshal(v.str)
	case BoolValue:
		return strconv.AppendBool(nil, v.num == 1), nil
	}
	return []byte("null"), nil
}

// UnmarshalJSON reads a number, a string, a boolean or null.
func (v *Value) UnmarshalJSON(data []byte) error {
	var x any
	if err := json.Unmarshal(data, &x); err != nil {
		return err
	}
	if x == nil {
		*v = Value{}
		return nil
	}
	got, err := ValueOf(x)
	if err != nil {
		return err
	}
	*v = got
	return nil
}

// formatFloat writes a float64 as encoding/json does.
func formatFloat(x float64) string {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nonFinite(x)
	}
	data, err := json.Marshal(x)
	if err != nil {
		return strconv.FormatFloat(x, 'g', -1, 64)
	}
	return string(data)
}

func nonFinite(x float64) string {
	switch {
	case math.IsNaN(x):
		return "NaN"
	case x > 0:
		return "Infinity"
	}
	return "-Infinity"
}

// Float is a float64 that travels through JSON whatever it is: NaN and the infinities become the strings
// "NaN", "Infinity" and "-Infinity".
type Float float64

// Finite reports whether f is neither NaN nor infinite.
func (f Float) Finite() bool { return !math.IsNaN(float64(f)) && !math.IsInf(float64(f), 0) }

func (f Float) String() string { return formatFloat(float64(f)) }

// MarshalJSON writes a JSON number, or a string for what is not finite.
func (f Float) MarshalJSON() ([]byte, error) {
	x := float64(f)
	if !f.Finite() {
		return []byte(`"` + nonFinite(x) + `"`), nil
	}
	return json.Marshal(x)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (f *Float) UnmarshalJSON(data []byte) error {
	switch string(data) {
	case `"NaN"`:
		*f = Float(math.NaN())
	case `"Infinity"`, `"+Infinity"`:
		*f = Float(math.Inf(1))
	case `"-Infinity"`:
		*f = Float(math.Inf(-1))
	default:
		x, err := strconv.ParseFloat(string(data), 64)
		if err != nil || data[0] != '-' && (data[0] < '0' || data[0] > '9') { // data is somebody else's memory: nothing may be appended to it
			return fmt.Errorf(`%s is not a number, "NaN", "Infinity" or "-Infinity"`, data)
		}
		*f = Float(x)
	}
	return nil
}
