package bayesian

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/algorithms/internal/gp"
)

func TestAPlaceInTheCubeIsSeenAsThePointThere(t *testing.T) {
	space, err := hone.NewSpace(hone.Int("layers", 1, 3), hone.Categorical("only", "x"), hone.Categorical("kind", "a", "b", "c"),
		hone.Double("lr", 1e-5, 1).Log(), hone.Int("n", 1, 500).Log(), hone.Int("huge", 0, 1<<40), hone.Double("s", 0, 1).By(0.15),
		hone.Discrete("batch", 16, 64, 1024), hone.Double("momentum", 0, 1).When("kind", "a", "c"),
		hone.Int("width", 1, 8).When("layers", 2, 3).When("kind", "c"), hone.Categorical("norm", true, false).When("layers", 3),
		hone.Double("deep", 0, 1).When("norm", true), hone.Int("odd", 0, 9).When("huge", 0, 1)).Compile(nil)
	require.NoError(t, err)
	e := newEncoder(space)
	rapid.Check(t, func(t *rapid.T) {
		u := rapid.SliceOfN(rapid.Float64Range(0, 1), space.Len(), space.Len()).Draw(t, "u")
		if rapid.Bool().Draw(t, "small") {
			u[5] = 0
		}
		x, on := make([]float64, len(e.features)), make([]bool, space.Len())
		e.place(u, x, on)
		a := space.FromUnit(u)
		want := e.encode(a)
		for k, f := range e.features {
			_, active := a.Get(f.p.Name)
			require.Equal(t, active, on[f.parameter], f.p.Name)
			switch {
			case active:
				require.InDelta(t, want[k], x[k], 1e-9, f.p.Name)
			case f.kind == gp.Category:
				require.Equal(t, []float64{inactive, inactive}, []float64{want[k], x[k]}, f.p.Name)
			default:
				require.True(t, math.IsNaN(x[k]) && math.IsNaN(want[k]), f.p.Name)
			}
		}
	})
}

func TestNumbersThatAreAlwaysThereComeFirst(t *testing.T) {
	space, err := hone.NewSpace(hone.Categorical("kind", "a", "b"), hone.Double("m", 0, 1).When("kind", "a"), hone.Double("x", 0, 1)).Compile(nil)
	require.NoError(t, err)
	require.Equal(t, []gp.Kind{gp.Number, gp.Optional, gp.Category}, newEncoder(space).kinds)
}
