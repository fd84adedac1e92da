package bayesian

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/algorithms/internal/lowdisc"
	"github.com/hone-tuner/hone/internal/points"
)

// How hard the acquisition is searched.
const (
	spreadCandidates = 256 // spread over the space
	nearCandidates   = 128 // around the best trials
	incumbents       = 6   // how many of those
	climbs           = 6   // candidates that are improved further
)

// candidate is a point that may be proposed.
type candidate struct {
	u     []float64 // in the unit cube, also for parameters that are not active
	on    []bool    // which parameters are active
	x     []float64 // as the model sees it
	value float64   // of the acquisition
}

// propose returns the free point at which the acquisition is greatest, as far as it was found; nil when no
// candidate is free.
func (m *model) propose(ctx context.Context, turn points.Turn) (hone.Assignments, error) {
	s := &searching{model: m, space: turn.Space, rng: points.Stream(turn.Seed, turn.Number, purposeCandidates)}
	defer m.expect(turn, s.rng)()
	all := s.candidates(turn)
	for i := range min(climbs, len(all)) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		all = append(all, s.improve(all[i]))
	}
	byValue(all)
	for _, c := range all {
		if a := turn.Space.FromUnit(c.u); !turn.Taken.Has(a) {
			return a, nil
		}
	}
	return nil, nil
}

// searching is the search for one suggestion.
type searching struct {
	*model
	space *hone.Space
	rng   *rand.Rand
}

// make completes a candidate; nil when it breaks a constraint.
func (s *searching) make(u []float64) *candidate {
	if len(s.space.Constraints()) > 0 && !s.space.Satisfies(s.space.FromUnit(u)) {
		return nil
	}
	c := &candidate{u: u, x: make([]float64, len(s.encoder.features)), on: make([]bool, len(u))}
	s.encoder.place(u, c.x, c.on)
	return c
}

// candidates returns the points that are looked at first, the best in front.
func (s *searching) candidates(turn points.Turn) []*candidate {
	all := make([]*candidate, 0, spreadCandidates+nearCandidates+climbs)
	sequence := lowdisc.New(s.space.Len(), s.rng.Uint64())
	for i := range spreadCandidates {
		u := make([]float64, s.space.Len())
		sequence.Point(uint32(i), u)
		if c := s.make(u); c != nil {
			all = append(all, c)
		}
	}
	near := nearCandidates
	if len(all) < spreadCandidates/8 { // constraints leave little: look around what is known to satisfy them
		near += spreadCandidates / 2
	}
	centres := s.centres(turn)
	for i := 0; i < near && len(centres) > 0; i++ {
		if c := s.make(s.near(centres[i%len(centres)])); c != nil {
			all = append(all, c)
		}
	}
	s.evaluate(all)
	byValue(all)
	return s.apart(all)
}

// centres are the best trials of the model, in the unit cube.
func (s *searching) centres(turn points.Turn) [][]float64 {
	order := make([]int, len(s.y))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(s.y[j], s.y[i]) })
	var all [][]float64
	for _, i := range order[:min(incumbents, len(order))] {
		all = append(all, s.space.ToUnit(turn.History.At(s.surface.rows[i]).Parameters))
	}
	return all
}

// near changes some coordinates of a point: numbers by a distance of any order of magnitude, categories to
// any other.
func (s *searching) near(centre []float64) []float64 {
	u := append([]float64(nil), centre...)
	reach := 0.3 * math.Exp2(-7*s.rng.Float64())
	share := math.Max(s.rng.Float64(), 1/float64(len(u)))
	for i, p := range s.space.Parameters() {
		switch {
		case math.IsNaN(u[i]):
			u[i] = s.rng.Float64()
		case s.rng.Float64() >= share:
		case p.Type == hone.CategoricalType:
			u[i] = s.rng.Float64()
		default:
			u[i] = math.Min(math.Max(u[i]+reach*s.rng.NormFloat64(), 0), 1)
		}
	}
	return u
}

// byValue puts the best first, and of equal ones the earlier.
func byValue(all []*candidate) {
	slices.SortStableFunc(all, func(a, b *candidate) int { return cmp.Compare(b.value, a.value) })
}

// apart moves candidates to the front that are good and lie apart from each other, so that they lead to
// different maxima: in turn the best one that is not close to an earlier one.
func (s *searching) apart(all []*candidate) []*candidate {
	var front, rest []*candidate
	for i, c := range all {
		if len(front) == climbs {
			rest = append(rest, all[i:]...)
			break
		}
		if slices.ContainsFunc(front, func(f *candidate) bool { return s.surface.Distance(f.x, c.x) < 0.01 }) {
			rest = append(rest, c)
		} else {
			front = append(front, c)
		}
	}
	return append(front, rest...)
}
