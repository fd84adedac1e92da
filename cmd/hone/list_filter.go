package main

import (
	"slices"
	"strings"

	"github.com/hone-tuner/hone"
)

// experimentChoice is what --state and --label choose of the experiments.
type experimentChoice struct {
	states []hone.ExperimentState
	labels []label
}

// label is a condition on a label: that it has a value, has another one or none, or is there at all.
type label struct {
	name, value string
	not, any    bool
}

// parseLabel reads NAME=VALUE, NAME!=VALUE or NAME.
func parseLabel(s string) (label, error) {
	if name, value, ok := strings.Cut(s, "!="); ok {
		return label{name: strings.TrimSpace(name), value: strings.TrimSpace(value), not: true}, named(s, name)
	}
	if name, value, ok := strings.Cut(s, "="); ok {
		return label{name: strings.TrimSpace(name), value: strings.TrimSpace(strings.TrimPrefix(value, "="))}, named(s, name)
	}
	return label{name: strings.TrimSpace(s), any: true}, named(s, s)
}

func named(s, name string) error {
	if strings.TrimSpace(name) == "" {
		return usagef("--label %q names no label: write it like team=vision, team!=vision, or team for any value", s)
	}
	return nil
}

func (l label) holds(labels map[string]string) bool {
	value, there := labels[l.name]
	if l.any {
		return there
	}
	return (there && value == l.value) != l.not
}

// newExperimentChoice reads the flags.
func newExperimentChoice(states, labels []string) (c experimentChoice, err error) {
	for _, s := range states {
		state, err := experimentState(s)
		if err != nil {
			return c, err
		}
		c.states = append(c.states, state)
	}
	for _, s := range labels {
		l, err := parseLabel(s)
		if err != nil {
			return c, err
		}
		c.labels = append(c.labels, l)
	}
	return c, nil
}

// filter is what of the choice the service can do.
func (c experimentChoice) filter(namespace string) hone.ExperimentFilter {
	f := hone.ExperimentFilter{Namespace: namespace}
	if len(c.states) == 1 {
		f.State = c.states[0]
	}
	return f
}

// of leaves the experiments that are chosen.
func (c experimentChoice) of(all []hone.Experiment) []hone.Experiment {
	return slices.DeleteFunc(all, func(e hone.Experiment) bool {
		if len(c.states) > 0 && !slices.Contains(c.states, e.Status.State) {
			return true
		}
		return slices.ContainsFunc(c.labels, func(l label) bool { return !l.holds(e.Labels) })
	})
}

// labelsText writes labels by name.
func labelsText(labels map[string]string) string {
	parts := make([]string, 0, len(labels))
	for _, name := range sortedNames(labels) {
		parts = append(parts, name+"="+labels[name])
	}
	return strings.Join(parts, ",")
}
