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
		return Errorf(InvalidArgument, "no point satisfies them: all %.0f points of the space were tried", size)
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
	return Errorf(InvalidArgument, "none of %d points drawn at random satisfies them; if they can be satisfied, give one such point under spec.initial", feasibleDraws)
}

// validatePoints checks that there are points, and that the initial ones are among them.
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
			draws -= drawn
			feasible = feasible || err == nil
			if drawn == most && most < space.draws() {
				err = nil // too few draws were left for this one to be sure of anything
			}
		}
		if err != nil {
			errs.add(fmt.Sprintf("spec.initial[%d]", i), "%v", err)
		}
	}
	if !feasible && len(errs) == 0 {
		if err := space.Feasible(); err != nil {
			errs.add("spec.constraints", "%v", err)
		}
	}
	return errs
}
