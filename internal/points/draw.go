package points

import (
	"context"
	"math"
	"math/rand/v2"

	"github.com/hone-tuner/hone"
)

// How hard Draw tries. A point that one draw of 100,000 meets is enough for a space to be accepted, so it
// must be found here too.
const (
	fewDraws   = 256
	manyDraws  = 500_000
	nearDraws  = 50_000
	smallSpace = 1 << 17 // walked through as soon as a few draws have failed
	largeSpace = 1 << 24 // walked through when nothing else helps
)

// Draw takes a free point of the space at random: one that satisfies the constraints and is not taken. It
// draws from the unit cube first, then uniformly among all free points of a finite space, then around
// the points that are known. false means that there is no free point, or that none could be found.
func Draw(ctx context.Context, space *hone.Space, taken *Taken, rng *rand.Rand) (hone.Assignments, bool, error) {
	d := drawing{space: space, taken: taken, rng: rng}
	fromCube := func() hone.Assignments { return space.Draw(rng) }
	if a, err := d.try(ctx, fewDraws, fromCube); a != nil || err != nil {
		return a, a != nil, err
	}
	size := space.Size()
	if size <= smallSpace {
		return d.walk(ctx)
	}
	if a, err := d.try(ctx, manyDraws, fromCube); a != nil || err != nil {
		return a, a != nil, err
	}
	if taken.knownLen() > 0 {
		if a, err := d.try(ctx, nearDraws, d.nearKnown); a != nil || err != nil {
			return a, a != nil, err
		}
	}
	if size <= largeSpace {
		return d.walk(ctx)
	}
	return nil, false, nil
}

type drawing struct {
	space *hone.Space
	taken *Taken
	rng   *rand.Rand
}

func (d drawing) free(a hone.Assignments) bool { return d.space.Satisfies(a) && !d.taken.Has(a) }

// try draws until a point is free, n times at most; nil when none was.
func (d drawing) try(ctx context.Context, n int, draw func() hone.Assignments) (hone.Assignments, error) {
	for i := range n {
		if i%256 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if a := draw(); d.free(a) {
			return a, nil
		}
	}
	return nil, nil
}

// walk chooses among all free points of a finite space, each with the same chance.
func (d drawing) walk(ctx context.Context) (hone.Assignments, bool, error) {
	var chosen hone.Assignments
	free, seen := 0, 0
	for a := range d.space.Points() {
		if seen%1024 == 0 && ctx.Err() != nil {
			return nil, false, ctx.Err()
		}
		seen++
		if d.taken.Has(a) {
			continue
		}
		free++
		if d.rng.IntN(free) == 0 {
			chosen = a
		}
	}
	return chosen, free > 0, nil
}

// nearKnown moves some coordinates of a known point, by a distance of any order of magnitude. It reaches
// the points of a narrow feasible region that hardly any draw meets.
func (d drawing) nearKnown() hone.Assignments {
	u := d.space.ToUnit(d.taken.known(d.rng.IntN(d.taken.knownLen())))
	share, reach := d.rng.Float64(), math.Exp2(-20*d.rng.Float64())
	only := d.rng.IntN(len(u))
	for i := range u {
		switch {
		case math.IsNaN(u[i]):
			u[i] = d.rng.Float64()
		case i == only || d.rng.Float64() < share:
			u[i] += reach * (2*d.rng.Float64() - 1)
		}
	}
	return d.space.FromUnit(u)
}
