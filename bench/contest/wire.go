package contest

import (
	"math"
	"time"

	"github.com/hone-tuner/hone"
)

// The protocol between the contest and a peer: an object on a line, and one on a line in answer.

type startRequest struct {
	Op       string          `json:"op"`
	Space    []wireParameter `json:"space"`
	Seed     uint64          `json:"seed"`
	Budget   int             `json:"budget"`
	Parallel int             `json:"parallel"`
}

type askRequest struct {
	Op    string `json:"op"`
	Count int    `json:"count"`
}

type tellRequest struct {
	Op      string       `json:"op"`
	Results []wireResult `json:"results"`
}

type endRequest struct {
	Op string `json:"op"`
}

// wireResult has no value when the trial failed.
type wireResult struct {
	ID    int      `json:"id"`
	Value *float64 `json:"value"`
}

// timed is what answers have in common.
type timed struct {
	Seconds *float64 `json:"seconds"`
	Error   string   `json:"error"`
}

func (t timed) elapsed() time.Duration { return time.Duration(*t.Seconds * float64(time.Second)) }

// wireParameter describes a parameter. Its conditions must all hold; there may be none.
type wireParameter struct {
	Name   string          `json:"name"`
	Type   string          `json:"type"`
	Min    *float64        `json:"min,omitempty"`
	Max    *float64        `json:"max,omitempty"`
	Log    bool            `json:"log,omitempty"`
	Step   float64         `json:"step,omitempty"`
	Values []hone.Value    `json:"values,omitempty"`
	When   []wireCondition `json:"when,omitempty"`
}

type wireCondition struct {
	Parameter string       `json:"parameter"`
	Values    []hone.Value `json:"values"`
}

func wireSpace(s *hone.Space) []wireParameter {
	out := make([]wireParameter, 0, s.Len())
	for _, p := range s.Parameters() {
		w := wireParameter{Name: p.Name, Type: string(p.Type), Log: p.Scale == hone.LogScale, Step: p.Step, Values: p.Values}
		if p.Type == hone.DoubleType || p.Type == hone.IntType {
			w.Min, w.Max = &p.Min, &p.Max
		}
		for _, c := range p.Conditions {
			w.When = append(w.When, wireCondition(c))
		}
		out = append(out, w)
	}
	return out
}

// rounding is how far, as a share of its range, a double may lie outside for having been computed.
const rounding = 1e-9

// pointOf makes a point of what a peer proposes: a value for every active parameter, and none for the others.
func pointOf(s *hone.Space, given map[string]hone.Value) (hone.Assignments, error) {
	values := make(map[string]hone.Value, len(given))
	for name, v := range given {
		if i := s.Lookup(name); i >= 0 {
			v = clip(s.Parameters()[i], v)
		}
		values[name] = v
	}
	return s.Exact(values)
}

func clip(p hone.Parameter, v hone.Value) hone.Value {
	if !p.Continuous() || v.Kind() != hone.NumberValue {
		return v
	}
	x := math.Min(math.Max(v.Float(), p.Min), p.Max)
	if math.Abs(x-v.Float()) > rounding*(p.Max-p.Min) {
		return v
	}
	return hone.Number(x)
}
