package algorithmtest

import (
	"slices"
	"strconv"
	"strings"

	"github.com/hone-tuner/hone"
)

// Compiler compiles constraints of the form "a + b <= 3" over numeric parameters, and "a != text" over any.
// It is enough for tests of algorithms, which see constraints as a black box.
type Compiler struct{}

var _ hone.ConstraintCompiler = Compiler{}

// CompileConstraint splits the expression at its spaces.
func (Compiler) CompileConstraint(expression string, parameters []hone.Parameter) (hone.Constraint, error) {
	fields := strings.Fields(expression)
	if len(fields) < 3 {
		return nil, hone.Errorf(hone.InvalidArgument, "a constraint looks like a + b <= 3")
	}
	c := constraint{text: expression, operator: fields[len(fields)-2], right: fields[len(fields)-1]}
	for i := 0; i < len(fields)-2; i += 2 {
		if !slices.ContainsFunc(parameters, func(p hone.Parameter) bool { return p.Name == fields[i] }) {
			return nil, hone.Errorf(hone.InvalidArgument, "there is no parameter %q", fields[i])
		}
		c.names = append(c.names, fields[i])
	}
	if c.operator == "!=" {
		return c, nil
	}
	bound, err := strconv.ParseFloat(c.right, 64)
	if err != nil {
		return nil, hone.Errorf(hone.InvalidArgument, "%q is not a number", c.right)
	}
	c.bound = bound
	return c, nil
}

type constraint struct {
	text, operator, right string
	names                 []string
	bound                 float64
}

func (c constraint) String() string       { return c.text }
func (c constraint) Parameters() []string { return c.names }

func (c constraint) Holds(a hone.Assignments) bool {
	sum := 0.0
	for _, name := range c.names {
		v, _ := a.Get(name)
		if c.operator == "!=" {
			return v.String() != c.right
		}
		sum += v.Float()
	}
	if c.operator == ">=" {
		return sum >= c.bound
	}
	return sum <= c.bound
}

// Compile makes a space ready for use; a mistake in it panics, as it can only be one of the test.
func Compile(s hone.SearchSpace) *hone.Space {
	space, err := s.Compile(Compiler{})
	if err != nil {
		panic(err)
	}
	return space
}
