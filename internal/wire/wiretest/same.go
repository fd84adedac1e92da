package wiretest

import (
	"fmt"
	"math"
	"reflect"
	"time"

	hone "github.com/hone-tuner/hone"
)

// Same says where two values differ, or "" when they are the same: numbers to the last bit, NaN like NaN,
// times to the nanosecond and in one zone. A nil list is like an empty one.
func Same(want, got any) string { return differ("", reflect.ValueOf(want), reflect.ValueOf(got)) }

func differ(path string, a, b reflect.Value) string {
	if a.IsValid() != b.IsValid() || a.IsValid() && a.Type() != b.Type() {
		return fmt.Sprintf("%s: %v and %v", path, a, b)
	}
	if !a.IsValid() {
		return ""
	}
	switch x := a.Interface().(type) {
	case time.Time:
		if y := b.Interface().(time.Time); !x.Equal(y) || x.Location().String() != y.Location().String() {
			return fmt.Sprintf("%s: %v and %v", path, x, y)
		}
		return ""
	case hone.Value:
		return unless(x == b.Interface().(hone.Value), path, a, b)
	}
	switch a.Kind() {
	case reflect.Struct:
		for i := range a.NumField() {
			if d := differ(path+"."+a.Type().Field(i).Name, a.Field(i), b.Field(i)); d != "" {
				return d
			}
		}
		return ""
	case reflect.Slice:
		return differLists(path, a, b)
	case reflect.Map:
		return differMaps(path, a, b)
	case reflect.Pointer:
		if a.IsNil() || b.IsNil() {
			return unless(a.IsNil() && b.IsNil(), path, a, b)
		}
		return differ(path, a.Elem(), b.Elem())
	case reflect.Float64:
		x, y := a.Float(), b.Float()
		return unless(math.Float64bits(x) == math.Float64bits(y) || math.IsNaN(x) && math.IsNaN(y), path, a, b)
	}
	return unless(a.Equal(b), path, a, b)
}

func unless(same bool, path string, a, b reflect.Value) string {
	if same {
		return ""
	}
	return fmt.Sprintf("%s: %#v and %#v", path, a, b)
}

func differLists(path string, a, b reflect.Value) string {
	if a.Len() != b.Len() {
		return fmt.Sprintf("%s: %d and %d items", path, a.Len(), b.Len())
	}
	for i := range a.Len() {
		if d := differ(fmt.Sprintf("%s[%d]", path, i), a.Index(i), b.Index(i)); d != "" {
			return d
		}
	}
	return ""
}

func differMaps(path string, a, b reflect.Value) string {
	if a.Len() != b.Len() {
		return fmt.Sprintf("%s: %d and %d items", path, a.Len(), b.Len())
	}
	for _, k := range a.MapKeys() {
		if d := differ(fmt.Sprintf("%s[%q]", path, k), a.MapIndex(k), b.MapIndex(k)); d != "" {
			return d
		}
	}
	return ""
}
