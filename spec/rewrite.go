package spec

import (
	"slices"
	"strconv"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"

	hone "github.com/hone-tuner/hone"
)

// allParameters is the map of all parameters: p["learning-rate"].
const allParameters = "p"

// rewriter turns a parsed expression into one over doubles: integers become doubles, arithmetic becomes
// calls of the functions in functions.go, and parameters become the variables v0, v1, …. It works on
// the syntax tree, so that no text is taken for what it is not.
type rewriter struct {
	tree       *ast.AST
	make       ast.ExprFactory
	parameters map[string]hone.Parameter
	known      []string
	names      []string // of the parameters that are used
	err        error    // the first mistake
}

func newRewriter(tree *ast.AST, parameters []hone.Parameter) *rewriter {
	r := &rewriter{tree: tree, make: ast.NewExprFactory(), parameters: map[string]hone.Parameter{}}
	for _, p := range parameters {
		r.parameters[p.Name] = p
		r.known = append(r.known, p.Name)
	}
	return r
}

// variables declares the parameters that are used.
func (r *rewriter) variables() []cel.EnvOption {
	options := make([]cel.EnvOption, len(r.names))
	for i, name := range r.names {
		options[i] = cel.Variable("v"+strconv.Itoa(i), celType(r.parameters[name]))
	}
	return options
}

// celType is the type of a parameter's values; dyn when they have several.
func celType(p hone.Parameter) *cel.Type {
	if p.Type != hone.CategoricalType {
		return cel.DoubleType
	}
	kinds := map[hone.ValueKind]*cel.Type{hone.NumberValue: cel.DoubleType, hone.StringValue: cel.StringType, hone.BoolValue: cel.BoolType}
	for _, v := range p.Values {
		if v.Kind() != p.Values[0].Kind() {
			return cel.DynType
		}
	}
	if len(p.Values) == 0 || kinds[p.Values[0].Kind()] == nil {
		return cel.DynType
	}
	return kinds[p.Values[0].Kind()]
}

func (r *rewriter) fail(e ast.Expr, format string, args ...any) {
	if r.err != nil {
		return
	}
	if at := r.tree.SourceInfo().GetStartLocation(e.ID()); at.Line() > 0 {
		format, args = format+" (line %d, column %d of the expression)", append(args, at.Line(), at.Column()+1)
	}
	r.err = hone.Errorf(hone.InvalidArgument, format, args...)
}

func (r *rewriter) expr(e ast.Expr) {
	switch e.Kind() {
	case ast.LiteralKind:
		r.literal(e)
	case ast.IdentKind:
		r.parameter(e, e.AsIdent())
	case ast.SelectKind:
		r.selection(e)
	case ast.CallKind:
		r.call(e)
	case ast.ListKind:
		for _, x := range e.AsList().Elements() {
			r.expr(x)
		}
	default:
		r.fail(e, "maps, messages and macros are not for constraints")
	}
}

func (r *rewriter) literal(e ast.Expr) {
	switch x := e.AsLiteral().(type) {
	case types.Int:
		e.SetKindCase(r.make.NewLiteral(e.ID(), types.Double(x)))
	case types.Uint:
		e.SetKindCase(r.make.NewLiteral(e.ID(), types.Double(x)))
	case types.Double, types.String, types.Bool:
	default:
		r.fail(e, "%s is no value that a parameter could have", x.Type().TypeName())
	}
}

// parameter makes a variable of a parameter's name.
func (r *rewriter) parameter(e ast.Expr, name string) {
	if _, ok := r.parameters[name]; !ok {
		r.fail(e, "%s", r.unknown(name))
		return
	}
	i := slices.Index(r.names, name)
	if i < 0 {
		i = len(r.names)
		r.names = append(r.names, name)
	}
	e.SetKindCase(r.make.NewIdent(e.ID(), "v"+strconv.Itoa(i)))
}

func (r *rewriter) unknown(name string) string {
	message := "there is no parameter " + strconv.Quote(clip(name))
	if name == allParameters {
		return message + `; write p["lr"] for the parameter lr`
	}
	if near := hone.Nearest(name, r.known); near != "" {
		return message + "; did you mean " + reference(near) + "?"
	}
	// The beginning of a name that is no identifier: learning-rate is read as learning minus rate.
	for _, known := range r.known {
		if strings.HasPrefix(known, name+"-") || strings.HasPrefix(known, name+".") {
			return message + "; did you mean " + reference(known) + "?"
		}
	}
	return message
}

// reference writes a parameter the way an expression can name it.
func reference(name string) string {
	if strings.ContainsAny(name, "-.") {
		return "p[" + strconv.Quote(name) + "]"
	}
	return strconv.Quote(name)
}

// selection takes p.lr for p["lr"], and nothing else.
func (r *rewriter) selection(e ast.Expr) {
	operand, name := e.AsSelect().Operand(), e.AsSelect().FieldName()
	_, isParameter := r.parameters[allParameters]
	if operand.Kind() == ast.IdentKind && operand.AsIdent() == allParameters && !isParameter && !e.AsSelect().IsTestOnly() {
		r.parameter(e, name)
		return
	}
	r.fail(e, "%s", r.unknown(dotted(e)))
}

// dotted writes a chain of selections as one name.
func dotted(e ast.Expr) string {
	switch e.Kind() {
	case ast.IdentKind:
		return e.AsIdent()
	case ast.SelectKind:
		return dotted(e.AsSelect().Operand()) + "." + e.AsSelect().FieldName()
	}
	return "…"
}

func (r *rewriter) call(e ast.Expr) {
	c := e.AsCall()
	name := c.FunctionName()
	if name == operators.Index {
		r.index(e, c)
		return
	}
	own, isArithmetic := arithmetic()[name]
	if !isArithmetic && !slices.Contains(functions(), name) {
		r.fail(e, "there is no function %s; there are %s", clip(name), strings.Join(spoken(), ", "))
		return
	}
	if c.IsMemberFunction() {
		r.expr(c.Target())
	}
	for _, x := range c.Args() {
		r.expr(x)
	}
	if isArithmetic {
		e.SetKindCase(r.make.NewCall(e.ID(), own, c.Args()...))
	}
}

// index takes p["learning-rate"], and nothing else.
func (r *rewriter) index(e ast.Expr, c ast.CallExpr) {
	operand, name := c.Args()[0], c.Args()[1]
	if operand.Kind() == ast.IdentKind && operand.AsIdent() == allParameters && name.Kind() == ast.LiteralKind {
		if text, ok := name.AsLiteral().(types.String); ok {
			r.parameter(e, string(text))
			return
		}
	}
	r.fail(e, `[…] is only for parameters by their name, as in p["learning-rate"]`)
}
