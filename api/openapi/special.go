package openapi

import (
	"encoding/json"
	"reflect"
	"time"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
)

// unit is a number with the unit of a Go duration.
const unit = `([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)`

// renames are the names of components whose types are called otherwise.
func renames() map[reflect.Type]string {
	return map[reflect.Type]string{
		typeOf[wire.Batch]():       "MeasurementBatch",
		typeOf[wire.Measurement](): "NewMeasurement",
		typeOf[wire.ErrorBody]():   "Error",
	}
}

// specials are the types whose JSON their Go type does not tell: because they write it themselves, or because
// only some texts will do.
func specials() map[reflect.Type]func() object {
	return map[reflect.Type]func() object{
		typeOf[hone.Value](): func() object { return object{"type": []string{"number", "string", "boolean"}} },
		typeOf[hone.Float](): func() object {
			return object{"anyOf": []any{object{"type": "number"}, object{"enum": []string{"NaN", "Infinity", "-Infinity"}}}}
		},
		typeOf[hone.Duration](): func() object {
			return object{"type": "string", "pattern": `^[-+]?(0|(` + unit + `)+)$`, "examples": []string{"90s", "1h30m"}}
		},
		typeOf[time.Time]():       func() object { return object{"type": "string", "format": "date-time"} },
		typeOf[wire.Bytes]():      base64Schema,
		typeOf[json.RawMessage](): func() object { return object{"type": "object"} },
		typeOf[wire.Text](): func() object {
			return object{"anyOf": []any{object{"type": "string"}, object{"type": "object", "required": []string{"base64"},
				"properties": object{"base64": base64Schema()}, "additionalProperties": false}}}
		},
		typeOf[hone.Assignments](): func() object {
			return object{"type": "object", "additionalProperties": object{"type": []string{"number", "string", "boolean"}}}
		},
		typeOf[hone.Improvement](): func() object {
			return object{"description": `A number, or a percentage such as "0.1%".`, "type": []string{"number", "string"}, "minimum": 0, "pattern": "%$"}
		},
		typeOf[hone.Parameter]():       parameterSchema,
		typeOf[hone.TrialState]():      func() object { return object{"type": "string", "enum": trialStates()} },
		typeOf[hone.ExperimentState](): func() object { return object{"type": "string", "enum": experimentStates()} },
		typeOf[hone.Kind]():            func() object { return object{"type": "string", "enum": texts(hone.Kinds())} },
		typeOf[hone.Role]():            func() object { return object{"type": "string", "enum": texts(hone.Roles())} },
	}
}

func base64Schema() object {
	return object{"type": "string", "contentEncoding": "base64",
		"pattern": "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"}
}

// parameterSchema is that of a parameter of a search space, as it stands in an experiment file.
func parameterSchema() object {
	value := object{"type": []string{"number", "string", "boolean"}}
	number := object{"type": "number"}
	return object{"type": "object", "required": []string{"name", "type"}, "properties": object{
		"name": text(), "type": text(), "min": number, "max": number, "step": number, "scale": text(),
		"values": object{"type": "array", "items": value},
		"when":   object{"type": "object", "additionalProperties": object{"type": "array", "items": value}},
	}}
}

// patchSchema is that of a merge patch of a spec: null takes a limit away.
func patchSchema() object {
	count := func(least int) object { return object{"type": []string{"integer", "null"}, "minimum": least} }
	inner := func(properties object) object {
		return object{"type": []string{"object", "null"}, "properties": properties, "additionalProperties": false}
	}
	return object{"type": "object", "additionalProperties": false, "properties": object{
		"parallelism": count(0),
		"budget": inner(object{"trials": count(0), "failures": count(0),
			"duration": object{"type": []string{"string", "null"}, "pattern": `^[+]?(0|(` + unit + `)+)$`}}),
		"stop": inner(object{"plateau": inner(object{"trials": count(1), "minImprovement": specials()[typeOf[hone.Improvement]()]()})}),
	}}
}

func texts[S ~string](all []S) []string {
	out := make([]string, len(all))
	for i, s := range all {
		out[i] = string(s)
	}
	return out
}

func trialStates() []string      { return texts(hone.TrialStates()) }
func experimentStates() []string { return texts(hone.ExperimentStates()) }
