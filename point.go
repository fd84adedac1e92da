package hone

// Exact makes a point of values that must be all there: one for every active parameter, and none for
// the others. The error is FieldErrors with the paths of the parameters that are at fault, parameters.lr, where
// single ones are.
func (s *Space) Exact(given map[string]Value) (Assignments, error) {
	var errs FieldErrors
	fixed := make(map[string]Value, len(given))
	for _, name := range sortedKeys(given) {
		v, err := s.nearest(name, given[name])
		if err != nil {
			errs.add("parameters."+name, "%v", err)
		}
		fixed[name] = v
	}
	if len(errs) > 0 {
		return nil, errs
	}
	if _, err := s.plan(fixed); err != nil {
		return nil, err
	}
	a := make(Assignments, 0, len(fixed))
	for i, p := range s.parameters {
		if !s.active(i, a) {
			continue
		}
		v, ok := fixed[p.Name]
		if !ok {
			errs.add("parameters."+p.Name, "is missing: a whole point has a value for each active parameter")
			return nil, errs
		}
		a = append(a, Assignment{Parameter: p.Name, Value: v})
	}
	return a, s.Check(a)
}
