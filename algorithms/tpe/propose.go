package tpe

import (
	"context"
	"math"
	"math/rand/v2"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/points"
)

// mostRounds is how often candidates are drawn when all are taken or break a constraint.
const mostRounds = 8

// proposal is the search for one point: the best so far that is free, and a candidate.
type proposal struct {
	*search
	turn  points.Turn
	rng   *rand.Rand
	best  candidate
	point hone.Assignments // of best; nil when there is none yet
	next  candidate
}

// candidate is a point of the unit cube and its cells.
type candidate struct {
	u     []float64
	cells []cell
	score float64
}

// propose returns a free point where the good are dense beside the bad; nil when none was found.
func (s *search) propose(ctx context.Context, turn points.Turn) (hone.Assignments, error) {
	s.learn()
	p := &proposal{search: s, turn: turn, rng: points.Stream(turn.Seed, turn.Number, purposeCandidates),
		best: s.candidate(), next: s.candidate()}
	p.best.score = math.Inf(-1)
	for range mostRounds {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for range s.tuning.candidates {
			p.draw()
			p.consider()
		}
		if p.point != nil {
			break
		}
	}
	if p.point == nil {
		return nil, nil
	}
	for range s.tuning.climb {
		p.change()
		p.consider()
	}
	return p.point, nil
}

func (s *search) candidate() candidate {
	u := make([]float64, s.memory.space.Len())
	for i := range u {
		u[i] = 0.5
	}
	return candidate{u: u, cells: make([]cell, len(s.memory.columns))}
}

// consider takes the candidate when it is better than the best so far, and free.
func (p *proposal) consider() {
	space := p.memory.space
	var a hone.Assignments
	if space.Conditional() {
		a = space.FromUnit(p.next.u)
		encode(space, p.memory.columns, a, p.next.cells)
	}
	good := p.good.log(p.next.cells, math.Inf(1))
	p.next.score = good - p.bad.log(p.next.cells, good-p.best.score)
	if p.next.score <= p.best.score {
		return
	}
	if a == nil {
		a = space.FromUnit(p.next.u)
	}
	if space.Satisfies(a) && !p.turn.Taken.Has(a) {
		p.point = a
		p.best, p.next = p.next, p.best
	}
}

// draw makes a candidate from the density of the good.
func (p *proposal) draw() {
	kernel := p.kernel()
	for j := range p.memory.columns {
		p.set(j, p.coordinate(j, kernel))
	}
}

// kernel chooses one of the good trials, or -1 for the uniform kernel.
func (p *proposal) kernel() int {
	x := p.rng.Float64() * (float64(len(p.goods)) + p.tuning.prior)
	if x < p.tuning.prior {
		return -1
	}
	return min(int(x-p.tuning.prior), len(p.goods)-1)
}

// coordinate draws from a kernel in one column.
func (p *proposal) coordinate(j, kernel int) float64 {
	if kernel < 0 {
		return p.rng.Float64()
	}
	c, part := &p.memory.columns[j], &p.good.parts[j]
	if !c.tabled {
		if part.scale[kernel] == 0 {
			return p.rng.Float64()
		}
		return truncated(part.u[kernel], p.widths[j].good[kernel], p.rng)
	}
	k := int(part.k[kernel])
	switch {
	case k == c.values:
		return p.rng.Float64()
	case !c.categorical:
		return truncated(c.middle(k), p.widths[j].even, p.rng)
	case p.rng.Float64()*float64(c.values) < math.Exp(part.same):
		return c.middle(k)
	}
	other := p.rng.IntN(c.values - 1)
	if other >= k {
		other++
	}
	return c.middle(other)
}

// truncated draws from a normal distribution, within [0, 1].
func truncated(u, sigma float64, rng *rand.Rand) float64 {
	for {
		if x := u + sigma*rng.NormFloat64(); x >= 0 && x <= 1 {
			return x
		}
	}
}

// change makes a candidate of the best: some numbers are moved by a distance of any order of magnitude.
func (p *proposal) change() {
	copy(p.next.u, p.best.u)
	copy(p.next.cells, p.best.cells)
	one := p.rng.IntN(len(p.memory.columns))
	reach := 0.2 * math.Exp2(-6*p.rng.Float64())
	for j := range p.memory.columns {
		c := &p.memory.columns[j]
		if c.categorical || j != one && p.rng.Float64() >= p.tuning.move {
			continue
		}
		far := reach
		if c.values > 0 {
			far = math.Max(far, 1/float64(c.values))
		}
		p.set(j, math.Min(math.Max(p.best.u[c.parameter]+far*p.rng.NormFloat64(), 0), 1))
	}
}

// set gives the candidate a coordinate in one column.
func (p *proposal) set(j int, u float64) {
	c := &p.memory.columns[j]
	at, k := c.snap(u)
	p.next.u[c.parameter] = at
	p.next.cells[j] = cell{u: at, k: k}
}
