package hone

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Choice describes something that an experiment chooses by name: an algorithm or an early stopping rule.
type Choice struct {
	Name     string    `json:"name"`
	Summary  string    `json:"summary"` // one sentence
	Settings []Setting `json:"settings,omitempty"`
	// Open says that settings of other names are allowed too, unless they look like a slip of the pen: they are
	// passed on to whoever does the work.
	Open bool `json:"open,omitempty"`
}

// Setting describes one setting of a Choice.
type Setting struct {
	Name    string `json:"name"`
	Summary string `json:"summary"` // one sentence, with the unit
	// Type is double, int, string or bool.
	Type string `json:"type"`
	// Default is used when the setting is left out; the zero Value when there is none.
	Default  Value `json:"default,omitzero"`
	Required bool  `json:"required,omitempty"`
	// Min and Max bound a number; nil for no bound.
	Min *float64 `json:"min,omitempty"`
	Max *float64 `json:"max,omitempty"`
	// OneOf lists what a string may be; empty for anything.
	OneOf []string `json:"oneOf,omitempty"`
}

// Catalog is what can be chosen.
type Catalog struct {
	Algorithms    []Choice `json:"algorithms"`
	EarlyStopping []Choice `json:"earlyStopping"`
}

// choose finds a choice by name and checks the settings that it was given.
func choose(choices []Choice, name string, settings map[string]Value, path, what string) FieldErrors {
	names := make([]string, len(choices))
	for i, c := range choices {
		names[i] = c.Name
		if c.Name == name {
			return c.check(settings, path+".settings")
		}
	}
	slices.Sort(names)
	return FieldErrors{{Path: path + ".name", Message: fmt.Sprintf("there is no %s %q%s; there are %s",
		what, name, didYouMean(name, names), strings.Join(names, ", "))}}
}

// Check reports every setting that the choice does not have, that lies outside its bounds, or that is
// missing though it is required. The error is FieldErrors.
func (c Choice) Check(settings map[string]Value) error { return c.check(settings, "settings").Err() }

func (c Choice) check(settings map[string]Value, path string) (errs FieldErrors) {
	known := make([]string, len(c.Settings))
	for i, s := range c.Settings {
		known[i] = s.Name
		v, given := settings[s.Name]
		if !given {
			if s.Required {
				errs = append(errs, FieldError{Path: path, Message: fmt.Sprintf("%q needs the setting %q: %s", c.Name, s.Name, s.Summary)})
			}
			continue
		}
		if message := s.check(v); message != "" {
			errs = append(errs, FieldError{Path: path + "." + s.Name, Message: message})
		}
	}
	for _, name := range sortedKeys(settings) {
		passedOn := c.Open && Nearest(name, known) == ""
		if !slices.Contains(known, name) && !passedOn {
			message := fmt.Sprintf("%q has no setting %q%s", c.Name, name, didYouMean(name, known))
			if len(known) > 0 {
				message += "; it has " + strings.Join(known, ", ")
			}
			errs = append(errs, FieldError{Path: path + "." + name, Message: message})
		}
	}
	return errs
}

func (s Setting) check(v Value) string {
	wrong := map[string]ValueKind{"double": NumberValue, "int": NumberValue, "string": StringValue, "bool": BoolValue}
	x := v.Float()
	switch {
	case v.Kind() != wrong[s.Type]:
		return fmt.Sprintf("must be a %s, not %s", s.Type, quoteText(v))
	case s.Type == "int" && x != math.Trunc(x):
		return fmt.Sprintf("must be a whole number, not %s", v)
	case s.Min != nil && !(x >= *s.Min), s.Max != nil && !(x <= *s.Max):
		return fmt.Sprintf("must be %s, not %s", s.interval(), v)
	case len(s.OneOf) > 0 && !slices.Contains(s.OneOf, v.String()):
		return fmt.Sprintf("must be one of %s, not %s%s", strings.Join(s.OneOf, ", "), quoteText(v), didYouMean(v.String(), s.OneOf))
	}
	return ""
}

func (s Setting) interval() string {
	switch {
	case s.Max == nil:
		return "at least " + formatFloat(*s.Min)
	case s.Min == nil:
		return "at most " + formatFloat(*s.Max)
	}
	return "from " + formatFloat(*s.Min) + " to " + formatFloat(*s.Max)
}

// Get returns a setting's value: the one given, or the default.
func (c Choice) Get(settings map[string]Value, name string) Value {
	if v, ok := settings[name]; ok {
		return v
	}
	for _, s := range c.Settings {
		if s.Name == name {
			return s.Default
		}
	}
	return Value{}
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
