package wire

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	hone "github.com/hone-tuner/hone"
)

// Point is a point of the search space: the body and the answer of enqueue.
type Point struct {
	Parameters hone.Assignments `json:"parameters"`
}

// PointRequest asks for a point to be tried next.
type PointRequest struct {
	Parameters map[string]hone.Value `json:"parameters"`
}

// DecodePoint reads the body of enqueue.
func DecodePoint(body []byte) (map[string]hone.Value, error) {
	var in struct {
		Parameters map[string]json.RawMessage `json:"parameters"`
	}
	if err := Decode(body, "", &in); err != nil {
		return nil, err
	}
	if in.Parameters == nil {
		return nil, mistake("parameters", `is missing: write {"parameters": {"lr": 0.001}}`)
	}
	values, errs := parameters(in.Parameters, "parameters")
	return values, errs.Err()
}

// ImportRequest is the body of import.
type ImportRequest struct {
	Trials []hone.ImportedTrial `json:"trials"`
}

// ImportReply says how many trials were imported.
type ImportReply struct {
	Imported int `json:"imported"`
}

// DecodeImport reads the body of import and reports all of its mistakes, up to a hundred.
func DecodeImport(body []byte) ([]hone.ImportedTrial, error) {
	var in struct {
		Trials []json.RawMessage `json:"trials"`
	}
	if err := Decode(body, "", &in); err != nil {
		return nil, err
	}
	if in.Trials == nil {
		return nil, mistake("trials", "is missing: it is the list of trials to import")
	}
	const enough = 100
	var errs hone.FieldErrors
	trials := make([]hone.ImportedTrial, len(in.Trials))
	for i, raw := range in.Trials {
		var mistakes hone.FieldErrors
		trials[i], mistakes = decodeImported(raw, fmt.Sprintf("trials[%d]", i))
		if errs = append(errs, mistakes...); len(errs) >= enough {
			break
		}
	}
	return trials, errs.Err()
}

func decodeImported(raw json.RawMessage, path string) (hone.ImportedTrial, hone.FieldErrors) {
	var in struct {
		Parameters map[string]json.RawMessage `json:"parameters"`
		Metrics    map[string]json.RawMessage `json:"metrics"`
		State      hone.TrialState            `json:"state"`
	}
	if err := Decode(raw, path, &in); err != nil {
		return hone.ImportedTrial{}, fieldsOf(err)
	}
	values, errs := parameters(in.Parameters, path+".parameters")
	t := hone.ImportedTrial{Parameters: values, State: in.State}
	if in.Metrics != nil {
		t.Metrics = make(map[string]hone.Float, len(in.Metrics))
	}
	for _, name := range sortedNames(in.Metrics) {
		var f hone.Float
		if err := f.UnmarshalJSON(in.Metrics[name]); err != nil {
			errs = append(errs, hone.FieldError{Path: join(path+".metrics", name), Message: err.Error()})
		}
		t.Metrics[name] = f
	}
	return t, errs
}

// parameters reads values by name, so that a mistake carries the name.
func parameters(raw map[string]json.RawMessage, path string) (map[string]hone.Value, hone.FieldErrors) {
	if raw == nil {
		return nil, nil
	}
	var errs hone.FieldErrors
	values := make(map[string]hone.Value, len(raw))
	for _, name := range sortedNames(raw) {
		var v hone.Value
		switch err := v.UnmarshalJSON(raw[name]); {
		case err != nil:
			errs = append(errs, hone.FieldError{Path: join(path, name), Message: err.Error()})
		case v.IsZero():
			errs = append(errs, hone.FieldError{Path: join(path, name), Message: "a value must be a number, a string or a boolean, not null"})
		}
		values[name] = v
	}
	return values, errs
}

func sortedNames(m map[string]json.RawMessage) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.SortFunc(names, strings.Compare)
	return names
}
