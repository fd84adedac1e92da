package bayesian

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/diff/fd"
	"pgregory.net/rapid"

	"github.com/hone-tuner/hone"
)

func TestTheGradientOfPassing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		mean, sigma := rapid.Float64Range(-3, 3).Draw(t, "mean"), rapid.Float64Range(0.2, 2).Draw(t, "sigma")
		_, byMean, bySigma := passing(mean, sigma)
		want := fd.Gradient(nil, func(z []float64) float64 { v, _, _ := passing(z[0], z[1]); return v }, []float64{mean, sigma}, &fd.Settings{Formula: fd.Central})
		require.InDelta(t, want[0], byMean, 1e-4*(1+math.Abs(want[0])))
		require.InDelta(t, want[1], bySigma, 1e-4*(1+math.Abs(want[1])))
	})
}

// Half of the square has no values, and what has values gets better towards it.
func TestFailuresTeachWhereNotToGo(t *testing.T) {
	space, err := hone.NewSpace(hone.Double("x", 0, 1), hone.Double("y", 0, 1)).Compile(nil)
	require.NoError(t, err)
	algorithm, err := New(nil)
	require.NoError(t, err)
	r := hone.Request{Space: space, Objective: hone.Objective{Metric: "f", Goal: hone.Minimize}, Seed: 3, Count: 1, History: hone.NewHistory("h")}
	failed := map[bool]int{}
	for n := range 40 {
		r.Number = n + 1
		got, err := algorithm.Suggest(context.Background(), r)
		require.NoError(t, err)
		a := got[0].Parameters
		x, y := a[0].Value.Float(), a[1].Value.Float()
		o := hone.Outcome{Number: r.Number, Parameters: a, State: hone.TrialSucceeded, Value: 1 - x + (y-0.3)*(y-0.3), Finished: n}
		if x > 0.55 {
			o.Value, o.State = math.NaN(), hone.TrialFailed
			failed[n >= 20]++
		}
		r.History = r.History.Append(o)
	}
	require.LessOrEqual(t, failed[true], 16, fmt.Sprint("the border is known by now: ", failed))
	require.Positive(t, failed[false])
}
