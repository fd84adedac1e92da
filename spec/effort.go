package spec

import (
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// effort says what an operator on values of an object costs. CEL knows that by the types in the expression, which an
// object's fields do not have there, and would count 1 for whatever they are.
type effort struct{}

// CallCost returns nil for what CEL counts itself.
func (effort) CallCost(function, _ string, args []ref.Val, _ ref.Val) *uint64 {
	total := uint64(1)
	switch function {
	case operators.Equals, operators.NotEquals, operators.Less, operators.LessEquals, operators.Greater, operators.GreaterEquals:
		for _, x := range args {
			total = max(total, extent(x)) // of two, as the one that is larger may be all that there is to read
		}
	case operators.Add:
		for _, x := range args {
			total += extent(x)
		}
	case operators.In:
		if list, ok := args[1].(traits.Lister); ok {
			total += extent(list)
		}
	default:
		return nil
	}
	return &total
}

// extent is how much there is to read in a value: a tenth of the bytes of texts, and every element.
func extent(v ref.Val) uint64 {
	switch x := v.(type) {
	case types.String:
		return uint64(len(x)) / 10
	case types.Bytes:
		return uint64(len(x)) / 10
	case traits.Mapper, traits.Lister:
		switch native := v.Value().(type) {
		case map[string]any, []any:
			return extentOf(native)
		}
		if sized, ok := v.(traits.Sizer); ok {
			if n, ok := sized.Size().(types.Int); ok && n > 0 {
				return uint64(n)
			}
		}
	}
	return 0
}

// extentOf is the extent of a part of a parsed document.
func extentOf(value any) (total uint64) {
	switch x := value.(type) {
	case string:
		return uint64(len(x)) / 10
	case map[string]any:
		for _, child := range x {
			total += 1 + extentOf(child)
		}
	case []any:
		for _, child := range x {
			total += 1 + extentOf(child)
		}
	}
	return total
}
