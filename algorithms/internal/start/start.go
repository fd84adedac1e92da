// Package start proposes the points that an algorithm tries before it has learned anything: the centre of the space,
// then a scrambled Sobol sequence. New is its entry point.
//
// It imports the root, internal/points and its sibling lowdisc.
package start

import (
	"context"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/algorithms/internal/lowdisc"
	"github.com/hone-tuner/hone/internal/points"
)

// Design is the sequence of starting points of one experiment. It is used by one goroutine at a time.
type Design struct {
	space    *hone.Space
	purpose  uint64
	sequence *lowdisc.Sequence
	cursor   points.Cursor
}

// New makes the design of a space and a seed. purpose sets its randomness apart from other uses of the seed.
func New(space *hone.Space, seed, purpose uint64) *Design {
	return &Design{space: space, purpose: purpose, sequence: lowdisc.New(space.Len(), seed^points.Mix(purpose))}
}

// Next returns the first point of the design that is free and satisfies the constraints, or, where these are too
// tight for the sequence, one that is drawn. false means that the space has no free point.
func (d *Design) Next(ctx context.Context, turn points.Turn) (hone.Assignments, bool, error) {
	a, ok, err := d.cursor.Next(ctx, turn.Taken, d.points(turn))
	if ok || err != nil {
		return a, ok, err
	}
	return points.Draw(ctx, turn.Space, turn.Taken, points.Stream(turn.Seed, turn.Number, d.purpose))
}

// points are the centre and the sequence, as far as it is worth looking.
func (d *Design) points(turn points.Turn) points.Sequence {
	u := make([]float64, d.space.Len())
	return points.Sequence{
		End: 1024 + 8*uint64(turn.History.Len()+len(turn.Pending)),
		At: func(place uint64) (hone.Assignments, bool) {
			if place == 0 {
				for i := range u {
					u[i] = 0.5
				}
			} else {
				d.sequence.Point(uint32(place-1), u)
			}
			a := d.space.FromUnit(u)
			return a, d.space.Satisfies(a)
		},
	}
}
