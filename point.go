package hone

// Exact makes a point of values that must be all there: one for every active parameter, and none for
// the others. The error says which parameter is at fault.
func (s *Space) Exact(given map[string]Value) (Assignments, error) {
	fixed, err := s.fix(given)
	if err != nil {
		return nil, err
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
			return nil, Errorf(InvalidArgument, "parameter %q has no value", p.Name)
		}
		a = append(a, Assignment{Parameter: p.Name, Value: v})
	}
	return a, s.Check(a)
}
