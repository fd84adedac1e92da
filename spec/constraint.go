package spec

import (
	"strconv"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	hone "github.com/hone-tuner/hone"
)

// MaxExpression is how many bytes a CEL expression may have.
const MaxExpression = 2000

// CompileConstraint compiles a CEL expression over the parameters. Every number in it is a double,
// literals too. A name that is no CEL identifier is written p["learning-rate"]; all others may be. The
// expression has no loops, so it costs no more than its length. The error is of kind InvalidArgument and says
// what is wrong, without the expression.
func (d *Decoder) CompileConstraint(expression string, parameters []hone.Parameter) (hone.Constraint, error) {
	if strings.TrimSpace(expression) == "" {
		return nil, hone.Errorf(hone.InvalidArgument, "is empty: write an expression such as layers * batch <= 256")
	}
	if len(expression) > MaxExpression {
		return nil, hone.Errorf(hone.InvalidArgument, "has %d bytes; at most %d are allowed", len(expression), MaxExpression)
	}
	parsed, issues := d.env.Parse(expression)
	if err := issueError(issues, expression); err != nil {
		return nil, err
	}
	r := newRewriter(parsed.NativeRep(), parameters)
	if r.expr(parsed.NativeRep().Expr()); r.err != nil {
		return nil, r.err
	}
	env, err := d.env.Extend(r.variables()...)
	if err != nil {
		return nil, hone.Errorf(hone.InvalidArgument, "cannot be compiled: %w", err)
	}
	checked, issues := env.Check(parsed)
	if err := issueError(issues, expression); err != nil {
		return nil, err
	}
	if checked.OutputType() != cel.BoolType {
		return nil, hone.Errorf(hone.InvalidArgument, "must be true or false, but it is of type %s", checked.OutputType())
	}
	program, err := env.Program(checked, cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		return nil, hone.Errorf(hone.InvalidArgument, "cannot be compiled: %w", err)
	}
	return &constraint{text: expression, names: r.names, program: program}, nil
}

// issueError makes an error of what the CEL compiler complains about first; what comes after that is mostly
// its consequence.
func issueError(issues *cel.Issues, expression string) error {
	if issues == nil || issues.Err() == nil {
		return nil
	}
	errs := issues.Errors()
	if len(errs) == 0 {
		return hone.Errorf(hone.InvalidArgument, "is no CEL expression: %w", issues.Err())
	}
	line, column := errs[0].Location.Line(), errs[0].Location.Column()
	message, syntax := strings.CutPrefix(errs[0].Message, "Syntax error: ")
	switch word, ok := strings.CutPrefix(message, "reserved identifier: "); {
	case ok:
		return reserved(word)
	case syntax:
		message = sayGrammar(message, expression, line, column)
	default:
		message = sayOverload(message)
	}
	return hone.Errorf(hone.InvalidArgument, "%s (line %d, column %d of the expression)", message, line, column+1)
}

// constraint is a compiled expression. Its variables are called v0, v1, … in the order of names, because
// the names of parameters need not be identifiers.
type constraint struct {
	text    string
	names   []string
	program cel.Program
}

func (c *constraint) String() string { return c.text }

// Parameters must not be changed by the caller.
func (c *constraint) Parameters() []string { return c.names }

// Holds evaluates the expression; whatever goes wrong in that, it does not hold.
func (c *constraint) Holds(a hone.Assignments) bool {
	out, _, err := c.program.Eval(&point{names: c.names, values: a})
	return err == nil && out == types.True
}

// point hands the values of a point to a program.
type point struct {
	names  []string
	values hone.Assignments
}

func (p *point) Parent() cel.Activation { return nil }

func (p *point) ResolveName(name string) (any, bool) {
	i, err := strconv.Atoi(strings.TrimPrefix(name, "v"))
	if err != nil || i < 0 || i >= len(p.names) {
		return nil, false
	}
	v, ok := p.values.Get(p.names[i])
	return celValue(v), ok
}

func celValue(v hone.Value) ref.Val {
	switch v.Kind() {
	case hone.NumberValue:
		return types.Double(v.Float())
	case hone.StringValue:
		return types.String(v.String())
	case hone.BoolValue:
		return types.Bool(v.Bool())
	}
	return types.NullValue
}
