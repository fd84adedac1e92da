package hone

import (
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
)

// SearchSpace says which points there are: as data, the way it stands in an experiment file. Compile
// turns it into the Space that algorithms work with.
type SearchSpace struct {
	Parameters  []Parameter `json:"parameters"`
	Constraints []string    `json:"constraints,omitempty"`
}

// Compile checks the space and makes it ready for use. The compiler may be nil when there are no
// constraints. The error is FieldErrors with paths from the space: parameters[0].min.
func (s SearchSpace) Compile(compiler ConstraintCompiler) (*Space, error) {
	if errs := s.validateParameters(); len(errs) > 0 {
		return nil, errs
	}
	space := &Space{parameters: s.Parameters, index: map[string]int{}, decides: make([]bool, len(s.Parameters))}
	for i, p := range s.Parameters {
		space.index[p.Name] = i
		space.dims = append(space.dims, newDimension(p))
		for _, c := range p.Conditions {
			space.decides[space.index[c.Parameter]] = true
		}
	}
	var errs FieldErrors
	for i, expression := range s.Constraints {
		path := fmt.Sprintf("constraints[%d]", i)
		if compiler == nil {
			errs = append(errs, FieldError{Path: path, Message: "there is no compiler for constraints"})
			continue
		}
		c, err := compiler.CompileConstraint(expression, s.Parameters)
		if err != nil {
			errs = append(errs, FieldError{Path: path, Message: err.Error()})
			continue
		}
		space.constraints = append(space.constraints, c)
	}
	return space, errs.Err()
}

// Space is a search space that is ready for use. It never changes and is safe for concurrent use.
type Space struct {
	parameters  []Parameter
	dims        []dimension
	index       map[string]int
	decides     []bool // whether a condition looks at the parameter
	constraints []Constraint
}

// Parameters returns the parameters in their order. The slice must not be changed.
func (s *Space) Parameters() []Parameter { return s.parameters }

// Constraints returns the compiled constraints. The slice must not be changed.
func (s *Space) Constraints() []Constraint { return s.constraints }

// Len counts the parameters: the dimension of the unit cube.
func (s *Space) Len() int { return len(s.parameters) }

// Lookup returns the index of a parameter, or -1.
func (s *Space) Lookup(name string) int {
	if i, ok := s.index[name]; ok {
		return i
	}
	return -1
}

// active reports whether parameter i is active, given the values of the ones before it.
func (s *Space) active(i int, a Assignments) bool {
	for _, c := range s.parameters[i].Conditions {
		v, ok := a.Get(c.Parameter)
		if !ok || !containsValue(c.Values, v) {
			return false
		}
	}
	return true
}

func containsValue(values []Value, v Value) bool {
	for _, w := range values {
		if w == v {
			return true
		}
	}
	return false
}

// Conditional reports whether any parameter has conditions.
func (s *Space) Conditional() bool {
	for _, p := range s.parameters {
		if len(p.Conditions) > 0 {
			return true
		}
	}
	return false
}

// Satisfies reports whether the point breaks no constraint. A constraint that names a parameter that
// is not active in this point is not applied.
func (s *Space) Satisfies(a Assignments) bool { return s.broken(a) == nil }

// broken returns the first constraint that the point breaks, or nil.
func (s *Space) broken(a Assignments) Constraint {
	for _, c := range s.constraints {
		if applies(c, a) && !c.Holds(a) {
			return c
		}
	}
	return nil
}

func applies(c Constraint, a Assignments) bool {
	for _, name := range c.Parameters() {
		if _, ok := a.Get(name); !ok {
			return false
		}
	}
	return true
}

// Check reports whether a is a point of the space: exactly the active parameters in their order, each
// with one of its values, and no constraint broken.
func (s *Space) Check(a Assignments) error {
	n := 0
	for i, p := range s.parameters {
		if !s.active(i, a) {
			continue
		}
		if n >= len(a) || a[n].Parameter != p.Name {
			return Errorf(InvalidArgument, "parameter %q has no value", p.Name)
		}
		if !p.Contains(a[n].Value) {
			return Errorf(InvalidArgument, "%s is not a value of %q: it takes %s", quoteText(a[n].Value), p.Name, p.Domain())
		}
		n++
	}
	if n < len(a) {
		return Errorf(InvalidArgument, "parameter %q is unknown or not active here", a[n].Parameter)
	}
	if c := s.broken(a); c != nil {
		return Errorf(InvalidArgument, "the point (%s) breaks the constraint %s", a, c)
	}
	return nil
}

// Complete makes a point of values that a user gave: known names, values of the parameters (a step
// within a billionth is taken for that step), and what is left out drawn from rng within the conditions
// and constraints. A parent that is left out gets a value that makes what was given active.
func (s *Space) Complete(given map[string]Value, rng *rand.Rand) (Assignments, error) {
	fixed, err := s.fix(given)
	if err != nil {
		return nil, err
	}
	a, _, err := s.complete(fixed, rng, s.draws())
	return a, err
}

// fix finds the parameters and values that a user means.
func (s *Space) fix(given map[string]Value) (map[string]Value, error) {
	fixed := make(map[string]Value, len(given))
	for _, name := range sortedKeys(given) {
		at, err := s.nearest(name, given[name])
		if err != nil {
			return nil, err
		}
		fixed[name] = at
	}
	return fixed, nil
}

// nearest finds the value of a parameter that a user means.
func (s *Space) nearest(name string, v Value) (Value, error) {
	i := s.Lookup(name)
	if i < 0 {
		return Value{}, Errorf(InvalidArgument, "there is no parameter %q%s", name, didYouMean(name, s.names()))
	}
	return s.parameters[i].Nearest(v)
}

// complete draws what is not fixed, up to a number of times, and tells how often it drew.
func (s *Space) complete(fixed map[string]Value, rng *rand.Rand, draws int) (Assignments, int, error) {
	p, err := s.plan(fixed)
	if err != nil {
		return nil, 1, err
	}
	broken := map[string]int{}
	for n := range draws {
		a := s.drawWith(p, rng)
		c := s.broken(a)
		if c == nil {
			return a, n + 1, nil
		}
		broken[c.String()]++
	}
	return nil, draws, s.unsatisfied(fixed, broken, draws)
}

// unsatisfied says which constraint kept what is not fixed from being filled in.
func (s *Space) unsatisfied(fixed map[string]Value, broken map[string]int, draws int) error {
	var given Assignments
	for _, p := range s.parameters {
		if v, ok := fixed[p.Name]; ok {
			given = append(given, Assignment{Parameter: p.Name, Value: v})
		}
	}
	worst := ""
	for _, c := range sortedKeys(broken) {
		if worst == "" || broken[c] > broken[worst] {
			worst = c
		}
	}
	with := ""
	if len(given) > 0 {
		with = fmt.Sprintf(" together with %s", given)
	}
	if len(broken) == 1 {
		return Errorf(InvalidArgument, "nothing that satisfies the constraint %s%s was found in %d draws", worst, with, draws)
	}
	return Errorf(InvalidArgument, "nothing that satisfies all constraints%s was found in %d draws; most of them break %s", with, draws, worst)
}

func (s *Space) names() []string {
	names := make([]string, len(s.parameters))
	for i, p := range s.parameters {
		names[i] = p.Name
	}
	return names
}

// drawWith draws what a plan leaves open; nil leaves everything open.
func (s *Space) drawWith(p *plan, rng *rand.Rand) Assignments {
	a := make(Assignments, 0, len(s.parameters))
	for i, q := range s.parameters {
		if !s.active(i, a) {
			continue
		}
		a = append(a, Assignment{Parameter: q.Name, Value: p.value(q.Name, s.dims[i], rng)})
	}
	return a
}

// Draw takes a point at random, uniformly in the unit cube of the active parameters. Constraints are not
// looked at.
func (s *Space) Draw(rng *rand.Rand) Assignments { return s.drawWith(nil, rng) }

// Size counts the points of the space before constraints; +Inf when a parameter is continuous. Counts
// beyond 1e15 are approximate, and of a space with very many different sets of active parameters it is an
// upper bound that is greater than a million.
func (s *Space) Size() float64 {
	most := 1.0
	for _, p := range s.parameters {
		switch {
		case !p.Continuous():
			most *= float64(p.Cardinality())
		case len(p.Conditions) == 0:
			return math.Inf(1)
		default:
			most = math.Inf(1)
		}
	}
	steps := sizeSteps
	size := s.count(0, make(Assignments, 0, len(s.parameters)), &steps)
	if steps <= 0 {
		return most
	}
	return size
}

// sizeSteps is how far Size counts before it is content with a bound. Each way through the conditions has
// at least one point, so that far more than a million points are there by then.
const sizeSteps = 2_000_000

// count counts the points that begin with a, which assigns the parameters before i.
func (s *Space) count(i int, a Assignments, steps *int) float64 {
	for ; i < len(s.parameters) && !s.active(i, a); i++ {
		*steps--
	}
	if *steps--; i == len(s.parameters) || *steps <= 0 {
		return 1
	}
	p := s.parameters[i]
	switch {
	case p.Continuous():
		return math.Inf(1)
	case !s.decides[i]:
		return float64(p.Cardinality()) * s.count(i+1, a, steps)
	}
	if p.Cardinality() >= *steps {
		*steps = 0
		return 1
	}
	total := 0.0
	for k := range p.Cardinality() {
		total += s.count(i+1, append(a, Assignment{Parameter: p.Name, Value: p.At(k)}), steps)
		if math.IsInf(total, 1) || *steps <= 0 {
			break
		}
	}
	return total
}

// Points walks through all points of a finite space that satisfy the constraints, the last parameter
// changing fastest. A space with a continuous parameter has no points to walk through.
func (s *Space) Points() iter.Seq[Assignments] {
	return func(yield func(Assignments) bool) {
		if !math.IsInf(s.Size(), 1) {
			s.walk(0, make(Assignments, 0, len(s.parameters)), yield)
		}
	}
}

func (s *Space) walk(i int, a Assignments, yield func(Assignments) bool) bool {
	if i == len(s.parameters) {
		point := append(Assignments(nil), a...)
		return !s.Satisfies(point) || yield(point)
	}
	if !s.active(i, a) {
		return s.walk(i+1, a, yield)
	}
	p := s.parameters[i]
	for k := range p.Cardinality() {
		if !s.walk(i+1, append(a, Assignment{Parameter: p.Name, Value: p.At(k)}), yield) {
			return false
		}
	}
	return true
}
