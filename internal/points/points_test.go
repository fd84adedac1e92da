package points_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/points"
)

func compile(t require.TestingT, parameters ...hone.Parameter) *hone.Space {
	space, err := hone.NewSpace(parameters...).Compile(nil)
	require.NoError(t, err)
	return space
}

func at(n int) hone.Assignments {
	return hone.Assignments{{Parameter: "n", Value: hone.Number(float64(n))}}
}

func history(id string, ns ...int) hone.History {
	h := hone.NewHistory(id)
	for i, n := range ns {
		h = h.Append(hone.Outcome{Number: i + 1, Parameters: at(n)})
	}
	return h
}

// The index is asked about views of histories in any order, and must answer as one that has just been made.
func TestAnIndexAnswersForAnyView(t *testing.T) {
	histories := []hone.History{history("a", 1, 2, 1, 3, 4), history("b", 4, 4, 5), history("", 6, 7)}
	rapid.Check(t, func(t *rapid.T) {
		var kept points.Index
		for range rapid.IntRange(1, 8).Draw(t, "asks") {
			h := rapid.SampledFrom(histories).Draw(t, "history")
			h = hone.NewHistory(h.ID(), h.Outcomes()[:rapid.IntRange(0, h.Len()).Draw(t, "length")]...)
			pending := []hone.Pending{{Number: 9, Parameters: at(8)}}
			taken := kept.Taken(h, pending)
			for n := range 10 {
				want := n == 8
				for _, o := range h.Outcomes() {
					want = want || o.Parameters.Equal(at(n))
				}
				require.Equal(t, want, taken.Has(at(n)))
			}
		}
	})
}

// The keys of pending points are kept from one request to the next; a number may come with another point.
func TestPendingPointsMayChange(t *testing.T) {
	all := []hone.Assignments{nil, at(1), at(2), at(3), append(at(3), hone.Assignment{Parameter: "m", Value: hone.Number(1)})}
	all = append(all, all[4][:1])
	rapid.Check(t, func(t *rapid.T) {
		var kept points.Index
		for range rapid.IntRange(1, 8).Draw(t, "asks") {
			var pending []hone.Pending
			for i := range rapid.IntRange(0, 200).Draw(t, "pending") {
				pending = append(pending, hone.Pending{Number: i, Parameters: rapid.SampledFrom(all).Draw(t, "point")})
			}
			taken := kept.Taken(hone.NewHistory("a"), pending)
			for _, a := range all {
				want := slices.ContainsFunc(pending, func(p hone.Pending) bool { return p.Parameters.Equal(a) })
				require.Equal(t, want, taken.Has(a), "%v", a)
			}
		}
	})
}

func TestADrawFindsTheLastFreePoint(t *testing.T) {
	space := compile(t, hone.Int("n", 0, 99_999))
	var index points.Index
	h := hone.NewHistory("h")
	for n := range 100_000 {
		if n != 777 {
			h = h.Append(hone.Outcome{Parameters: at(n)})
		}
	}
	taken := index.Taken(h, nil)
	a, ok, err := points.Draw(context.Background(), space, taken, points.Stream(1, 1, 1))
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, at(777), a)
	taken.Add(a)
	_, ok, err = points.Draw(context.Background(), space, taken, points.Stream(1, 1, 1))
	require.NoError(t, err)
	require.False(t, ok)
}

// Every free point of a finite space has a chance, and about the same one when the cube's chances are equal.
func TestDrawsAreFair(t *testing.T) {
	space := compile(t, hone.Int("n", 0, 9))
	var index points.Index
	taken := index.Taken(history("h", 0, 1, 2, 3, 4), nil)
	count := map[string]int{}
	for i := range 2000 {
		a, ok, err := points.Draw(context.Background(), space, taken, points.Stream(3, i, 1))
		require.True(t, ok && err == nil)
		count[a.String()]++
	}
	require.Len(t, count, 5)
	for a, n := range count {
		require.InDelta(t, 400, n, 100, a)
	}
}

// narrow holds in a strip that hardly any draw meets.
type narrow struct{}

func (narrow) String() string       { return "narrow" }
func (narrow) Parameters() []string { return []string{"x", "y"} }
func (narrow) Holds(a hone.Assignments) bool {
	x, y := a[0].Value.Float(), a[1].Value.Float()
	return x > 0.5 && x < 0.5+1e-7 && y < 0.01
}

func (narrow) CompileConstraint(string, []hone.Parameter) (hone.Constraint, error) {
	return narrow{}, nil
}

// Such a space is accepted because of its initial point; the others are found from there.
func TestADrawReachesWhatOnlyAnInitialPointShows(t *testing.T) {
	space, err := hone.NewSpace(hone.Double("x", 0, 1), hone.Double("y", 0, 1)).Where("narrow").Compile(narrow{})
	require.NoError(t, err)
	known := hone.Assignments{{Parameter: "x", Value: hone.Number(0.5 + 5e-8)}, {Parameter: "y", Value: hone.Number(0.005)}}
	var index points.Index
	taken := index.Taken(hone.NewHistory("h"), []hone.Pending{{Number: 1, Parameters: known}})
	a, ok, err := points.Draw(context.Background(), space, taken, points.Stream(1, 2, 1))
	require.NoError(t, err)
	require.True(t, ok)
	require.NoError(t, space.Check(a))
	require.False(t, a.Equal(known))
}

func TestADrawEndsWithItsContext(t *testing.T) {
	space, err := hone.NewSpace(hone.Double("x", 0, 1), hone.Double("y", 0, 1)).Where("narrow").Compile(narrow{})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var index points.Index
	_, _, err = points.Draw(ctx, space, index.Taken(hone.NewHistory("h"), nil), points.Stream(1, 2, 1))
	require.ErrorIs(t, err, context.Canceled)
}

// A cursor that has been used gives what a fresh one gives, while trials end, are withdrawn and come back.
func TestACursorForgetsNothingAndNobody(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		// A sequence with repetitions and gaps.
		values := rapid.SliceOfN(rapid.IntRange(-3, 20), 1, 60).Draw(t, "values")
		seq := points.Sequence{End: uint64(len(values)), At: func(place uint64) (hone.Assignments, bool) {
			return at(values[place]), values[place] >= 0
		}}
		var index points.Index
		var kept points.Cursor
		h := hone.NewHistory("h0")
		var pending []hone.Pending
		for step := range rapid.IntRange(1, 40).Draw(t, "steps") {
			switch rapid.IntRange(0, 4).Draw(t, "what") {
			case 0, 1: // ask
				taken := index.Taken(h, pending)
				got, ok, err := kept.Next(context.Background(), taken, seq)
				require.NoError(t, err)
				var fresh points.Cursor
				want, wantOK, err := fresh.Next(context.Background(), taken, seq)
				require.NoError(t, err)
				require.Equal(t, wantOK, ok)
				require.Equal(t, want, got)
				if ok {
					pending = append(pending, hone.Pending{Parameters: got})
				}
			case 2: // one ends
				if len(pending) > 0 {
					i := rapid.IntRange(0, len(pending)-1).Draw(t, "which")
					h = h.Append(hone.Outcome{Parameters: pending[i].Parameters})
					pending = append(pending[:i:i], pending[i+1:]...)
				}
			case 3: // one is withdrawn
				if len(pending) > 0 {
					pending = pending[:len(pending)-1]
				}
			case 4: // one leaves the history
				if n := h.Len(); n > 0 {
					h = hone.NewHistory(fmt.Sprint("h", step+1), append([]hone.Outcome(nil), h.Outcomes()[1:]...)...)
				}
			}
		}
	})
}

func TestStreamsDependOnAllThatNamesThem(t *testing.T) {
	first := func(r *rand.Rand) uint64 { return r.Uint64() }
	require.Equal(t, first(points.Stream(1, 2, 3)), first(points.Stream(1, 2, 3)))
	seen := map[uint64]bool{}
	for seed := range uint64(10) {
		for number := range 10 {
			for purpose := range uint64(10) {
				seen[first(points.Stream(seed, number, purpose))] = true
			}
		}
	}
	require.Len(t, seen, 1000)
}
