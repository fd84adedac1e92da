package difference

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"

	hone "github.com/hone-tuner/hone"
)

// Experiments lists what differs between an experiment that is there and one that is wanted, apart from the
// limits (budget, parallelism and stop), which may change, and a seed that was drawn. Each message has both
// values: have → want. What either leaves out has been filled in (WithDefaults) by the caller.
func Experiments(have, want hone.Experiment) hone.FieldErrors {
	if want.Spec.Algorithm.Seed == nil {
		want.Spec.Algorithm.Seed = have.Spec.Algorithm.Seed
	}
	for _, s := range []*hone.Spec{&have.Spec, &want.Spec} {
		s.Budget, s.Parallelism, s.Stop = hone.Budget{}, 0, hone.StopRules{}
	}
	var diffs hone.FieldErrors
	compare("metadata.labels", Tree(have.Labels), Tree(want.Labels), &diffs)
	compare("spec", Tree(have.Spec), Tree(want.Spec), &diffs)
	return diffs
}

// Equal reports whether two values are the same in JSON.
func Equal(a, b any) bool {
	var diffs hone.FieldErrors
	compare("", Tree(a), Tree(b), &diffs)
	return len(diffs) == 0
}

// Tree turns a value into what encoding/json makes of it, with numbers as they are written.
func Tree(v any) any {
	data, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	var out any
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	if err := dec.Decode(&out); err != nil {
		return err.Error()
	}
	return out
}

// compare lists the places where two JSON trees differ.
func compare(path string, a, b any, diffs *hone.FieldErrors) {
	x, isObject := a.(map[string]any)
	y, bothObjects := b.(map[string]any)
	if isObject && bothObjects {
		all := maps.Clone(x)
		maps.Copy(all, y)
		for _, k := range slices.Sorted(maps.Keys(all)) {
			compare(path+"."+k, x[k], y[k], diffs)
		}
		return
	}
	v, isList := a.([]any)
	w, bothLists := b.([]any)
	if isList && bothLists && len(v) == len(w) {
		for i := range v {
			compare(fmt.Sprintf("%s[%d]", path, i), v[i], w[i], diffs)
		}
		return
	}
	if !reflect.DeepEqual(a, b) {
		*diffs = append(*diffs, hone.FieldError{Path: path, Message: short(a) + " → " + short(b)})
	}
}

// short writes a JSON value in little room.
func short(v any) string {
	if v == nil {
		return "(nothing)"
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err.Error()
	}
	data := bytes.TrimSpace(b.Bytes())
	const limit = 120
	if len(data) > limit {
		return string(bytes.ToValidUTF8(data[:limit], nil)) + "…"
	}
	return string(data)
}
