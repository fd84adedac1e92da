package points

import (
	"context"
	"math"

	"github.com/hone-tuner/hone"
)

// Cursor finds the first point of a sequence that is free. It remembers how far everything is used up, so
// that a request looks at what is new only. The zero value is ready for use; it belongs to one sequence.
type Cursor struct {
	id  string
	n   int    // length of the history when at was reached
	at  uint64 // every place before it is passed over, taken by the history, or in gap
	gap map[string]uint64
}

// Sequence is a list of points by place. ok is false for a place whose point breaks a constraint; end is
// the number of places, or one beyond which it is not worth looking.
type Sequence struct {
	At  func(place uint64) (point hone.Assignments, ok bool)
	End uint64
}

// Next returns the free point with the lowest place. false means that there is none before the end.
func (c *Cursor) Next(ctx context.Context, taken *Taken, seq Sequence) (hone.Assignments, bool, error) {
	h := taken.history
	if c.gap == nil || h.ID() == "" || c.id != h.ID() || h.Len() < c.n {
		*c = Cursor{id: h.ID(), gap: map[string]uint64{}}
	}
	c.n = h.Len()
	if a := c.freed(taken, seq); a != nil {
		return a, true, nil
	}
	for place := c.at; place < seq.End; place++ {
		if place%256 == 0 && ctx.Err() != nil {
			return nil, false, ctx.Err()
		}
		a, ok := seq.At(place)
		if !ok {
			c.at = place + 1
			continue
		}
		key := a.Key()
		switch {
		case taken.done(key):
		case taken.waits(key):
			if _, there := c.gap[key]; !there {
				c.gap[key] = place
			}
		default:
			c.at = place
			return a, true, nil
		}
		c.at = place + 1
	}
	return nil, false, nil
}

// freed looks through the places that were passed over because their points were pending. One that is
// neither pending nor in the history any more was withdrawn, and comes first.
func (c *Cursor) freed(taken *Taken, seq Sequence) hone.Assignments {
	lowest := uint64(math.MaxUint64)
	for key, place := range c.gap {
		switch {
		case taken.done(key):
			delete(c.gap, key)
		case !taken.waits(key) && place < seq.End:
			lowest = min(lowest, place)
		}
	}
	if lowest == math.MaxUint64 {
		return nil
	}
	a, _ := seq.At(lowest)
	return a
}
