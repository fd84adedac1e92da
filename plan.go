package hone

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// plan is what a point has to be so that everything that was given is active in it.
type plan struct {
	space   *Space
	fixed   map[string]Value
	allowed map[string]choice // what parents that were not given can be
	because map[string]string // the parameters that have to be active, and which given one needs them so
}

// choice is what is left of the values of a parent, and which parameter left it so.
type choice struct {
	values []Value
	by     string
}

// plan finds out what the parents of given parameters have to be. Parents stand earlier, so that going
// backwards meets every parameter after all that need it.
func (s *Space) plan(fixed map[string]Value) (*plan, error) {
	p := &plan{space: s, fixed: fixed, allowed: map[string]choice{}, because: map[string]string{}}
	for i := len(s.parameters) - 1; i >= 0; i-- {
		child := s.parameters[i]
		if _, given := fixed[child.Name]; given {
			p.because[child.Name] = child.Name
		} else if p.because[child.Name] == "" {
			continue
		}
		for _, c := range child.Conditions {
			if err := p.hold(child.Name, c); err != nil {
				return nil, err
			}
			if p.because[c.Parameter] == "" {
				p.because[c.Parameter] = p.because[child.Name]
			}
		}
	}
	return p, p.constraints()
}

// hold makes a condition of a child hold.
func (p *plan) hold(child string, c Condition) error {
	if v, given := p.fixed[c.Parameter]; given {
		if containsValue(c.Values, v) {
			return nil
		}
		return Errorf(InvalidArgument, "%s %s; here %s is %s", p.needs(child), onlyWhen(c.Parameter, c.Values), c.Parameter, wordOf(v))
	}
	before, narrowed := p.allowed[c.Parameter]
	if !narrowed {
		p.allowed[c.Parameter] = choice{values: c.Values, by: child}
		return nil
	}
	known := make(map[Value]bool, len(c.Values))
	for _, v := range c.Values {
		known[v] = true
	}
	var both []Value
	for _, v := range before.values {
		if known[v] {
			both = append(both, v)
		}
	}
	if len(both) == 0 {
		return Errorf(InvalidArgument, "%s %s, and %s %s: no point has both", p.needs(child), onlyWhen(c.Parameter, c.Values),
			p.needs(before.by), onlyWhen(c.Parameter, before.values))
	}
	p.allowed[c.Parameter] = choice{values: both, by: child}
	return nil
}

// value is what was given for a parameter, or is drawn.
func (p *plan) value(name string, d dimension, rng *rand.Rand) Value {
	if p == nil {
		return d.value(rng.Float64())
	}
	if v, given := p.fixed[name]; given {
		return v
	}
	if c, narrowed := p.allowed[name]; narrowed {
		return c.values[rng.IntN(len(c.values))]
	}
	return d.value(rng.Float64())
}

// constraints finds one that is broken whatever is drawn.
func (p *plan) constraints() error {
	if len(p.space.constraints) == 0 {
		return nil
	}
	var a Assignments
	for _, q := range p.space.parameters {
		if v, given := p.fixed[q.Name]; given {
			a = append(a, Assignment{Parameter: q.Name, Value: v})
		}
	}
	if c := p.space.broken(a); c != nil {
		return Errorf(InvalidArgument, "%s breaks the constraint %s", a.only(c.Parameters()), c)
	}
	return nil
}

// only picks the assignments of some parameters.
func (a Assignments) only(names []string) (out Assignments) {
	for _, x := range a {
		for _, name := range names {
			if x.Parameter == name {
				out = append(out, x)
				break
			}
		}
	}
	return out
}

// needs begins a sentence about when a parameter is active.
func (p *plan) needs(name string) string {
	if given := p.because[name]; given != name {
		return fmt.Sprintf("%q needs %q, which", given, name)
	}
	return fmt.Sprintf("%q", name)
}

func onlyWhen(parent string, values []Value) string {
	return fmt.Sprintf("is active only when %s is %s", parent, anyOf(values))
}

// anyOf lists values: sgd, adam or rmsprop.
func anyOf(values []Value) string {
	const most = 8
	words := make([]string, 0, most)
	for _, v := range values {
		if len(words) == most-1 && len(values) > most {
			return strings.Join(words, ", ") + fmt.Sprintf(" or one of %d others", len(values)-len(words))
		}
		words = append(words, wordOf(v))
	}
	if n := len(words); n > 1 {
		return strings.Join(words[:n-1], ", ") + " or " + words[n-1]
	}
	return strings.Join(words, "")
}

// wordOf writes a value into a sentence: bare, unless that would be unclear.
func wordOf(v Value) string {
	if text := v.String(); v.Kind() != StringValue || parameterPattern.MatchString(text) && len(text) <= maxWordLength && text != "true" && text != "false" {
		return text
	}
	return quoteText(v)
}
