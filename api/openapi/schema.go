package openapi

import (
	"maps"
	"math"
	"reflect"
	"strings"
)

// direction tells bodies that are sent from answers: what may be left out of a request may be null in it, and an
// answer has every field that is not left out when it is empty.
type direction bool

const (
	answers  direction = false
	requests direction = true
)

// schemas makes the JSON schemas of types. Structs become components that are referred to by name.
type schemas struct {
	components object
	types      map[string]reflect.Type
}

func newSchemas() *schemas { return &schemas{components: object{}, types: map[string]reflect.Type{}} }

// named makes a schema a component.
func (s *schemas) named(name string, schema object) { s.components[name] = schema }

// of returns the schema of a type.
func (s *schemas) of(t reflect.Type, d direction) object {
	if t == nil {
		return object{} // a route that the table does not have yet
	}
	if special := specials()[t]; special != nil {
		return special()
	}
	switch t.Kind() {
	case reflect.Pointer:
		return s.of(t.Elem(), d)
	case reflect.Struct:
		return s.component(t, d)
	case reflect.Slice:
		return object{"type": "array", "items": s.of(t.Elem(), d)}
	case reflect.Map:
		if t.Elem().Kind() == reflect.Interface {
			return object{"type": "object"}
		}
		return object{"type": "object", "additionalProperties": s.of(t.Elem(), d)}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return object{"type": "integer", "format": "int64", "minimum": int64(math.MinInt64), "maximum": int64(math.MaxInt64)}
	case reflect.Uint64:
		return object{"type": "integer", "minimum": 0, "maximum": uint64(math.MaxUint64)}
	case reflect.Float64:
		return object{"type": "number"}
	case reflect.String:
		return object{"type": "string"}
	}
	panic("openapi: no schema for " + t.String()) // a test describes every route
}

// component makes a struct a component and returns the reference to it.
func (s *schemas) component(t reflect.Type, d direction) object {
	name := t.Name()
	if renamed, ok := renames()[t]; ok {
		name = renamed
	}
	if known, ok := s.types[name]; ok && known != t {
		panic("openapi: two types are called " + name)
	}
	if s.types[name] == nil {
		s.types[name] = t
		s.components[name] = s.fields(t, d)
	}
	return ref("schemas", name)
}

// fields describes a struct as encoding/json sees it.
func (s *schemas) fields(t reflect.Type, d direction) object {
	properties, required := object{}, []string{}
	for _, f := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" || !f.IsExported() {
			continue // embedded structs have no tag; their fields come by themselves
		}
		about := details()[t.Name()+"."+name]
		property := s.of(f.Type, d)
		if d == requests { // what is answered may be older than the limits of today
			maps.Copy(property, about.schema)
		}
		if about.description != "" {
			property["description"] = about.description
		}
		must := !strings.Contains(options, "omit")
		if d == requests {
			if must = about.required; !must {
				property = orNull(property)
			}
		}
		if must {
			required = append(required, name)
		}
		properties[name] = property
	}
	out := object{"type": "object", "properties": properties}
	if len(required) > 0 {
		out["required"] = required
	}
	if d == requests {
		out["additionalProperties"] = false
	}
	return out
}

// orNull allows null besides.
func orNull(schema object) object {
	if values, ok := schema["enum"].([]string); ok {
		all := []any{nil}
		for _, v := range values {
			all = append(all, v)
		}
		schema["enum"] = all
	}
	if name, ok := schema["type"].(string); ok {
		schema["type"] = []string{name, "null"}
		return schema
	}
	if names, ok := schema["type"].([]string); ok {
		schema["type"] = append(names[:len(names):len(names)], "null")
		return schema
	}
	return object{"anyOf": []any{schema, object{"type": "null"}}}
}
