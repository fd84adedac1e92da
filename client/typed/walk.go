package typed

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	hone "github.com/hone-tuner/hone"
)

// walker goes through a struct type and gathers its parameters, its groups and all mistakes.
type walker struct {
	fields []field
	groups []group
	errs   hone.FieldErrors
	broken map[string]bool // the parameters with mistakes
	inside []reflect.Type  // the structs on the way, so that none contains itself
}

// group is a struct behind a pointer, which is there while its conditions hold.
type group struct {
	where      string
	index      []int
	conditions []hone.Condition
}

// place is where the walker stands.
type place struct {
	where      string
	index      []int
	prefix     string
	conditions []hone.Condition
}

func (w *walker) add(where, format string, args ...any) {
	w.errs = append(w.errs, hone.FieldError{Path: where, Message: fmt.Sprintf(format, args...)})
}

func (w *walker) structure(typ reflect.Type, at place) {
	if slices.Contains(w.inside, typ) {
		w.add(at.where, "a %s cannot contain itself", typ)
		return
	}
	w.inside = append(w.inside, typ)
	for i := range typ.NumField() {
		f := typ.Field(i)
		here := at
		here.where, here.index = at.where+"."+f.Name, append(slices.Clone(at.index), i)
		w.field(f, here)
	}
	w.inside = w.inside[:len(w.inside)-1]
}

func (w *walker) field(f reflect.StructField, at place) {
	text, tagged := f.Tag.Lookup(key)
	typ, pointer := deref(f.Type)
	isStruct := typ.Kind() == reflect.Struct
	embedded := f.Anonymous && isStruct
	switch {
	case text == "-" || !tagged && !embedded:
		return
	case !f.IsExported() && (!embedded || pointer):
		w.add(at.where, "is not exported, so that nobody can set it: begin its name with a capital letter")
		return
	}
	t, mistakes := parseTag(text)
	for _, m := range mistakes {
		w.add(at.where, "%s", m)
	}
	if tagged && t.name == "" {
		t.name = strings.ToLower(f.Name)
	}
	at.conditions = append(slices.Clone(at.conditions), w.conditions(t, at)...)
	switch {
	case isStruct:
		w.group(typ, pointer, t, at)
	case supported(typ):
		w.parameter(field{where: at.where, index: at.index, typ: typ, optional: pointer}, t, at, len(mistakes) > 0)
	default:
		w.broken[at.prefix+t.name] = true
		w.add(at.where, "a parameter cannot be a %s; it can be a float64, a whole number, a string or a bool", typ)
	}
}

// group goes into a struct in the struct.
func (w *walker) group(typ reflect.Type, pointer bool, t tag, at place) {
	if t.min != nil || t.max != nil || t.step != nil || t.log || t.categorical || t.values != nil {
		w.add(at.where, "is a group of parameters: its tag takes a name and when, nothing else")
	}
	if t.name != "" {
		at.prefix += t.name + "."
	}
	if pointer {
		w.groups = append(w.groups, group{where: at.where, index: at.index, conditions: at.conditions})
	}
	w.structure(typ, at)
}

func (w *walker) parameter(f field, t tag, at place, broken bool) {
	p, mistakes := parameterOf(f.typ, t)
	for _, m := range mistakes {
		w.add(f.where, "%s", m)
	}
	p.Name, p.Conditions = at.prefix+t.name, at.conditions
	if broken || len(mistakes) > 0 {
		w.broken[p.Name] = true
	}
	f.Parameter = p
	w.fields = append(w.fields, f)
}

// conditions turns the when= of a tag into conditions, with values of the parents' types.
func (w *walker) conditions(t tag, at place) (out []hone.Condition) {
	for _, c := range t.when {
		parent := w.lookup(at.prefix + c.parameter)
		if parent == nil {
			parent = w.lookup(c.parameter)
		}
		if parent == nil {
			if !w.broken[c.parameter] && !w.broken[at.prefix+c.parameter] {
				w.add(at.where, "when: there is no parameter %q before this one%s", c.parameter, w.near(c.parameter))
			}
			continue
		}
		condition := hone.Condition{Parameter: parent.Name}
		for _, text := range c.values {
			v, err := parseValue(parent.typ, text)
			if err != nil {
				w.add(at.where, "when: %q: %v", parent.Name, err)
				continue
			}
			condition.Values = append(condition.Values, v)
		}
		out = append(out, condition)
	}
	return out
}

func (w *walker) lookup(name string) *field {
	for i := range w.fields {
		if w.fields[i].Name == name {
			return &w.fields[i]
		}
	}
	return nil
}

func (w *walker) near(name string) string {
	names := make([]string, len(w.fields))
	for i, f := range w.fields {
		names[i] = f.Name
	}
	if near := hone.Nearest(name, names); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return ""
}

// validate holds the whole against the root's rules, and says of each mistake which field it is of.
func (w *walker) validate() {
	space := w.space()
	_, err := space.Compile(nil)
	found, ok := err.(hone.FieldErrors) //nolint:errorlint // exactly what Compile returns
	if err != nil && !ok {
		w.add("", "%v", err)
	}
	for _, e := range found {
		var i int
		if _, err := fmt.Sscanf(e.Path, "parameters[%d]", &i); err != nil || i >= len(w.fields) {
			w.errs = append(w.errs, e)
			continue
		}
		f := w.fields[i]
		if w.broken[f.Name] {
			continue // what is wrong has been said
		}
		_, part, _ := strings.Cut(e.Path, "].")
		w.add(f.where, "%s: %s", part, e.Message)
	}
}

func (w *walker) space() hone.SearchSpace {
	parameters := make([]hone.Parameter, len(w.fields))
	for i, f := range w.fields {
		parameters[i] = f.Parameter
	}
	return hone.NewSpace(parameters...)
}

func supported(typ reflect.Type) bool {
	switch typ.Kind() {
	case reflect.Float64, reflect.String, reflect.Bool:
		return true
	}
	zero := reflect.New(typ).Elem()
	return typ.PkgPath() != "time" && (zero.CanInt() || zero.CanUint()) && typ.Kind() != reflect.Uintptr
}

func deref(typ reflect.Type) (reflect.Type, bool) {
	if typ.Kind() == reflect.Pointer {
		return typ.Elem(), true
	}
	return typ, false
}
