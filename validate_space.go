package hone

import (
	"fmt"
	"math"
	"strings"
)

func (s SearchSpace) validateParameters() (errs FieldErrors) {
	switch {
	case len(s.Parameters) == 0:
		errs.add("parameters", "is empty: name at least one parameter to vary")
	case len(s.Parameters) > MaxParameters:
		errs.add("parameters", "has %d parameters; at most %d are allowed", len(s.Parameters), MaxParameters)
		return errs
	case len(s.Constraints) > MaxConstraints:
		errs.add("constraints", "has %d constraints; at most %d are allowed", len(s.Constraints), MaxConstraints)
		return errs
	}
	earlier := map[string]parent{}
	variables := map[string]string{}
	for i, p := range s.Parameters {
		if len(errs) >= maxErrors {
			break
		}
		at := fmt.Sprintf("parameters[%d]", i)
		own := p.validate(at)
		errs = append(errs, own...)
		errs = append(errs, p.validateConditions(at, earlier, s.Parameters)...)
		if _, twice := earlier[p.Name]; twice {
			errs.add(at+".name", "%q is the name of an earlier parameter", p.Name)
		} else if other, collides := variables[p.Variable()]; collides && p.Name != "" {
			errs.add(at+".name", "%q and %q are both %s in a trial's environment; rename one", p.Name, other, p.Variable())
		}
		earlier[p.Name], variables[p.Variable()] = newParent(p, len(own) == 0), p.Name
	}
	return errs
}

// Variable is the name of the environment variable that carries the parameter: HONE_PARAM_ and the name
// in upper case with every character but letters and digits as '_'.
func (p Parameter) Variable() string {
	return "HONE_PARAM_" + strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		}
		return '_'
	}, p.Name)
}

func (p Parameter) validate(at string) (errs FieldErrors) {
	switch {
	case p.Name == "":
		errs.add(at+".name", "is missing")
	case len(p.Name) > maxWordLength || !parameterPattern.MatchString(p.Name):
		errs.add(at+".name", "%q must be letters, digits, '_', '-' and '.', begin with a letter or '_', and have at most %d of them", p.Name, maxWordLength)
	}
	switch p.Type {
	case DoubleType, IntType:
		return append(errs, p.validateRange(at)...)
	case DiscreteType, CategoricalType:
		return append(errs, p.validateValues(at)...)
	case "":
		errs.add(at+".type", "is missing: double, int, discrete or categorical")
	default:
		errs.oneOf(at+".type", string(p.Type), string(DoubleType), string(IntType), string(DiscreteType), string(CategoricalType))
	}
	return errs
}

func (p Parameter) validateRange(at string) (errs FieldErrors) {
	errs.oneOf(at+".scale", string(p.Scale), string(LinearScale), string(LogScale))
	if len(p.Values) > 0 {
		errs.add(at+".values", "is for discrete and categorical parameters; %s takes min and max", p.Type)
	}
	whole := p.Type == IntType
	for _, f := range []struct {
		name string
		x    float64
	}{{"min", p.Min}, {"max", p.Max}, {"step", p.Step}} {
		switch {
		case !finite(f.x):
			errs.add(at+"."+f.name, "must be a finite number")
		case whole && (f.x != math.Trunc(f.x) || math.Abs(f.x) > exactIntegers):
			errs.add(at+"."+f.name, "must be a whole number up to 2^53 in size, not %s", formatFloat(f.x))
		}
	}
	if len(errs) > 0 {
		return errs
	}
	return p.validateExtent(at)
}

// validateExtent is for ranges whose numbers are good in themselves.
func (p Parameter) validateExtent(at string) (errs FieldErrors) {
	switch {
	case p.Min > p.Max:
		errs.add(at+".min", "%s is greater than max %s", formatFloat(p.Min), formatFloat(p.Max))
	case !finite(p.Max - p.Min):
		errs.add(at+".max", "the range from min to max is too wide for a double")
	case p.Step < 0:
		errs.add(at+".step", "must be greater than 0")
	case p.Step > (p.Max-p.Min)*(1+1e-9): // 0.1 is in the range from 0.3 to 0.4, whatever doubles make of it
		errs.add(at+".step", "%s is larger than the range from %s to %s", formatFloat(p.Step), formatFloat(p.Min), formatFloat(p.Max))
	case p.Step > 0 && (p.Max-p.Min)/p.Step > exactIntegers:
		errs.add(at+".step", "%s makes more values than can be counted", formatFloat(p.Step))
	}
	if p.Scale == LogScale && p.Min <= 0 {
		errs.add(at+".scale", "log needs a min greater than 0, not %s", formatFloat(p.Min))
	}
	return errs
}

func (p Parameter) validateValues(at string) (errs FieldErrors) {
	for _, f := range []struct {
		name string
		set  bool
	}{{"min", p.Min != 0}, {"max", p.Max != 0}, {"step", p.Step != 0}, {"scale", p.Scale != ""}} {
		if f.set {
			errs.add(at+"."+f.name, "is for double and int parameters; %s takes values", p.Type)
		}
	}
	switch {
	case len(p.Values) == 0:
		errs.add(at+".values", "is missing: list what %q can be", p.Name)
	case len(p.Values) > MaxValues:
		errs.add(at+".values", "has %d values; at most %d are allowed", len(p.Values), MaxValues)
		return errs
	}
	seen := map[Value]bool{}
	for i, v := range p.Values {
		path := fmt.Sprintf("%s.values[%d]", at, i)
		switch {
		case seen[v]:
			errs.add(path, "%s stands there twice", quoteText(v))
		case v.IsZero():
			errs.add(path, "is null: a value is a number, a string or a boolean")
		case strings.ContainsRune(v.String(), 0):
			errs.add(path, "contains a NUL byte, which no program can receive")
		default:
			p.validateNumber(i, path, &errs)
		}
		seen[v] = true
	}
	return errs
}

// validateNumber checks the i-th value as far as it is, or should be, a number.
func (p Parameter) validateNumber(i int, path string, errs *FieldErrors) {
	v := p.Values[i]
	switch {
	case v.Kind() == NumberValue && !finite(v.Float()):
		errs.add(path, "must be finite")
	case p.Type != DiscreteType:
	case v.Kind() != NumberValue:
		errs.add(path, "%s is not a number; discrete takes numbers, categorical anything", quoteText(v))
	case i > 0 && v.Float() < p.Values[i-1].Float():
		errs.add(path, "%s is less than the value before it; discrete values are listed in increasing order", v)
	}
}

// parent is a parameter that conditions can be on.
type parent struct {
	Parameter
	valid  bool           // whether it is known what it takes
	listed map[Value]bool // its values, when it has a list of them
}

func newParent(p Parameter, valid bool) parent {
	out := parent{Parameter: p, valid: valid}
	if !p.ranged() {
		out.listed = make(map[Value]bool, len(p.Values))
		for _, v := range p.Values {
			out.listed[v] = true
		}
	}
	return out
}

func (p parent) takes(v Value) bool {
	if p.listed != nil {
		return p.listed[v]
	}
	return p.Contains(v)
}

func (p Parameter) validateConditions(at string, earlier map[string]parent, all []Parameter) (errs FieldErrors) {
	for _, c := range p.Conditions {
		path := at + ".when." + c.Parameter
		on, ok := earlier[c.Parameter]
		switch {
		case len(errs) >= maxErrors:
			return errs
		case !ok && c.Parameter == p.Name:
			errs.add(path, "a parameter cannot depend on itself")
			continue
		case !ok:
			errs.add(path, "%s", missingParent(c.Parameter, all))
			continue
		case len(c.Values) == 0:
			errs.add(path, "lists no value, so %q would never be active", p.Name)
		}
		for i, v := range c.Values {
			if on.valid && !on.takes(v) && len(errs) < maxErrors {
				errs.add(fmt.Sprintf("%s[%d]", path, i), "%s is not a value of %q: it takes %s", quoteText(v), c.Parameter, on.Domain())
			}
		}
	}
	return errs
}

func missingParent(name string, all []Parameter) string {
	names := make([]string, len(all))
	for i, p := range all {
		names[i] = p.Name
		if p.Name == name {
			return fmt.Sprintf("%q must stand before the parameters that depend on it", name)
		}
	}
	return fmt.Sprintf("there is no parameter %q%s", name, didYouMean(name, names))
}
