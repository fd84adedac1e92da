package wiretest

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"time"

	hone "github.com/hone-tuner/hone"
	"pgregory.net/rapid"
)

// Draw generates a value of any type that the root's nouns are made of: texts with NULs and other oddities,
// numbers up to the limits of their types, NaN and infinities where they may stand, lists that are nil,
// empty or short.
func Draw[T any](t *rapid.T, label string) T {
	return value(t, reflect.TypeFor[T](), label).Interface().(T)
}

// Value generates a value of a type that is known at run time only.
func Value(t *rapid.T, typ reflect.Type, label string) reflect.Value { return value(t, typ, label) }

func value(t *rapid.T, typ reflect.Type, label string) reflect.Value {
	if special, ok := specials()[typ]; ok {
		return reflect.ValueOf(special(t, label)).Convert(typ)
	}
	out := reflect.New(typ).Elem()
	switch typ.Kind() {
	case reflect.Struct:
		for i := range typ.NumField() {
			if typ.Field(i).IsExported() {
				out.Field(i).Set(value(t, typ.Field(i).Type, label+"."+typ.Field(i).Name))
			}
		}
	case reflect.Slice:
		if n := rapid.IntRange(-1, 3).Draw(t, label+" length"); n >= 0 {
			out.Set(reflect.MakeSlice(typ, n, n))
			for i := range n {
				out.Index(i).Set(value(t, typ.Elem(), fmt.Sprintf("%s[%d]", label, i)))
			}
		}
	case reflect.Map:
		if n := rapid.IntRange(-1, 3).Draw(t, label+" size"); n >= 0 {
			out.Set(reflect.MakeMap(typ))
			for range n {
				out.SetMapIndex(value(t, typ.Key(), label+" key"), value(t, typ.Elem(), label+" value"))
			}
		}
	case reflect.Pointer:
		if rapid.Bool().Draw(t, label+" is set") {
			out.Set(reflect.New(typ.Elem()))
			out.Elem().Set(value(t, typ.Elem(), label))
		}
	default:
		out.Set(scalar(t, typ, label))
	}
	return out
}

func scalar(t *rapid.T, typ reflect.Type, label string) reflect.Value {
	var x any
	switch typ.Kind() {
	case reflect.Bool:
		x = rapid.Bool().Draw(t, label)
	case reflect.String:
		x = text(t, label)
	case reflect.Int, reflect.Int64:
		x = rapid.Int64().Draw(t, label)
	case reflect.Uint64:
		x = rapid.Uint64().Draw(t, label)
	case reflect.Uint8:
		x = rapid.Byte().Draw(t, label)
	case reflect.Float64:
		x = 0 + rapid.Float64Range(-math.MaxFloat64, math.MaxFloat64).Draw(t, label) // no -0, which is left out like 0
	default:
		panic(fmt.Sprintf("no values for %s", typ))
	}
	return reflect.ValueOf(x).Convert(typ)
}

func text(t *rapid.T, label string) string {
	odd := rapid.SampledFrom([]string{"", "a\x00b", "<&>\u2028", "\"\\\n\r\t", "NaN", "é世界🙂", "\ufffd", "null"})
	return rapid.OneOf(odd, rapid.StringN(0, 12, -1)).Draw(t, label)
}

// specials are the types whose values are not just any.
func specials() map[reflect.Type]func(*rapid.T, string) any {
	return map[reflect.Type]func(*rapid.T, string) any{
		reflect.TypeFor[hone.Float](): func(t *rapid.T, label string) any {
			odd := rapid.SampledFrom([]float64{0, math.Copysign(0, -1), math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64,
				math.SmallestNonzeroFloat64, 1e21, 1e-7, 0.1})
			return rapid.OneOf(odd, rapid.Float64()).Draw(t, label)
		},
		reflect.TypeFor[time.Time](): func(t *rapid.T, label string) any {
			if rapid.Bool().Draw(t, label+" is zero") {
				return time.Time{}
			}
			return time.Unix(rapid.Int64Range(0, 1<<33).Draw(t, label), rapid.Int64Range(0, 999_999_999).Draw(t, label+" ns")).UTC()
		},
		reflect.TypeFor[hone.Value](): func(t *rapid.T, label string) any { return drawValue(t, label) },
		reflect.TypeFor[json.RawMessage](): func(t *rapid.T, label string) any {
			return rapid.SampledFrom([]json.RawMessage{nil, json.RawMessage(`{"kind":"Job","n":12345678901234567890}`)}).Draw(t, label)
		},
		reflect.TypeFor[hone.Improvement](): func(t *rapid.T, label string) any {
			return rapid.SampledFrom([]hone.Improvement{{}, {Amount: 0.25}, {Amount: 0.5, Relative: true}}).Draw(t, label)
		},
		reflect.TypeFor[hone.Parameter](): func(t *rapid.T, label string) any { return drawParameter(t, label) },
		reflect.TypeFor[hone.TrialState](): func(t *rapid.T, label string) any {
			return rapid.SampledFrom(hone.TrialStates()).Draw(t, label)
		},
		reflect.TypeFor[hone.Role](): func(t *rapid.T, label string) any {
			return rapid.SampledFrom(hone.Roles()).Draw(t, label)
		},
		reflect.TypeFor[hone.ExperimentState](): func(t *rapid.T, label string) any {
			return rapid.SampledFrom([]hone.ExperimentState{hone.ExperimentCreated, hone.ExperimentRunning, hone.ExperimentPaused,
				hone.ExperimentSucceeded, hone.ExperimentFailed, hone.ExperimentStopped}).Draw(t, label)
		},
	}
}

func drawValue(t *rapid.T, label string) hone.Value {
	switch rapid.IntRange(0, 2).Draw(t, label+" kind") {
	case 0:
		return hone.String(text(t, label))
	case 1:
		return hone.Bool(rapid.Bool().Draw(t, label))
	}
	return hone.Number(rapid.Float64Range(-math.MaxFloat64, math.MaxFloat64).Draw(t, label))
}

func drawParameter(t *rapid.T, label string) hone.Parameter {
	p := hone.Parameter{Name: text(t, label), Conditions: Draw[[]hone.Condition](t, label+" conditions")}
	if rapid.Bool().Draw(t, label+" is ranged") {
		p.Type, p.Scale = hone.DoubleType, hone.LogScale
		p.Min, p.Max = Draw[float64](t, label+" min"), Draw[float64](t, label+" max")
		return p
	}
	p.Type, p.Values = hone.CategoricalType, Draw[[]hone.Value](t, label+" values")
	return p
}
