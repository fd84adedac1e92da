package spec

import (
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/env"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// arithmetic names the functions over doubles that take the place of CEL's operators. Their names are what
// error messages show.
func arithmetic() map[string]string {
	return map[string]string{
		operators.Add: "+", operators.Subtract: "-", operators.Multiply: "*",
		operators.Divide: "/", operators.Modulo: "%", operators.Negate: "negation",
	}
}

// standard lists what constraints take from CEL's standard library as it is.
func standard() []string {
	return []string{
		operators.LogicalAnd, operators.LogicalOr, operators.LogicalNot, operators.Conditional,
		operators.Equals, operators.NotEquals, operators.Less, operators.LessEquals, operators.Greater, operators.GreaterEquals,
		operators.In, overloads.Contains, overloads.StartsWith, overloads.EndsWith, overloads.Matches,
	}
}

// functions lists everything that an expression may call.
func functions() []string { return append(standard(), "int", "double", "size") }

// spoken lists the functions that are not operators.
func spoken() []string {
	names := functions()
	return slices.DeleteFunc(names, func(name string) bool { return strings.ContainsAny(name, "_!@") })
}

// constraintEnv makes the environment of constraints, without the parameters: no macros and so no loops,
// numbers are doubles.
func constraintEnv() *cel.Env {
	subset := env.NewLibrarySubset().SetDisableMacros(true)
	for _, name := range standard() {
		subset.AddIncludedFunctions(env.NewFunction(name))
	}
	return mustEnv(
		cel.ClearMacros(),
		cel.StdLib(cel.StdLibSubset(subset)),
		binary("+", func(x, y float64) float64 { return x + y }),
		binary("-", func(x, y float64) float64 { return x - y }),
		binary("*", func(x, y float64) float64 { return x * y }),
		binary("/", func(x, y float64) float64 {
			if y == 0 {
				return math.NaN()
			}
			return x / y
		}),
		binary("%", func(x, y float64) float64 {
			if y == 0 || x != math.Trunc(x) || y != math.Trunc(y) {
				return math.NaN()
			}
			return math.Mod(x, y)
		}),
		unary("negation", func(x float64) float64 { return -x }),
		unary("int", math.Trunc),
		unary("double", func(x float64) float64 { return x }),
		sizes(),
	)
}

// mustEnv makes an environment of options that are all in this file: an error is a mistake in them.
func mustEnv(options ...cel.EnvOption) *cel.Env {
	e, err := cel.NewCustomEnv(options...)
	if err != nil {
		panic("spec: " + err.Error())
	}
	return e
}

// binary declares a function of two numbers. A result that is NaN is an error, as nothing should hold
// because of it.
func binary(name string, f func(x, y float64) float64) cel.EnvOption {
	return cel.Function(name, cel.Overload(name+"_double", []*cel.Type{cel.DoubleType, cel.DoubleType}, cel.DoubleType,
		cel.BinaryBinding(func(a, b ref.Val) ref.Val {
			x, okX := a.(types.Double)
			y, okY := b.(types.Double)
			if !okX || !okY {
				return types.MaybeNoSuchOverloadErr(a)
			}
			return double(f(float64(x), float64(y)))
		})))
}

func unary(name string, f func(x float64) float64) cel.EnvOption {
	return cel.Function(name, cel.Overload(name+"_double", []*cel.Type{cel.DoubleType}, cel.DoubleType,
		cel.UnaryBinding(func(a ref.Val) ref.Val {
			x, ok := a.(types.Double)
			if !ok {
				return types.MaybeNoSuchOverloadErr(a)
			}
			return double(f(float64(x)))
		})))
}

func double(x float64) ref.Val {
	if math.IsNaN(x) {
		return types.NewErr("the result is not a number")
	}
	return types.Double(x)
}

// sizes declares size(text) and size(list), which CEL counts in integers.
func sizes() cel.EnvOption {
	count := cel.UnaryBinding(func(a ref.Val) ref.Val {
		switch x := a.(type) {
		case types.String:
			return types.Double(utf8.RuneCountInString(string(x)))
		case traits.Lister:
			if n, ok := x.Size().(types.Int); ok {
				return types.Double(n)
			}
		}
		return types.MaybeNoSuchOverloadErr(a)
	})
	return cel.Function("size",
		cel.Overload("size_text", []*cel.Type{cel.StringType}, cel.DoubleType, count),
		cel.MemberOverload("text_size", []*cel.Type{cel.StringType}, cel.DoubleType, count),
		cel.Overload("size_items", []*cel.Type{cel.ListType(cel.DynType)}, cel.DoubleType, count))
}
