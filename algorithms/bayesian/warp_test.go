package bayesian

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/hone-tuner/hone"
)

func TestWarpingKeepsTheOrder(t *testing.T) {
	value := rapid.OneOf(rapid.Float64Range(-10, 10), rapid.SampledFrom([]float64{0, 1, 1e-300, math.MaxFloat64, -math.MaxFloat64}))
	rapid.Check(t, func(t *rapid.T) {
		y := rapid.SliceOfN(value, 1, 30).Draw(t, "y")
		out := warp(y)
		for i := range y {
			require.False(t, math.IsNaN(out[i]) || math.IsInf(out[i], 0), "%v → %v", y, out)
			for j := range y {
				switch {
				case y[i] > y[j]:
					require.GreaterOrEqual(t, out[i], out[j])
				case y[i] == y[j]:
					require.Equal(t, out[i], out[j])
				}
			}
		}
	})
}

func TestADisasterDoesNotHideTheOthers(t *testing.T) {
	out := warp([]float64{1, 2, 3, 4, 5, 6, -1e12})
	require.Greater(t, out[5]-out[4], 0.2)
	require.Less(t, out[0]-out[6], 3.0)
}

func TestTheScheduleOfRefits(t *testing.T) {
	for n := 1; n < 3000; n++ {
		at := refitAt(n)
		require.LessOrEqual(t, at, n)
		require.Equal(t, at, refitAt(at), "a refit serves itself")
		require.GreaterOrEqual(t, refitAt(n+1), at)
		require.LessOrEqual(t, n-at, 60)
		if n <= 16 {
			require.Equal(t, n, at)
		}
	}
}

func TestTheSubsetHasTheBestAndAnEvenShareOfTheRest(t *testing.T) {
	h := hone.NewHistory("h")
	for i := range 5000 {
		value := float64((i*2654435761 + 7) % 5000)
		if i%10 == 3 {
			value = math.NaN()
		}
		h = h.Append(hone.Outcome{Number: i + 1, Value: value})
	}
	minimize := hone.Objective{Goal: hone.Minimize}
	rows := rowsOf(h, 4000, 100, minimize)
	require.Len(t, rows, 100)
	seen, failures, best := map[int]bool{}, 0, 0
	for k, i := range rows {
		require.True(t, i < 4000 && !seen[i] && (k == 0 || rows[k-1] < i))
		seen[i] = true
		switch v := h.At(i).Value; {
		case math.IsNaN(v):
			failures++
		case v < 75:
			best++
		}
	}
	require.Greater(t, failures, 2, "failures are part of it")
	require.Greater(t, best, 45)
	require.Equal(t, rows, rowsOf(h, 4000, 100, minimize))
	require.Equal(t, []int{0, 1, 2}, rowsOf(h, 3, 100, minimize))
}
