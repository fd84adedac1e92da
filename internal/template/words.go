package template

import (
	"fmt"
	"slices"
	"strings"

	hone "github.com/hone-tuner/hone"
)

// builtin lists the placeholders that are not parameters.
func builtin() []string {
	return []string{trialName, trialNumber, experimentName, experimentNamespace}
}

// words are what can stand in a placeholder, for saying what is wrong with one that does not exist.
type words struct {
	parameters []string // "lr"
	all        []string // "parameters.lr", "trial.name"
}

func wordsOf(parameters []hone.Parameter) words {
	w := words{all: builtin()}
	for _, p := range parameters {
		w.parameters = append(w.parameters, p.Name)
		w.all = append(w.all, parameterPrefix+p.Name)
	}
	return w
}

// unknown says what is wrong with a name that does not exist.
func (w words) unknown(name string) string {
	if parameter, ok := strings.CutPrefix(name, parameterPrefix); ok {
		if near := hone.Nearest(strings.TrimSpace(parameter), w.parameters); near != "" {
			return fmt.Sprintf("there is no parameter %q; did you mean ${%s%s}?", clip(parameter), parameterPrefix, near)
		}
		return fmt.Sprintf("there is no parameter %q", clip(parameter))
	}
	if near := w.nearest(name); near != "" {
		return fmt.Sprintf("there is no placeholder ${%s}; did you mean ${%s}?", clip(name), near)
	}
	return fmt.Sprintf("there is no placeholder ${%s}; there are ${parameters.NAME}, ${trial.name}, ${trial.number}, ${experiment.name} and ${experiment.namespace}; write $${%s} for the text itself",
		clip(name), clip(name))
}

// nearest finds the placeholder that is meant: one that is spelled almost so, or a parameter that stands there
// without its prefix or with another one.
func (w words) nearest(name string) string {
	name = strings.TrimSpace(name)
	last := name[strings.LastIndexByte(name, '.')+1:]
	for _, candidate := range []string{name, last} {
		if slices.Contains(w.parameters, candidate) {
			return parameterPrefix + candidate
		}
	}
	return hone.Nearest(name, w.all)
}
