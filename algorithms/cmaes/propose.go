package cmaes

import (
	"context"
	"math"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/points"
)

// How hard a free point that satisfies the constraints is looked for.
const (
	insideDraws = 5 // must lie inside the space; later ones are mirrored at its borders
	mostDraws   = 100
	plainDraws  = 24   // before they are spread wider
	widening    = 1.03 // by which each later draw is spread wider
	halvings    = 24   // of the way from a draw to the best trial
)

// propose draws the first member that is free and satisfies the constraints. Where none of many does, the last is
// moved towards the best trial until it does. Where that fails as well, any free point is taken.
func (s *replay) propose(ctx context.Context, turn points.Turn) (hone.Suggestion, bool, error) {
	from := origin{start: s.start, run: s.restarts, generation: s.run.generation}
	free := func(a hone.Assignments) bool { return turn.Space.Satisfies(a) && !turn.Taken.Has(a) }
	u := make([]float64, turn.Space.Len())
	for ; from.draw < mostDraws; from.draw++ {
		if err := ctx.Err(); err != nil {
			return hone.Suggestion{}, false, err
		}
		v, chosen := s.draw(s.run.present, turn.Number, from.draw)
		if from.draw < insideDraws && !s.inside(v) {
			continue
		}
		s.unit(v, chosen, u)
		if a := turn.Space.FromUnit(u); free(a) {
			return hone.Suggestion{Parameters: a, Labels: from.label()}, true, nil
		}
	}
	from.draw = notDrawn
	if a := s.repair(u, free); a != nil {
		return hone.Suggestion{Parameters: a, Labels: from.label()}, true, nil
	}
	a, ok, err := points.Draw(ctx, turn.Space, turn.Taken, points.Stream(turn.Seed, turn.Number, purposeFree))
	return hone.Suggestion{Parameters: a, Labels: from.label()}, ok, err
}

// draw is the k-th draw of a trial: the same whenever it is made.
func (s *replay) draw(from *distribution, number, k int) (v []float64, chosen []int) {
	rng := points.Stream(s.seed, number, purposeMember+uint64(k)) //nolint:gosec // k is not negative
	n := len(s.axes)
	z := make([]float64, 2*n)
	z, v = z[:n], z[n:]
	for j := range z {
		z[j] = rng.NormFloat64()
	}
	from.basis.step(z, v)
	wide := from.sigma * math.Pow(widening, float64(max(0, k-plainDraws)))
	for j := range v {
		v[j] = from.mean[j] + wide*from.scale[j]*v[j]
	}
	chosen = make([]int, len(from.odds))
	for j, q := range from.odds {
		x := rng.Float64()
		for chosen[j] < len(q)-1 && x >= q[chosen[j]] {
			x -= q[chosen[j]]
			chosen[j]++
		}
	}
	return v, chosen
}

// repair halves the way from a draw to the best trial until a point is free; nil when none is.
func (s *replay) repair(u []float64, free func(hone.Assignments) bool) hone.Assignments {
	if s.anchor == nil {
		return nil
	}
	goal := s.space.ToUnit(s.anchor)
	u = append([]float64(nil), u...)
	for range halvings {
		for i := range u {
			if !math.IsNaN(goal[i]) {
				u[i] = (u[i] + goal[i]) / 2
			}
		}
		if a := s.space.FromUnit(u); free(a) {
			return a
		}
	}
	return nil
}
