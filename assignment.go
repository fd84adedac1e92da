package hone

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// Assignment is a parameter's chosen value.
type Assignment struct {
	Parameter string
	Value     Value
}

// Assignments are a point of the search space: one assignment for every active parameter, in the order of
// the space. Inactive parameters are absent. In JSON they are an object. Nobody changes Assignments
// once they are made, so they may be shared.
type Assignments []Assignment

// Get returns the value of a parameter, and whether it has one.
func (a Assignments) Get(parameter string) (Value, bool) {
	for _, x := range a {
		if x.Parameter == parameter {
			return x.Value, true
		}
	}
	return Value{}, false
}

// Equal reports whether both are the same point.
func (a Assignments) Equal(b Assignments) bool { return slices.Equal(a, b) }

// Key identifies the point: two points of one space have the same key if and only if they are equal.
func (a Assignments) Key() string {
	key := make([]byte, 0, 32*len(a))
	for _, x := range a {
		key = appendCounted(key, x.Parameter)
		key = append(key, '0'+byte(x.Value.kind))
		if x.Value.kind == StringValue {
			key = appendCounted(key, x.Value.str)
		} else {
			key = appendCounted(key, strconv.FormatFloat(x.Value.num, 'g', -1, 64))
		}
	}
	return string(key)
}

// appendCounted writes a length in front of s, so that no two lists of strings read the same.
func appendCounted(b []byte, s string) []byte {
	b = strconv.AppendInt(b, int64(len(s)), 10)
	b = append(b, ':')
	return append(b, s...)
}

// String writes the point as name=value pairs with commas.
func (a Assignments) String() string {
	parts := make([]string, len(a))
	for i, x := range a {
		parts[i] = x.Parameter + "=" + x.Value.String()
	}
	return strings.Join(parts, ", ")
}

// MarshalJSON writes an object in the order of the assignments.
func (a Assignments) MarshalJSON() ([]byte, error) {
	return marshalObject(len(a), func(i int) (string, any) { return a[i].Parameter, a[i].Value })
}

// UnmarshalJSON reads an object, keeping its order.
func (a *Assignments) UnmarshalJSON(data []byte) error {
	*a = Assignments{}
	return unmarshalObject(data, func(name string, raw json.RawMessage) error {
		var v Value
		if err := v.UnmarshalJSON(raw); err != nil {
			return err
		}
		*a = append(*a, Assignment{Parameter: name, Value: v})
		return nil
	})
}

// marshalObject writes n members in order, which encoding/json does for no Go type.
func marshalObject(n int, member func(int) (string, any)) ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i := range n {
		name, value := member(i)
		key, err := json.Marshal(name)
		if err != nil {
			return nil, err
		}
		data, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(key)
		b.WriteByte(':')
		b.Write(data)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// unmarshalObject calls member for each member of an object, in its order. null is an empty object.
func unmarshalObject(data []byte, member func(string, json.RawMessage) error) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	open, err := dec.Token()
	if err != nil || open == nil {
		return err
	}
	if open != json.Delim('{') {
		return Errorf(InvalidArgument, "expected an object, got %s", data)
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return err
		}
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return err
		}
		if err := member(key.(string), raw); err != nil {
			return err
		}
	}
	_, err = dec.Token()
	return err
}
