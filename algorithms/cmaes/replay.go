package cmaes

import (
	"context"
	"math"
	"slices"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/points"
)

// remembered is how many distributions of a run are kept, so that trials that end late are known by the one
// that they were drawn from.
const remembered = 32

// replay is the state that follows from a history. It is a cache: another one that follows the same history is
// the same.
type replay struct {
	options options
	*coordinates
	seed      uint64
	objective hone.Objective
	start     int // length of the history when the first generation began

	id  string
	n   int // entries of the history that the state has taken in
	run *run
	schedule
	past    [remembered]remembrance // by generation modulo its length
	members []member                // of the present generation, which closes when they are as many as its population
	guests  []member                // the best that others have proposed since the last generation
	best    float64                 // cost
	anchor  hone.Assignments
}

type remembrance struct {
	run, generation int
	from            *distribution
}

func newReplay(o options, turn points.Turn, start int) *replay {
	s := &replay{options: o, coordinates: newCoordinates(turn.Space), seed: turn.Seed, objective: turn.Objective, start: start,
		id: turn.History.ID(), best: math.Inf(1)}
	if s.options.population == 0 {
		s.options.population = population(len(s.axes) + len(s.categories))
	}
	return s
}

// serves reports whether the state is one of a beginning of the request's history.
func (s *replay) serves(turn points.Turn, start int) bool {
	return s.space == turn.Space && s.seed == turn.Seed && s.objective.Goal == turn.Objective.Goal && s.start == start &&
		s.id != "" && s.id == turn.History.ID() && s.n <= turn.History.Len() && s.n >= start
}

// follow takes in what is new in the history.
func (s *replay) follow(ctx context.Context, h hone.History) error {
	for ; s.n < h.Len(); s.n++ {
		if s.n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if s.n == s.start {
			s.first(h)
		}
		s.take(h.At(s.n))
	}
	if s.run == nil {
		s.first(h)
	}
	return nil
}

// begin starts a run.
func (s *replay) begin(r *run) {
	s.run = r
	s.members, s.guests = nil, nil
	s.remember()
}

func (s *replay) remember() {
	s.past[s.run.generation%remembered] = remembrance{s.restarts, s.run.generation, s.run.present}
}

// take takes in one outcome.
func (s *replay) take(o hone.Outcome) {
	cost := math.NaN()
	if o.Feasible() {
		cost = s.objective.Cost(o.Value)
		if cost < s.best || s.anchor == nil {
			s.best, s.anchor = cost, o.Parameters
		}
	}
	if s.run == nil {
		return // what came before the first generation is looked at when that begins
	}
	from, own := ownOrigin(o)
	if own {
		s.catchUp(from)
	}
	switch {
	case own && from.run < s.restarts:
		return // of a run that is over: it would draw this one back to where that ended
	case !own || from.run > s.restarts:
		s.invite(s.memberOf(o, cost, origin{draw: notDrawn}))
		return
	}
	s.members = append(s.members, s.memberOf(o, cost, from))
	if s.discrete == len(s.axes) && (from.draw == notDrawn || from.draw >= manyDraws) {
		s.run.ending.trouble++
	}
	s.evaluations++
	if len(s.members) >= s.run.lambda {
		s.close()
	}
}

// catchUp goes on to the generation or the run that a member was drawn from, when they began later in the
// history than they did at that time: an entry has been taken out of it for a retry.
func (s *replay) catchUp(from origin) {
	switch {
	case from.run == s.restarts+1 && s.options.restarts != restartNone:
		s.restart()
	case from.run == s.restarts && from.generation > s.run.generation:
		if s.close(); from.run == s.restarts {
			s.run.generation = from.generation
			s.remember()
		}
	}
}

// remembered is the distribution that a draw is from; nil when it is forgotten, or when there is none.
func (s *replay) remembered(from origin) *distribution {
	p := s.past[from.generation%remembered]
	if p.run != from.run || p.generation != from.generation {
		return nil
	}
	return p.from
}

// invite keeps the best guests, a quarter of a generation.
func (s *replay) invite(m member) {
	if math.IsNaN(m.cost) {
		return
	}
	s.guests = append(s.guests, m)
	rank(s.guests)
	s.guests = s.guests[:min(len(s.guests), max(1, s.run.lambda/4))]
}

// close ends a generation, and the run with it when it has converged.
func (s *replay) close() {
	s.run.update(slices.Concat(s.members, s.guests))
	s.stay()
	if s.options.restarts != restartNone && (s.run.ended() || s.spent()) {
		s.restart()
		return
	}
	s.remember()
}

// stay keeps the guests that are better than all members of the generation.
func (s *replay) stay() {
	best := math.Inf(1)
	for _, m := range s.members {
		if m.cost < best {
			best = m.cost
		}
	}
	kept := s.guests[:0]
	for _, m := range s.guests {
		if m.cost < best {
			kept = append(kept, m)
		}
	}
	s.members, s.guests = nil, kept
}

// memberOf finds out where in the distribution an outcome was drawn.
func (s *replay) memberOf(o hone.Outcome, cost float64, from origin) member {
	m := member{cost: cost, v: make([]float64, len(s.axes)), chosen: make([]int, len(s.categories))}
	var drawn []float64
	if p := s.remembered(from); p != nil && from.draw != notDrawn {
		m.own = p
		drawn, _ = s.draw(p, o.Number, from.draw)
	}
	mean := s.run.present.mean
	for j, a := range s.axes {
		value, active := o.Parameters.Get(a.p.Name)
		switch {
		case !active:
			if m.active == nil {
				m.active = make([]bool, len(s.axes))
				for k := range m.active {
					m.active[k] = true
				}
			}
			m.active[j] = false
			m.v[j] = mean[j]
			if drawn != nil {
				m.v[j] = drawn[j]
			}
		case a.values == 0:
			m.v[j] = s.near(s.space.Coordinate(a.parameter, value), mean[j], drawn, j)
		default:
			m.v[j] = s.within(a, value, mean[j], drawn, j)
		}
	}
	for j, g := range s.categories {
		m.chosen[j] = -1
		if value, active := o.Parameters.Get(g.p.Name); active {
			m.chosen[j] = g.p.Index(value)
		}
	}
	return m
}

// near is the drawn coordinate, if it means the same as u; else the coordinate that does and is nearest to the
// mean.
func (s *replay) near(u, mean float64, drawn []float64, j int) float64 {
	switch {
	case math.IsNaN(u): // a value of an earlier form of the space
		return mean
	case drawn != nil && math.Abs(mirror(drawn[j])-u) < 1e-9:
		return drawn[j]
	}
	return image(u, mean)
}

// within is the drawn coordinate, if it means the value; else the mean's, or the middle of the value.
func (s *replay) within(a axis, value hone.Value, mean float64, drawn []float64, j int) float64 {
	k := a.p.Index(value)
	if k < 0 {
		return mean
	}
	lo, hi := s.bin(a, k)
	switch {
	case drawn != nil && drawn[j] >= lo && drawn[j] <= hi:
		return drawn[j]
	case mean >= lo && mean <= hi:
		return mean
	}
	return s.middle(a, k)
}
