package spec

import (
	"encoding/json"
	"math"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// objectEnv makes the environment of conditions on Kubernetes objects: all of CEL, with the object as
// object.
func objectEnv() *cel.Env {
	return mustEnv(cel.StdLib(), cel.OptionalTypes(), cel.CustomTypeAdapter(parsed{}), cel.Variable(theObject, cel.DynType))
}

// parsed makes CEL values of a parsed JSON document. Parsers differ in how they give a number: a whole one is an
// int here, whether it came as int64, as float64 or as text, so that the same object always gives the same answer.
type parsed struct{}

// NativeToValue converts a value; what is inside of a map or a list is converted when it is looked at.
func (p parsed) NativeToValue(value any) ref.Val {
	switch x := value.(type) {
	case map[string]any:
		return types.NewStringInterfaceMap(p, x)
	case []any:
		return types.NewDynamicList(p, x)
	case float64:
		return number(x)
	case json.Number:
		if whole, err := x.Int64(); err == nil {
			return types.Int(whole)
		}
		if float, err := x.Float64(); err == nil {
			return number(float)
		}
		return types.String(x.String())
	}
	return types.DefaultTypeAdapter.NativeToValue(value)
}

func number(x float64) ref.Val {
	if x == math.Trunc(x) && math.Abs(x) < 1<<53 {
		return types.Int(x)
	}
	return types.Double(x)
}
