package spec

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"

	hone "github.com/hone-tuner/hone"
)

// theObject is what a condition calls the object.
const theObject = "object"

// conditionCost is how much work one evaluation of a condition may be, in CEL's own measure: about a comparison or
// the look-up of a field each. A condition that needs more does not hold.
const conditionCost = 100_000

var _ hone.ObjectConditionCompiler = (*Decoder)(nil)

// CompileObjectCondition compiles a CEL expression over a parsed Kubernetes object, as in
// object.status.conditions.exists(c, c.type == "Complete" && c.status == "True"). It has the standard library
// and optional fields (object.?status.?phase); what one evaluation may cost is bounded. Numbers are ints where they
// are whole, else doubles, however the object was parsed. The error is of kind InvalidArgument and says what is
// wrong, without the expression.
func (d *Decoder) CompileObjectCondition(expression string) (hone.ObjectCondition, error) {
	switch {
	case strings.TrimSpace(expression) == "":
		return nil, hone.Errorf(hone.InvalidArgument, "is empty: write an expression such as object.status.succeeded == 1")
	case len(expression) > MaxExpression:
		return nil, hone.Errorf(hone.InvalidArgument, "has %d bytes; at most %d are allowed", len(expression), MaxExpression)
	case strings.Contains(expression, "${"):
		return nil, hone.Errorf(hone.InvalidArgument, "has a placeholder ${…}, which a condition cannot have: it is the same for all trials, and sees the rendered object")
	}
	checked, issues := d.object.Compile(expression)
	if err := conditionError(issues, expression); err != nil {
		return nil, err
	}
	if kind := checked.OutputType(); kind != cel.BoolType && kind != cel.DynType {
		return nil, hone.Errorf(hone.InvalidArgument, "must be true or false, but it is of type %s", kind)
	}
	if !looksAtObject(checked.NativeRep().Expr()) {
		return nil, hone.Errorf(hone.InvalidArgument, "does not look at the object, so it is always the same; write an expression such as object.status.succeeded == 1")
	}
	program, err := d.object.Program(checked, cel.EvalOptions(cel.OptOptimize), cel.CostLimit(conditionCost), cel.CostTracking(effort{}))
	if err != nil {
		return nil, hone.Errorf(hone.InvalidArgument, "cannot be compiled: %w", err)
	}
	return condition{program: program}, nil
}

// looksAtObject reports whether an expression uses the object.
func looksAtObject(e ast.Expr) bool {
	uses := func(n ast.NavigableExpr) bool { return n.Kind() == ast.IdentKind && n.AsIdent() == theObject }
	root, ok := e.(ast.NavigableExpr)
	if !ok {
		root = ast.NavigateExpr(ast.NewAST(e, nil), e)
	}
	return len(ast.MatchDescendants(root, uses)) > 0
}

// condition is a compiled expression over an object.
type condition struct{ program cel.Program }

// Holds evaluates the expression. What is missing in the object makes an error in CEL, unless the rest of the
// expression decides without it; then, as whenever something goes wrong, it does not hold.
func (c condition) Holds(object map[string]any) bool {
	out, _, err := c.program.Eval(map[string]any{theObject: object})
	return err == nil && out == types.True
}

// undeclared is what the CEL compiler says of a name that does not exist.
var undeclared = regexp.MustCompile(`^undeclared reference to '([^']*)'`)

// conditionError makes an error of what the CEL compiler complains about first.
func conditionError(issues *cel.Issues, expression string) error {
	if issues == nil || len(issues.Errors()) == 0 {
		return issueError(issues, expression)
	}
	first := issues.Errors()[0]
	line, column := first.Location.Line(), first.Location.Column()
	say := ""
	if found := undeclared.FindStringSubmatch(first.Message); found != nil {
		_, at := split(expression, line, column)
		say = sayUndeclared(found[1], strings.HasPrefix(at, "("))
	} else if _, word, ok := strings.Cut(first.Message, "reserved identifier: "); ok {
		say = fmt.Sprintf("%s is a reserved word of CEL; a field of the object is written object.%s", word, word)
	}
	if say == "" {
		return issueError(issues, expression)
	}
	return hone.Errorf(hone.InvalidArgument, "%s (line %d, column %d of the expression)", say, line, column+1)
}

// sayUndeclared says what is meant by a name that does not exist.
func sayUndeclared(name string, called bool) string {
	message := "there is no " + strconv.Quote(clip(name))
	first, _ := utf8.DecodeRuneInString(name)
	switch {
	case called:
		return "there is no function " + clip(name)
	case slices.Contains([]string{"status", "spec", "metadata", "kind", "apiVersion"}, name):
		return message + "; did you mean object." + name + "?"
	case name == "self" || hone.Nearest(strings.ToLower(name), []string{theObject}) != "":
		return message + `; did you mean "object"?`
	case unicode.IsUpper(first):
		return message + fmt.Sprintf("; did you mean the text %q?", name)
	}
	return message + `; the object is called object, as in object.status.succeeded == 1`
}
