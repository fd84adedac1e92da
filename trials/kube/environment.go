package kube

import (
	"slices"
	"strings"
	"unicode/utf8"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/template"
	"github.com/hone-tuner/hone/trials"
)

// literal writes a text so that Kubernetes, which replaces $(NAME) in commands and in the values of variables,
// makes the same text of it.
func literal(s string) string {
	if strings.Contains(s, "$(") || strings.Contains(s, "$$") {
		return strings.ReplaceAll(s, "$", "$$")
	}
	return s
}

// environment is what a program sees besides what its manifest sets.
type environment struct {
	own   []variable // what Hone says of the trial; nothing goes over it
	given []variable // trial.env; what the manifest sets in the container itself goes over it
	gone  []string   // names that must not come from elsewhere
}

type variable struct{ name, value string }

// environmentOf makes the environment of the programs of an attempt.
func environmentOf(l hone.Launch) (e environment, err error) {
	all, err := trials.Environment(l.Experiment, l.Trial)
	if err != nil {
		return e, err
	}
	pushes := map[string]string{"HONE_URL": l.URL, "HONE_TOKEN": l.Token}
	for _, entry := range all {
		name, value, _ := strings.Cut(entry, "=")
		if !utf8.ValidString(value) {
			return e, hone.Errorf(hone.InvalidArgument, "spec.trial.env.%s: is not UTF-8, and nothing else reaches a container", name)
		}
		v := variable{name, literal(value)}
		if _, ours := pushes[name]; ours || name == trialDirVariable {
			continue
		}
		if strings.HasPrefix(name, "HONE_") {
			e.own = append(e.own, v)
		} else {
			e.given = append(e.given, v)
		}
	}
	e.own = append(e.own, variable{trialDirVariable, trialDir})
	for _, name := range []string{"HONE_TOKEN", "HONE_URL"} {
		if value := pushes[name]; value != "" && !collected(l) {
			e.own = append(e.own, variable{name, literal(value)})
		} else {
			e.gone = append(e.gone, name)
		}
	}
	if !slices.ContainsFunc(e.given, func(v variable) bool { return v.name == unbuffered }) {
		e.given = append(e.given, variable{unbuffered, "1"})
	}
	return e, nil
}

// unbuffered makes Python print at once.
const unbuffered = "PYTHONUNBUFFERED"

// into sets the environment of a container. Hone's own variables come first, so that the values of others can
// name them.
func (e environment) into(c map[string]any) error {
	list, ok := c["env"].([]any)
	if !ok && c["env"] != nil {
		return under("env", hone.Errorf(hone.InvalidArgument, "expected a list of name and value, not %v", c["env"]))
	}
	there := map[string]bool{}
	kept := e.others(list)
	for _, item := range kept {
		m, _ := item.(map[string]any)
		there[textOf(m, "name")] = true
	}
	var env []any
	for _, v := range slices.Concat(e.own, e.given) {
		if !there[v.name] {
			env = append(env, map[string]any{"name": v.name, "value": v.value})
		}
	}
	c["env"] = append(env, kept...)
	return nil
}

// others are the variables of a list that are not Hone's own.
func (e environment) others(list []any) []any {
	mine := map[string]bool{}
	for _, name := range e.gone {
		mine[name] = true
	}
	for _, v := range e.own {
		mine[v.name] = true
	}
	kept := []any{}
	for _, item := range list {
		if m, ok := item.(map[string]any); !ok || !mine[textOf(m, "name")] {
			kept = append(kept, item)
		}
	}
	return kept
}

// primaryContainerOf is spec.trial.primaryContainer of a trial; "" when it is not given.
func primaryContainerOf(l hone.Launch) (string, error) {
	name, err := template.For(l.Experiment, l.Trial).String(l.Experiment.Spec.Trial.PrimaryContainer)
	if err != nil {
		return "", hone.Errorf(hone.InvalidArgument, "spec.trial.primaryContainer: %w", err)
	}
	return name, nil
}
