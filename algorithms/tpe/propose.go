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
	set   int32 // of columns, which candidates must have; or anySet
	// movable are the columns in which a number of best can be moved.
	movable []int
}

// candidate is a point of the unit cube and its cells.
type candidate struct {
	u     []float64
	cells []cell
	score float64
}

// propose returns a free point where the good are dense beside the bad; nil when none was found.
func (s *search) propose(ctx context.Context, turn points.Turn) (hone.Assignments, error) {
	s.learn(anySet)
	p := &proposal{search: s, turn: turn, rng: points.Stream(turn.Seed, turn.Number, purposeCandidates),
		best: s.candidate(), next: s.candidate(), set: anySet}
	p.best.score = math.Inf(-1)
	if err := p.pick(ctx); p.point == nil {
		return nil, err
	}
	if turn.Space.Conditional() {
		if set := s.memory.setOf(p.best.cells); p.enough(set) {
			if err := p.within(ctx, set); err != nil {
				return nil, err
			}
		}
	}
	p.climb()
	return p.point, nil
}

// pick draws candidates until one is free.
func (p *proposal) pick(ctx context.Context) error {
	for range mostRounds {
		if err := ctx.Err(); err != nil {
			return err
		}
		for range p.tuning.candidates {
			p.draw()
			p.consider(false)
		}
		if p.point != nil {
			return nil
		}
	}
	return nil
}

// enough reports whether a set of columns has enough finished trials to be modelled by itself.
func (p *proposal) enough(set int32) bool {
	n := 0
	for row := range p.memory.finished {
		if p.memory.set[row] == set && !math.IsInf(p.memory.cost[row], 1) {
			n++
		}
	}
	return n >= p.tuning.leastSet
}

// within goes on among the points with a set of active columns, by what is known of these.
func (p *proposal) within(ctx context.Context, set int32) error {
	p.learn(set)
	p.set = set
	p.best.score = p.good.log(p.best.cells, math.Inf(1)) - p.bad.log(p.best.cells, math.Inf(1))
	return p.pick(ctx)
}

func (s *search) candidate() candidate {
	u := make([]float64, s.memory.space.Len())
	for i := range u {
		u[i] = 0.5
	}
	return candidate{u: u, cells: make([]cell, len(s.memory.columns))}
}

// consider takes the candidate when it is better than the best so far, and free. It reports whether it did.
func (p *proposal) consider(beside bool) bool {
	space := p.memory.space
	var a hone.Assignments
	if space.Conditional() {
		a = space.FromUnit(p.next.u)
		encode(space, p.memory.columns, a, p.next.cells)
		set := p.memory.setOf(p.next.cells)
		if p.set != anySet && set != p.set {
			return false
		}
		beside = beside && set == p.memory.setOf(p.best.cells)
	}
	if beside {
		good := p.good.logBeside(p.next.cells, math.Inf(1))
		p.next.score = good - p.bad.logBeside(p.next.cells, good-p.best.score)
	} else {
		good := p.good.log(p.next.cells, math.Inf(1))
		p.next.score = good - p.bad.log(p.next.cells, good-p.best.score)
	}
	if p.next.score <= p.best.score {
		return false
	}
	if a == nil {
		a = space.FromUnit(p.next.u)
	}
	if !space.Satisfies(a) || p.turn.Taken.Has(a) {
		return false
	}
	p.point = a
	p.best, p.next = p.next, p.best
	return true
}

// climb goes on from the best candidate to better ones beside it.
func (p *proposal) climb() {
	p.hold()
	if len(p.movable) == 0 {
		return
	}
	for range p.tuning.climb {
		p.change()
		if p.consider(true) {
			p.hold()
		}
	}
}

// hold prepares for candidates beside the best.
func (p *proposal) hold() {
	p.good.hold(p.best.cells)
	p.bad.hold(p.best.cells)
	p.movable = p.movable[:0]
	for j := range p.memory.columns {
		if !p.memory.columns[j].categorical && !math.IsNaN(p.best.cells[j].u) {
			p.movable = append(p.movable, j)
		}
	}
}

// draw makes a candidate from the density of the good.
func (p *proposal) draw() {
	kernel := p.kernel()
	for j := range p.memory.columns {
		p.put(j, p.coordinate(j, kernel))
	}
}

// kernel chooses one of the good trials, or -1 for the uniform kernel.
func (p *proposal) kernel() int {
	x := p.rng.Float64() * (float64(len(p.goods)) + p.tuning.prior)
	if x < p.tuning.prior {
		return -1
	}
	x -= p.tuning.prior
	for i, w := range p.weights {
		if x -= w; x < 0 {
			return i
		}
	}
	return 0
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
	one := p.movable[p.rng.IntN(len(p.movable))]
	reach := p.tuning.reach * math.Exp2(-6*p.rng.Float64())
	for _, j := range p.movable {
		if j != one && p.rng.Float64() >= p.tuning.move {
			continue
		}
		c := &p.memory.columns[j]
		far := reach
		if c.values > 0 {
			far = max(far, 1/float64(c.values))
		}
		p.put(j, min(max(p.best.u[c.parameter]+far*p.rng.NormFloat64(), 0), 1))
	}
}

// put gives the candidate a coordinate in one column.
func (p *proposal) put(j int, u float64) {
	c := &p.memory.columns[j]
	at, k := c.snap(u)
	p.next.u[c.parameter] = at
	p.next.cells[j] = cell{u: at, k: k}
}
