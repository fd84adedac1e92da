package kube

import (
	"fmt"
	"math"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/json"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/template"
)

// manifestOf parses the manifest of a trial and puts the values of the trial in.
func manifestOf(l hone.Launch) (*unstructured.Unstructured, error) {
	const at = "spec.trial.manifest"
	var tree map[string]any
	if err := json.Unmarshal(l.Experiment.Spec.Trial.Manifest, &tree); err != nil {
		return nil, hone.Errorf(hone.InvalidArgument, "%s: is not an object: %w", at, err)
	}
	expanded, err := expander{template.For(l.Experiment, l.Trial)}.tree("", tree)
	if err != nil {
		return nil, hone.Errorf(hone.InvalidArgument, "%s.%w", at, err)
	}
	obj := &unstructured.Unstructured{Object: expanded.(map[string]any)} //nolint:forcetypeassert // a map stays one
	if obj.GetAPIVersion() == "" || obj.GetKind() == "" {
		return nil, hone.Errorf(hone.InvalidArgument, "%s: needs apiVersion and kind, such as batch/v1 and Job", at)
	}
	return obj, nil
}

// expander puts the values of a trial into a parsed manifest. A value keeps its type, except where Kubernetes takes
// text only: in a command, in the value of a variable, in a label.
type expander struct{ values template.Values }

func (x expander) tree(key string, node any) (any, error) {
	switch n := node.(type) {
	case map[string]any:
		return x.fields(key, n)
	case []any:
		return x.elements(key, n)
	case string:
		if textual(key) {
			return x.values.String(n)
		}
	}
	out, err := x.values.Tree(node)
	return whole(out), err
}

func (x expander) fields(key string, fields map[string]any) (any, error) {
	out := make(map[string]any, len(fields))
	for name, child := range fields {
		expanded, err := x.field(key, name, child)
		if err != nil {
			return nil, under(name, err)
		}
		out[name] = expanded
	}
	return out, nil
}

func (x expander) field(key, name string, child any) (any, error) {
	if s, ok := child.(string); ok && (texts(key) || key == "env" && name == "value") {
		return x.values.String(s)
	}
	return x.tree(name, child)
}

// elements expands a list. A command of nothing but text follows the rule for commands, by which an element may be
// left out; so does any other list of text.
func (x expander) elements(key string, list []any) (any, error) {
	if arguments(key) {
		if out, ok, err := x.arguments(list); ok || err != nil {
			return out, err
		}
	}
	out := make([]any, 0, len(list))
	for i, child := range list {
		switch child.(type) {
		case map[string]any, []any:
			expanded, err := x.tree(key, child)
			if err != nil {
				return nil, under(fmt.Sprintf("[%d]", i), err)
			}
			out = append(out, expanded)
		default: // Tree knows which elements are left out
			expanded, err := x.values.Tree([]any{child})
			if err != nil {
				return nil, under(fmt.Sprintf("[%d]", i), cutPrefix(err))
			}
			for _, one := range expanded.([]any) { //nolint:forcetypeassert // a list stays one
				out = append(out, whole(one))
			}
		}
	}
	return out, nil
}

func (x expander) arguments(list []any) (out []any, ok bool, err error) {
	out = make([]any, 0, len(list))
	for i, child := range list {
		s, isText := child.(string)
		if !isText {
			return nil, false, nil // the API server says what it thinks of it
		}
		expanded, err := x.values.List([]string{s})
		if err != nil {
			return nil, false, under(fmt.Sprintf("[%d]", i), cutPrefix(err))
		}
		for _, one := range expanded {
			out = append(out, one)
		}
	}
	return out, true, nil
}

// arguments reports whether a field is a list of arguments for a program.
func arguments(key string) bool { return key == "command" || key == "args" || key == "arguments" }

// texts reports whether all values of a map are text.
func texts(key string) bool {
	return key == "labels" || key == "annotations" || key == "matchLabels" || key == "nodeSelector"
}

// textual reports whether a field is text wherever it stands.
func textual(key string) bool { return key == "name" || key == "image" || key == "workingDir" }

// whole makes integers of the numbers that are: Kubernetes tells the two apart.
func whole(value any) any {
	if f, ok := value.(float64); ok && f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return int64(f)
	}
	return value
}

// pathError says where in a manifest a mistake is.
type pathError struct {
	path string
	err  error
}

func (e *pathError) Error() string { return e.path + ": " + e.err.Error() }
func (e *pathError) Unwrap() error { return e.err }

// under puts a mistake at its place in what surrounds it.
func under(step string, err error) error {
	inner, ok := err.(*pathError) //nolint:errorlint // exactly what this function returns
	switch {
	case !ok:
		return &pathError{step, err}
	case strings.HasPrefix(inner.path, "["):
		return &pathError{step + inner.path, inner.err}
	}
	return &pathError{step + "." + inner.path, inner.err}
}

// cutPrefix takes away the place that template names within the one element that it was given.
func cutPrefix(err error) error {
	if inner := unwrap(err); inner != nil {
		return inner
	}
	return err
}

func unwrap(err error) error {
	u, ok := err.(interface{ Unwrap() error })
	if !ok {
		return nil
	}
	return u.Unwrap()
}

// childMap is the map in a field, made if it is not there.
func childMap(parent map[string]any, name string) (map[string]any, error) {
	switch child := parent[name].(type) {
	case map[string]any:
		return child, nil
	case nil:
		made := map[string]any{}
		parent[name] = made
		return made, nil
	}
	return nil, &pathError{name, fmt.Errorf("expected a mapping, not %v", parent[name])}
}

// mapIn is the map at a path; nil when there is none.
func mapIn(parent map[string]any, path ...string) map[string]any {
	for _, name := range path {
		parent, _ = parent[name].(map[string]any)
	}
	return parent
}

// mapsIn are the maps in the list of a field.
func mapsIn(parent map[string]any, name string) []map[string]any {
	list, _ := parent[name].([]any)
	out := make([]map[string]any, 0, len(list))
	for _, item := range list {
		if m, ok := item.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}

// textOf is the text in a field; "" when there is none.
func textOf(parent map[string]any, name string) string {
	s, _ := parent[name].(string)
	return s
}
