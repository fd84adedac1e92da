package start_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/algorithms/algorithmtest"
	"github.com/hone-tuner/hone/algorithms/internal/start"
	"github.com/hone-tuner/hone/internal/points"
)

// first lists the first points of a design, each free while the ones before it are pending.
func first(t *testing.T, space *hone.Space, seed uint64, n int) (all []hone.Assignments) {
	design := start.New(space, seed, 1)
	var index points.Index
	r := hone.Request{Space: space, Seed: seed, Number: 1, Count: n, History: hone.NewHistory("h")}
	got, err := index.Each(context.Background(), r, func(ctx context.Context, turn points.Turn) (hone.Suggestion, bool, error) {
		a, ok, err := design.Next(ctx, turn)
		return hone.Suggestion{Parameters: a}, ok, err
	})
	require.NoError(t, err)
	for _, s := range got {
		all = append(all, s.Parameters)
	}
	return all
}

func TestTheCentreComesFirstAndTheRestIsSpread(t *testing.T) {
	space := algorithmtest.Compile(hone.NewSpace(hone.Double("x", 0, 1), hone.Double("y", 0, 1)))
	all := first(t, space, 7, 17)
	require.Equal(t, []float64{0.5, 0.5}, space.ToUnit(all[0]))
	var quarters [4]int
	for _, a := range all[1:] {
		u := space.ToUnit(a)
		quarters[int(2*u[0])+2*int(2*u[1])]++
	}
	require.Equal(t, [4]int{4, 4, 4, 4}, quarters)
	require.NotEqual(t, all[1], first(t, space, 8, 2)[1], "the seed matters")
}

func TestASmallSpaceIsUsedUp(t *testing.T) {
	space := algorithmtest.Compile(hone.NewSpace(hone.Int("n", 1, 5), hone.Categorical("c", "a", "b")))
	require.Len(t, first(t, space, 1, 12), 10)
}
