package controller

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"github.com/hone-tuner/hone"
)

// compare lists the places where two JSON trees differ.
func compare(path string, a, b any, diffs *hone.FieldErrors) {
	x, isObject := a.(map[string]any)
	y, bothObjects := b.(map[string]any)
	if isObject && bothObjects {
		keys := map[string]bool{}
		for k := range x {
			keys[k] = true
		}
		for k := range y {
			keys[k] = true
		}
		sorted := make([]string, 0, len(keys))
		for k := range keys {
			sorted = append(sorted, k)
		}
		slices.Sort(sorted)
		for _, k := range sorted {
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
	data, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	const limit = 120
	if len(data) > limit {
		return string(data[:limit]) + "…"
	}
	return string(data)
}
