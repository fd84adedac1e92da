package wire

import (
	"bytes"
	"encoding"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"

	hone "github.com/hone-tuner/hone"
)

// Decode reads exactly one JSON value into v, which must point to a struct. Unknown fields, wrong types
// and anything after the value are mistakes; the error is hone.FieldErrors with paths that begin with
// prefix.
func Decode(data []byte, prefix string, v any) error {
	if len(bytes.TrimSpace(data)) == 0 {
		return mistake(prefix, "a JSON object is missing")
	}
	if first := bytes.TrimSpace(data)[0]; first != '{' {
		return mistake(prefix, "must be a JSON object, in braces")
	}
	err := decode(data, prefix, v)
	if err == nil {
		return nil
	}
	if whole, ok := wholeNumbers(err, data); ok {
		reflect.ValueOf(v).Elem().SetZero()
		if decode(whole, prefix, v) == nil {
			return nil
		}
	}
	return explain(err, prefix, v)
}

func decode(data []byte, prefix string, v any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return mistake(prefix, fmt.Sprintf("something follows the JSON object, at byte %d", dec.InputOffset()))
	}
	return nil
}

// wholeNumbers writes the numbers of a body that are whole without a point, where that is why it could not be read:
// to JSON, 3.0 is as whole as 3, and some languages write it so.
func wholeNumbers(err error, data []byte) ([]byte, bool) {
	var wrong *json.UnmarshalTypeError
	if !errors.As(err, &wrong) || !strings.HasPrefix(wrong.Value, "number ") {
		return nil, false
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var tree any
	if dec.Decode(&tree) != nil {
		return nil, false
	}
	whole, err := json.Marshal(withoutPoints(tree))
	return whole, err == nil
}

func withoutPoints(node any) any {
	switch x := node.(type) {
	case json.Number:
		if digits, zeros, found := strings.Cut(x.String(), "."); found && strings.Trim(zeros, "0") == "" {
			return json.Number(digits)
		}
	case map[string]any:
		for key := range x {
			x[key] = withoutPoints(x[key])
		}
	case []any:
		for i := range x {
			x[i] = withoutPoints(x[i])
		}
	}
	return node
}

// explain turns what encoding/json says into mistakes with paths.
func explain(err error, prefix string, v any) error {
	var syntax *json.SyntaxError
	var wrong *json.UnmarshalTypeError
	var fields hone.FieldErrors
	switch {
	case errors.As(err, &fields):
		return fields
	case errors.Is(err, io.ErrUnexpectedEOF):
		return mistake(prefix, "the JSON ends too soon")
	case errors.As(err, &syntax):
		message := fmt.Sprintf("is not JSON: %v at byte %d", syntax, syntax.Offset)
		if strings.Contains(message, "'N'") || strings.Contains(message, "'I'") {
			message += `; JSON has no NaN and no infinity: send "NaN", "Infinity" or "-Infinity" as strings`
		}
		return mistake(prefix, message)
	case errors.As(err, &wrong):
		return mistake(join(prefix, wrong.Field), fmt.Sprintf("must be %s, not %s", typeName(wrong.Type), wrong.Value))
	}
	var base64Error base64.CorruptInputError
	if errors.As(err, &base64Error) {
		return mistake(prefix, "a text that must be base64 is not: "+err.Error())
	}
	if quoted, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		name, _ := strconv.Unquote(quoted)
		message := "unknown field"
		if near := hone.Nearest(name, fieldNames(reflect.TypeOf(v))); near != "" {
			message += fmt.Sprintf("; did you mean %q?", near)
		}
		return mistake(join(prefix, name), message)
	}
	return mistake(prefix, err.Error())
}

func mistake(path, message string) error {
	return hone.FieldErrors{{Path: path, Message: message}}
}

func join(prefix, field string) string {
	if prefix == "" || field == "" {
		return prefix + field
	}
	return prefix + "." + field
}

// typeName says in the words of JSON what a field takes.
func typeName(t reflect.Type) string {
	if reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()) {
		return "a string"
	}
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a string"
	case reflect.Int, reflect.Int64:
		return "a whole number"
	case reflect.Uint64:
		return "a whole number that is not negative"
	case reflect.Float64:
		return "a number"
	case reflect.Slice, reflect.Array:
		return "a list"
	}
	return "an object"
}

// fieldNames lists the JSON names of a struct and of what it holds.
func fieldNames(t reflect.Type) (names []string) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	for i := range t.NumField() {
		f := t.Field(i)
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" && name != "-" {
			names = append(names, name)
		}
		if f.IsExported() && f.Type != t {
			names = append(names, fieldNames(f.Type)...)
		}
	}
	return names
}

// fieldsOf gives the mistakes that Decode found.
func fieldsOf(err error) hone.FieldErrors {
	var fields hone.FieldErrors
	if !errors.As(err, &fields) && err != nil {
		fields = hone.FieldErrors{{Message: err.Error()}}
	}
	return fields
}
