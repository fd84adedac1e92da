package typed

import (
	"fmt"
	"reflect"
	"strconv"

	hone "github.com/hone-tuner/hone"
)

// field is a parameter and the struct's field that carries it.
type field struct {
	where string // the field, for messages: Params.Adam.Beta1
	index []int  // the way there from the struct
	typ   reflect.Type
	// optional says that it is behind a pointer of its own.
	optional bool
	hone.Parameter
}

// exact is up to where doubles hold whole numbers exactly.
const exact = 1 << 53

// parameterOf makes the parameter of a field of a type, without its name and conditions.
func parameterOf(typ reflect.Type, t tag) (p hone.Parameter, mistakes []string) {
	switch typ.Kind() {
	case reflect.Bool:
		if t.values == nil {
			t.values = []string{"false", "true"}
		}
		p.Type = hone.CategoricalType
	case reflect.String:
		p.Type = hone.CategoricalType
	case reflect.Float64:
		p.Type = numeric(t, hone.DoubleType)
	default:
		p.Type = numeric(t, hone.IntType)
	}
	if p.Type == hone.DoubleType || p.Type == hone.IntType {
		return ranged(p, typ, t)
	}
	return listed(p, typ, t)
}

// listed is for parameters with a list of values.
func listed(p hone.Parameter, typ reflect.Type, t tag) (_ hone.Parameter, mistakes []string) {
	if t.values == nil {
		mistakes = append(mistakes, fmt.Sprintf("lists no values, which a %s needs; write it like values=sgd|adam", typ.Kind()))
	}
	for _, text := range t.values {
		v, err := parseValue(typ, text)
		if err != nil {
			mistakes = append(mistakes, err.Error())
			continue
		}
		p.Values = append(p.Values, v)
	}
	if t.min != nil || t.max != nil || t.step != nil || t.log {
		mistakes = append(mistakes, "min, max, step and log are for a range, and here is a list of values: leave out one or the other")
	}
	if t.categorical && (typ.Kind() == reflect.Bool || typ.Kind() == reflect.String) {
		mistakes = append(mistakes, fmt.Sprintf("categorical is for numbers; a %s always is", typ.Kind()))
	}
	return p, mistakes
}

// numeric is the type of parameter of a number.
func numeric(t tag, without hone.ParameterType) hone.ParameterType {
	switch {
	case t.values == nil:
		return without
	case t.categorical:
		return hone.CategoricalType
	}
	return hone.DiscreteType
}

func ranged(p hone.Parameter, typ reflect.Type, t tag) (_ hone.Parameter, mistakes []string) {
	for _, end := range []struct {
		name string
		from *float64
		to   *float64
	}{{"min", t.min, &p.Min}, {"max", t.max, &p.Max}} {
		switch {
		case end.from == nil:
			mistakes = append(mistakes, end.name+" is missing: a number needs min and max, or values")
		case p.Type == hone.IntType && !fits(typ, *end.from):
			mistakes = append(mistakes, fmt.Sprintf("%s: %s is not a whole number that %s can hold", end.name, hone.Float(*end.from), typ))
		default:
			*end.to = *end.from
		}
	}
	if t.step != nil {
		p.Step = *t.step
		if *t.step <= 0 {
			mistakes = append(mistakes, "step must be greater than 0")
		}
	}
	if t.log {
		p.Scale = hone.LogScale
	}
	if t.categorical {
		mistakes = append(mistakes, "categorical is for a list of values: there is none")
	}
	return p, mistakes
}

// fits reports whether a whole number can be held by a type.
func fits(typ reflect.Type, x float64) bool {
	zero := reflect.New(typ).Elem()
	switch {
	case x != float64(int64(x)) || x > exact || x < -exact:
		return false
	case zero.CanInt():
		return !zero.OverflowInt(int64(x))
	}
	return x >= 0 && !zero.OverflowUint(uint64(x))
}

// parseValue reads a value of a list, as a field of a type can have it.
func parseValue(typ reflect.Type, text string) (hone.Value, error) {
	switch typ.Kind() {
	case reflect.String:
		return hone.String(text), nil
	case reflect.Bool:
		if text != "true" && text != "false" {
			return hone.Value{}, fmt.Errorf("%q is neither true nor false", text)
		}
		return hone.Bool(text == "true"), nil
	}
	x, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil:
		return hone.Value{}, fmt.Errorf("%q is not a number", text)
	case typ.Kind() != reflect.Float64 && !fits(typ, x):
		return hone.Value{}, fmt.Errorf("%s is not a whole number that %s can hold", text, typ)
	}
	return hone.Number(x), nil
}

// set puts a value of the parameter into a field.
func (f field) set(to reflect.Value, v hone.Value) error {
	want := hone.NumberValue
	switch f.typ.Kind() {
	case reflect.String:
		want = hone.StringValue
	case reflect.Bool:
		want = hone.BoolValue
	}
	whole := f.typ.Kind() != reflect.Float64 && want == hone.NumberValue
	if v.Kind() != want || whole && !fits(f.typ, v.Float()) {
		return hone.Errorf(hone.InvalidArgument, "%s: %q is %s, which a %s cannot hold", f.where, f.Name, v, f.typ)
	}
	switch {
	case want == hone.StringValue:
		to.SetString(v.String())
	case want == hone.BoolValue:
		to.SetBool(v.Bool())
	case to.CanFloat():
		to.SetFloat(v.Float())
	case to.CanInt():
		to.SetInt(int64(v.Float()))
	default:
		to.SetUint(uint64(v.Float()))
	}
	return nil
}

// get reads the value of a field.
func (f field) get(from reflect.Value) hone.Value {
	switch {
	case from.Kind() == reflect.String:
		return hone.String(from.String())
	case from.Kind() == reflect.Bool:
		return hone.Bool(from.Bool())
	case from.CanFloat():
		return hone.Number(from.Float())
	case from.CanInt():
		return hone.Number(float64(from.Int()))
	}
	return hone.Number(float64(from.Uint()))
}
