package hone_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/hone-tuner/hone"
)

func curveOf(metric string, values ...float64) []hone.Measurement {
	ms := make([]hone.Measurement, len(values))
	for i, v := range values {
		ms[i] = at(metric, int64(i+1), v)
		ms[i].Time = moment(int64(i))
	}
	return ms
}

func TestAnObservation(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for name, c := range map[string]struct {
		goal   hone.Goal
		reduce hone.Reduce
		values []float64
		want   float64
		loss   float64 // of 10, 20, 30, …: at the step of the value, else the last one
	}{
		"best is the default":               {hone.Maximize, "", []float64{1, 3, 2}, 3, 20},
		"best of a minimum":                 {hone.Minimize, hone.ReduceBest, []float64{2, 1, 3}, 1, 20},
		"best is the first of equals":       {hone.Maximize, hone.ReduceBest, []float64{1, 3, 3}, 3, 20},
		"best looks at finite ones only":    {hone.Maximize, hone.ReduceBest, []float64{inf, 1, nan}, 1, 20},
		"best of a minimum, finite only":    {hone.Minimize, hone.ReduceBest, []float64{math.Inf(-1), 5, nan}, 5, 20},
		"last takes what came last":         {hone.Maximize, hone.ReduceLast, []float64{3, 2, 1}, 1, 30},
		"last takes it also when infinite":  {hone.Maximize, hone.ReduceLast, []float64{3, 2, inf}, inf, 30},
		"last takes it also when NaN":       {hone.Maximize, hone.ReduceLast, []float64{3, 2, nan}, nan, 30},
		"min, though the goal is a maximum": {hone.Maximize, hone.ReduceMin, []float64{3, 1, nan}, 1, 20},
		"max, though the goal is a minimum": {hone.Minimize, hone.ReduceMax, []float64{3, 1, inf}, 3, 10},
		"mean of the finite ones":           {hone.Maximize, hone.ReduceMean, []float64{1, nan, 3}, 2, 30},
		"nothing finite":                    {hone.Maximize, hone.ReduceBest, []float64{nan, inf}, nan, 20},
		"no mean of nothing finite":         {hone.Maximize, hone.ReduceMean, []float64{nan, inf}, nan, 20},
	} {
		t.Run(name, func(t *testing.T) {
			var loss []float64
			for i := range c.values {
				loss = append(loss, float64(i+1)*10)
			}
			o := hone.Objective{Metric: "accuracy", Goal: c.goal, Reduce: c.reduce}
			got := hone.Observe(o, append(curveOf("accuracy", c.values...), curveOf("loss", loss...)...))
			require.True(t, got.Found)
			requireFloat(t, c.want, got.Value)
			requireFloat(t, c.want, got.Metrics["accuracy"])
			requireFloat(t, c.loss, got.Metrics["loss"])
			require.Len(t, got.Metrics, 2)
		})
	}
}

func requireFloat(t require.TestingT, want float64, got hone.Float) {
	if math.IsNaN(want) {
		require.True(t, math.IsNaN(float64(got)), "%v", got)
		return
	}
	require.Equal(t, hone.Float(want), got)
}

func TestAnObservationWithoutTheObjective(t *testing.T) {
	got := hone.Observe(hone.Objective{Metric: "accuracy", Goal: hone.Maximize}, curveOf("loss", 3, 2))
	require.False(t, got.Found)
	requireFloat(t, math.NaN(), got.Value)
	require.Equal(t, map[string]hone.Float{"loss": 2}, got.Metrics)
	for _, reduce := range []hone.Reduce{hone.ReduceBest, hone.ReduceLast, hone.ReduceMin, hone.ReduceMax, hone.ReduceMean} {
		requireFloat(t, math.NaN(), hone.Observe(hone.Objective{Metric: "accuracy", Reduce: reduce}, nil).Value)
	}
}

func TestLastGoesByTimeThenStep(t *testing.T) {
	o := hone.Objective{Metric: "a", Goal: hone.Maximize, Reduce: hone.ReduceLast}
	when := func(step int64, seconds int64, value float64) hone.Measurement {
		m := at("a", step, value)
		m.Time = moment(seconds)
		return m
	}
	require.Equal(t, hone.Float(1), hone.Observe(o, []hone.Measurement{when(1, 9, 1), when(2, 5, 2)}).Value, "a step may come late")
	require.Equal(t, hone.Float(2), hone.Observe(o, []hone.Measurement{when(1, 5, 1), when(2, 5, 2), when(3, 1, 3)}).Value, "of one time, the higher step")
	zero := curveOf("a", 1, 2, 3)
	for i := range zero {
		zero[i].Time = time.Time{}
	}
	require.Equal(t, hone.Float(3), hone.Observe(o, zero).Value, "without times, the highest step")
}

func TestMetricsAreTakenAtTheStepOfTheObjective(t *testing.T) {
	o := hone.Objective{Metric: "accuracy", Goal: hone.Maximize}
	readings := append(curveOf("accuracy", 0.1, 0.9, 0.5), at("loss", 2, 7), at("loss", 3, 1), at("rare", 1, 4), at("rare", 3, 5))
	require.Equal(t, map[string]hone.Float{"accuracy": 0.9, "loss": 7, "rare": 5}, hone.Observe(o, readings).Metrics)
}

func TestWhatIsNotFiniteIsNeverBest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1)})), 1, 10).Draw(t, "values")
		o := hone.Objective{Metric: "a", Goal: rapid.SampledFrom([]hone.Goal{hone.Maximize, hone.Minimize}).Draw(t, "goal")}
		got := hone.Observe(o, curveOf("a", values...)).Value
		finite := 0
		for _, v := range values {
			if hone.Float(v).Finite() {
				finite++
				require.False(t, o.Better(v, float64(got)))
			}
		}
		require.Equal(t, finite > 0, got.Finite())
		target := rapid.Float64().Draw(t, "target")
		o.Target = &target
		for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			require.False(t, o.Reached(v))
			require.False(t, o.Better(v, 0))
			require.True(t, o.Better(0, v))
		}
		require.True(t, o.Reached(target))
	})
}
