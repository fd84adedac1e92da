package spec

import (
	"encoding/json"
	"fmt"
)

// Schema returns the JSON schema (draft 2020-12) of experiment files, for editors. It is made of the same
// table that the decoder checks files against. What a schema cannot say (that min is less than max, that a
// constraint compiles) only the decoder finds.
func Schema() []byte {
	root := fileShape().schema("")
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["title"] = "Hone experiment"
	root["description"] = "What to optimise, what may vary, and how one trial is run."
	data, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		panic(fmt.Sprintf("spec: the schema cannot be written: %v", err)) // it is made of maps and texts only
	}
	return append(data, '\n')
}

// schema is the schema of a shape, without what its field says of it.
func (s shape) schema(doc string) map[string]any { //nolint:gocyclo // one case for each kind of shape
	out := map[string]any{}
	if doc != "" {
		out["description"] = doc
	}
	switch s.kind {
	case textShape:
		out["type"] = "string"
	case nameShape:
		out["type"], out["pattern"], out["maxLength"] = "string", "^[a-z][a-z0-9-]*$", 40
	case numberShape, wholeShape:
		s.numberSchema(out)
	case truthShape:
		out["type"] = "boolean"
	case durationShape:
		out["type"], out["pattern"] = "string", `^([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))*$|^0$`
	case quantityShape, improvementShape:
		out["type"] = []string{"number", "string"}
	case valueShape:
		out["type"] = []string{"number", "string", "boolean"}
	case valuesShape:
		out["type"], out["items"] = []string{"array", "number", "string", "boolean"}, of(valueShape).schema("")
	case listShape:
		out["type"], out["items"] = "array", s.items.schema("")
		if s.most > 0 {
			out["maxItems"] = s.most
		}
	case dictionaryShape:
		out["type"], out["additionalProperties"] = "object", s.items.schema("")
	case documentShape:
		out["type"] = "object"
	case objectShape:
		s.objectSchema(out)
	}
	if len(s.oneOf) > 0 {
		out["enum"] = s.oneOf
	}
	return out
}

func (s shape) numberSchema(out map[string]any) {
	out["type"] = "number"
	if s.kind == wholeShape {
		out["type"] = "integer"
	}
	switch {
	case s.kind == wholeShape && s.positive:
		out["minimum"] = 1
	case s.natural:
		out["minimum"] = 0
	case s.positive:
		out["exclusiveMinimum"] = 0
	}
	if s.most > 0 {
		out["maximum"] = s.most
	}
}

func (s shape) objectSchema(out map[string]any) {
	properties := map[string]any{}
	var required []string
	for _, f := range s.fields {
		if f.refused != "" {
			continue
		}
		property := f.shape.schema(f.doc)
		if f.standard != nil {
			property["default"] = f.standard
		}
		properties[f.name] = property
		if f.required != "" {
			required = append(required, f.name)
		}
	}
	out["type"], out["properties"], out["additionalProperties"] = "object", properties, false
	if required != nil {
		out["required"] = required
	}
	var all []any
	for _, v := range s.cases {
		excluded := map[string]any{}
		for _, name := range v.excludes {
			excluded[name] = false
		}
		all = append(all, map[string]any{
			"if":   map[string]any{"properties": map[string]any{v.field: map[string]any{"enum": v.values}}, "required": []string{v.field}},
			"then": map[string]any{"properties": excluded, "required": v.needs},
		})
	}
	if all != nil {
		out["allOf"] = all
	}
}
