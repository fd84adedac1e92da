package points

import (
	"context"
	"slices"

	"github.com/hone-tuner/hone"
)

// Turn is a request for exactly one suggestion. The ones of a batch before it are among the pending.
type Turn struct {
	hone.Request
	// Taken has the points of the history and of the pending.
	Taken *Taken
}

// Each answers a request by calling one for each suggestion in turn, until it reports that there are no
// more points.
func (x *Index) Each(ctx context.Context, r hone.Request, one func(context.Context, Turn) (hone.Suggestion, bool, error)) ([]hone.Suggestion, error) {
	turn := Turn{Request: r, Taken: x.Taken(r.History, r.Pending)}
	turn.Count = 1
	turn.Pending = slices.Clip(r.Pending)
	var all []hone.Suggestion
	for range r.Count {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		s, ok, err := one(ctx, turn)
		if err != nil {
			return nil, err
		}
		if !ok {
			break
		}
		all = append(all, s)
		turn.Pending = append(turn.Pending, hone.Pending{Number: turn.Number, Parameters: s.Parameters, Labels: s.Labels})
		turn.Taken.Add(s.Parameters)
		turn.Number++
	}
	return all, nil
}
