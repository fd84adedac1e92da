package typed

import (
	"cmp"
	"reflect"

	hone "github.com/hone-tuner/hone"
)

// Space is the search space that a struct P describes. It never changes and is safe for concurrent use.
type Space[P any] struct {
	space  hone.SearchSpace
	ready  *hone.Space
	fields []field
	groups []group
}

// SpaceOf reads the search space out of the tags of a struct. The error is hone.FieldErrors: every mistake of
// the struct, each with its field.
func SpaceOf[P any]() (*Space[P], error) {
	typ := reflect.TypeFor[P]()
	if typ.Kind() != reflect.Struct {
		return nil, hone.Errorf(hone.InvalidArgument, "a search space is made of a struct, not of %s", typ)
	}
	w := &walker{broken: map[string]bool{}}
	w.structure(typ, place{where: cmp.Or(typ.Name(), "struct")})
	if len(w.fields) == 0 && len(w.errs) == 0 {
		return nil, hone.Errorf(hone.InvalidArgument, "%s has no field with a tag such as `hone:\"lr,min=0,max=1\"`", typ)
	}
	w.validate()
	if err := w.errs.Err(); err != nil {
		return nil, err
	}
	s := &Space[P]{space: w.space(), fields: w.fields, groups: w.groups}
	ready, err := s.space.Compile(nil)
	s.ready = ready
	return s, err
}

// SearchSpace returns the space as it stands in an experiment. Constraints can be added to it with Where.
func (s *Space[P]) SearchSpace() hone.SearchSpace { return s.space }

// Params fills the point of a trial into a fresh struct. It is an error of kind InvalidArgument if it is no
// point of the space.
func (s *Space[P]) Params(a hone.Assignments) (P, error) {
	var out, none P
	if err := s.ready.Check(a); err != nil {
		return none, err
	}
	v := reflect.ValueOf(&out).Elem()
	for _, g := range s.groups {
		if hold(g.conditions, a) {
			reach(v, g.index)
		}
	}
	for _, f := range s.fields {
		x, ok := a.Get(f.Name)
		if !ok {
			continue
		}
		if err := f.set(reach(v, f.index), x); err != nil {
			return none, err
		}
	}
	return out, nil
}

// Assignments reads the point out of a struct. It is an error of kind InvalidArgument if a value is out of
// its range, an active parameter's pointer is nil, or an inactive one has a value.
func (s *Space[P]) Assignments(p P) (hone.Assignments, error) {
	var a hone.Assignments
	v := reflect.ValueOf(p)
	for _, f := range s.fields {
		got, there := find(v, f.index)
		active := hold(f.Conditions, a)
		switch {
		case !active && there && (f.optional || !got.IsZero()):
			return nil, hone.Errorf(hone.InvalidArgument, "%s: %q has a value, but is not active here", f.where, f.Name)
		case !active:
			continue
		case !there:
			return nil, hone.Errorf(hone.InvalidArgument, "%s: %q has no value, but is active here", f.where, f.Name)
		}
		x, err := f.Nearest(f.get(got))
		if err != nil {
			return nil, hone.Errorf(hone.InvalidArgument, "%s: %w", f.where, err)
		}
		a = append(a, hone.Assignment{Parameter: f.Name, Value: x})
	}
	for _, g := range s.groups {
		if _, there := find(v, g.index); there && !hold(g.conditions, a) {
			return nil, hone.Errorf(hone.InvalidArgument, "%s is not nil, but is not active here", g.where)
		}
	}
	return a, nil
}

// Point is what Assignments reads, in the shape that the initial points of an experiment and Enqueue take.
func (s *Space[P]) Point(p P) (map[string]hone.Value, error) {
	a, err := s.Assignments(p)
	if err != nil {
		return nil, err
	}
	point := make(map[string]hone.Value, len(a))
	for _, x := range a {
		point[x.Parameter] = x.Value
	}
	return point, nil
}

// hold reports whether all conditions hold at a point, or the part of one that is there.
func hold(conditions []hone.Condition, a hone.Assignments) bool {
	for _, c := range conditions {
		v, ok := a.Get(c.Parameter)
		if !ok || !contains(c.Values, v) {
			return false
		}
	}
	return true
}

func contains(values []hone.Value, v hone.Value) bool {
	for _, w := range values {
		if w == v {
			return true
		}
	}
	return false
}

// reach goes to a field and behind its pointer, making what is nil on the way.
func reach(v reflect.Value, index []int) reflect.Value {
	for _, i := range index {
		v = v.Field(i)
		if v.Kind() == reflect.Pointer {
			if v.IsNil() {
				v.Set(reflect.New(v.Type().Elem()))
			}
			v = v.Elem()
		}
	}
	return v
}

// find goes to a field and behind its pointer, unless something on the way is nil. A pointer that is set is a
// value, also to a zero.
func find(v reflect.Value, index []int) (reflect.Value, bool) {
	for _, i := range index {
		v = v.Field(i)
		if v.Kind() == reflect.Pointer {
			if v.IsNil() {
				return v, false
			}
			v = v.Elem()
		}
	}
	return v, true
}
