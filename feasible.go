package hone

import (
	"fmt"
	"math/rand/v2"
)

// How far the search for a point that satisfies the constraints goes.
const (
	feasibleDraws = 100_000
	provableSize  = 1_000_000
	// feasibleWork bounds the search in a space with very many parameters or constraints, counted as work
	// does: some seconds.
	feasibleWork = 200_000_000
)

// work estimates what it costs to draw a point and to look at its constraints, in units of one parameter.
func (s *Space) work() int {
	work := 1 + len(s.parameters) + 8*len(s.constraints)
	for _, p := range s.parameters {
		for _, c := range p.Conditions {
			work += (s.index[c.Parameter] + len(c.Values)) / 8
		}
	}
	return work
}

// draws is how many points are drawn before a search is given up.
func (s *Space) draws() int { return min(feasibleDraws, max(1, feasibleWork/s.work())) }

// Feasible looks for a point that satisfies the constraints: through all points of a space that has up to a
// million, else through 100,000 points drawn at random. The error says which of the two failed. A space
// with so many parameters or constraints that this would take long is looked at less, and not refused.
func (s *Space) Feasible() error {
	if len(s.constraints) == 0 {
		return nil
	}
	if size := s.Size(); size <= provableSize && size*float64(s.work()) <= feasibleWork {
		for range s.Points() {
			return nil
		}
		return Errorf(InvalidArgument, "no point satisfies %s: all %.0f points of the space were tried", s.constraintsText(), size)
	}
	rng := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // no secret
	for range s.draws() {
		if s.Satisfies(s.Draw(rng)) {
			return nil
		}
	}
	if s.draws() < feasibleDraws {
		return nil
	}
	return Errorf(InvalidArgument, "none of %d points drawn at random satisfies %s; if a point can, give one such point under spec.initial", feasibleDraws, s.constraintsText())
}

// constraintsText names the constraints in a sentence.
func (s *Space) constraintsText() string {
	if len(s.constraints) == 1 {
		return s.constraints[0].String()
	}
	return "all constraints together"
}

// planDraws is what it costs at most to plan a point, in draws.
const planDraws = 8

// validatePoints checks that there are points, and that the initial ones are among them. Where no point
// satisfies the constraints, this is the one mistake, and not that the initial ones do not either.
func (s Spec) validatePoints(space *Space) (errs FieldErrors) {
	if len(s.Initial) > MaxInitial {
		errs.add("spec.initial", "has %d points; at most %d are allowed", len(s.Initial), MaxInitial)
		return errs
	}
	feasible := false
	draws := 2 * space.draws() // for all points together
	for i, point := range s.Initial {
		if len(errs) >= maxErrors {
			break
		}
		fixed, err := space.fix(point)
		if err == nil && draws > 0 {
			var drawn int
			most := min(draws, space.draws())
			_, drawn, err = space.complete(fixed, rand.New(rand.NewPCG(1, uint64(i))), most) //nolint:gosec // no secret
			draws -= drawn + planDraws
			feasible = feasible || err == nil
			if drawn == most && most < space.draws() {
				err = nil // too few draws were left for this one to be sure of anything
			}
		}
		if err != nil {
			errs.add(fmt.Sprintf("spec.initial[%d]", i), "%v", err)
		}
	}
	if feasible {
		return errs
	}
	if unsatisfied := space.unsatisfiable(); len(unsatisfied) > 0 {
		return unsatisfied
	}
	return errs
}

// singleWork bounds the search for single constraints that nothing satisfies, to a part of feasibleWork.
const singleWork = feasibleWork / feasibleDraws / 4

// unsatisfiable finds the constraints that nothing satisfies: those that are so by themselves, or else all
// of them together.
func (s *Space) unsatisfiable() (errs FieldErrors) {
	err := s.Feasible()
	if err == nil {
		return nil
	}
	switch {
	case len(s.constraints) == 1:
		errs.add("spec.constraints[0]", "%v", err)
	case len(s.constraints)*s.work() <= singleWork:
		for i, c := range s.constraints {
			alone := *s
			alone.constraints = []Constraint{c}
			if err := alone.Feasible(); err != nil {
				errs.add(fmt.Sprintf("spec.constraints[%d]", i), "%v", err)
			}
		}
	}
	if len(errs) == 0 {
		errs.add("spec.constraints", "%v", err)
	}
	return errs
}
