package template

import (
	"fmt"
	"strconv"
	"strings"

	hone "github.com/hone-tuner/hone"
)

// Values are what placeholders stand for in one trial.
type Values struct {
	parameters                           []hone.Parameter // the space, to tell inactive from unknown
	point                                hone.Assignments
	trial, number, experiment, namespace string
}

// For returns the values of a trial of an experiment.
func For(e hone.Experiment, t hone.Trial) Values {
	v := Values{
		parameters: e.Spec.Parameters, point: t.Parameters,
		trial: hone.TrialName(e.Name, t.Number), number: strconv.Itoa(t.Number),
		experiment: e.Name, namespace: e.Namespace,
	}
	if v.namespace == "" {
		v.namespace = hone.DefaultNamespace
	}
	return v
}

// lookup returns what a name stands for. A parameter that is not active in this trial has no value.
func (v Values) lookup(name string) (value hone.Value, active bool, err error) {
	switch name {
	case trialName:
		return hone.String(v.trial), true, nil
	case trialNumber:
		return hone.String(v.number), true, nil
	case experimentName:
		return hone.String(v.experiment), true, nil
	case experimentNamespace:
		return hone.String(v.namespace), true, nil
	}
	parameter, known := strings.CutPrefix(name, parameterPrefix)
	if known {
		if value, active = v.point.Get(parameter); active {
			return value, true, nil
		}
	}
	if known && v.has(parameter) {
		return hone.Value{}, false, nil
	}
	return hone.Value{}, false, hone.Errorf(hone.InvalidArgument, "%s", wordsOf(v.parameters).unknown(name))
}

// has reports whether the experiment has a parameter.
func (v Values) has(parameter string) bool {
	for _, p := range v.parameters {
		if p.Name == parameter {
			return true
		}
	}
	return false
}

// String expands one string. A parameter that is not active becomes nothing.
func (v Values) String(s string) (string, error) {
	if !strings.Contains(s, "${") {
		return s, nil
	}
	t, err := Parse(s)
	if err != nil {
		return "", err
	}
	text, _, err := v.text(t)
	return text, err
}

// text expands a parsed string, and tells whether its last part is a parameter that is not active.
func (v Values) text(t Text) (text string, open bool, err error) {
	var b strings.Builder
	for _, p := range t.parts {
		open = false
		if !p.placeholder {
			b.WriteString(p.text)
			continue
		}
		value, active, err := v.lookup(p.text)
		if err != nil {
			return "", false, err
		}
		open = !active
		b.WriteString(value.String())
	}
	return b.String(), open, nil
}

// List expands a list of arguments. An element TEXT=${parameters.x} with nothing after it is dropped when x
// is not active. An element that is nothing but a placeholder of an inactive parameter becomes an empty
// argument, as the program counts its arguments (Checker.List refuses it where it would be the value of a flag).
func (v Values) List(list []string) ([]string, error) {
	out := make([]string, 0, len(list))
	for i, s := range list {
		text, keep, err := v.element(s)
		if err != nil {
			return nil, fmt.Errorf("element %d: %w", i, err)
		}
		if keep {
			out = append(out, text)
		}
	}
	return out, nil
}

// element expands an element of a list; keep is false when it is to be dropped.
func (v Values) element(s string) (text string, keep bool, err error) {
	if !strings.Contains(s, "${") {
		return s, true, nil
	}
	t, err := Parse(s)
	if err != nil {
		return "", false, err
	}
	text, open, err := v.text(t)
	return text, !open || !t.assigns(), err
}

// assigns reports whether the text ends with =${…}.
func (t Text) assigns() bool {
	n := len(t.parts)
	return n >= 2 && t.parts[n-1].placeholder && !t.parts[n-2].placeholder && strings.HasSuffix(t.parts[n-2].text, "=")
}

// Tree expands the string leaves of a parsed JSON document (maps with string keys, []any, scalars) and
// returns a new one; keys stay as they are. A string that is one placeholder of a parameter becomes the
// parameter's value with its type: a float64, string or bool, and the empty string when it is not active.
// Strings in lists follow the rule of List.
func (v Values) Tree(tree any) (any, error) {
	switch x := tree.(type) {
	case string:
		return v.leaf(x)
	case map[string]any:
		out := make(map[string]any, len(x))
		for key, child := range x {
			expanded, err := v.Tree(child)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", key, err)
			}
			out[key] = expanded
		}
		return out, nil
	case []any:
		return v.branch(x)
	}
	return tree, nil
}

func (v Values) branch(list []any) (any, error) {
	out := make([]any, 0, len(list))
	for i, child := range list {
		if s, ok := child.(string); ok {
			if _, keep, err := v.element(s); err == nil && !keep {
				continue
			}
		}
		expanded, err := v.Tree(child)
		if err != nil {
			return nil, fmt.Errorf("[%d]: %w", i, err)
		}
		out = append(out, expanded)
	}
	return out, nil
}

// leaf expands a string of a tree, keeping the type of a parameter that stands alone.
func (v Values) leaf(s string) (any, error) {
	if !strings.Contains(s, "${") {
		return s, nil
	}
	t, err := Parse(s)
	if err != nil {
		return nil, err
	}
	if name, ok := t.alone(); ok {
		value, active, err := v.lookup(name)
		if err != nil || !active {
			return "", err
		}
		return value.Any(), nil
	}
	text, _, err := v.text(t)
	return text, err
}
