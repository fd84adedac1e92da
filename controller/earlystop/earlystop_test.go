package earlystop_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/controller/earlystop"
)

func curve(values ...float64) []hone.Measurement {
	out := make([]hone.Measurement, len(values))
	for i, v := range values {
		step := int64(i + 1)
		out[i] = hone.Measurement{Metric: "m", Value: hone.Float(v), Step: &step}
	}
	return out
}

func rule(t require.TestingT, name string, goal hone.Goal, settings map[string]hone.Value) hone.EarlyStopper {
	s, err := earlystop.New(hone.EarlyStoppingSpec{Name: name, Settings: settings}, hone.Objective{Metric: "m", Goal: goal})
	require.NoError(t, err)
	return s
}

func set(name string, x float64) map[string]hone.Value {
	return map[string]hone.Value{name: hone.Number(x)}
}

func TestNoneStopsNothing(t *testing.T) {
	for _, name := range []string{"", "none"} {
		s, err := earlystop.New(hone.EarlyStoppingSpec{Name: name}, hone.Objective{})
		require.NoError(t, err)
		require.Nil(t, s)
	}
	_, err := earlystop.New(hone.EarlyStoppingSpec{Name: "nope"}, hone.Objective{})
	require.ErrorIs(t, err, hone.InvalidArgument)
}

func TestMedianIsAMedianAndNotAMean(t *testing.T) {
	s := rule(t, "median", hone.Maximize, set("startTrials", 3))
	for _, v := range []float64{0.5, 0.6, 100} {
		s.Finished(curve(v, v))
	}
	require.False(t, s.Judge(curve(0.6)).Stop, "as good as the median is good enough")
	require.False(t, s.Judge(curve(0.61)).Stop)
	v := s.Judge(curve(0.59))
	require.True(t, v.Stop)
	require.Contains(t, v.Why, "0.6")
}

func TestMedianComparesAtTheSameStep(t *testing.T) {
	s := rule(t, "median", hone.Maximize, set("startTrials", 1))
	s.Finished(curve(0.1, 0.5, 0.9)) // running averages 0.1, 0.3, 0.5
	require.False(t, s.Judge(curve(0.1)).Stop)
	require.True(t, s.Judge(curve(0.1, 0.2)).Stop)
	require.False(t, s.Judge(curve(0.4, 0.2)).Stop, "its best so far counts, not its latest")
}

func TestMedianWaitsForTrialsAndSteps(t *testing.T) {
	s := rule(t, "median", hone.Minimize, map[string]hone.Value{"warmupSteps": hone.Number(2)})
	for range 4 {
		s.Finished(curve(1, 1, 1))
	}
	require.False(t, s.Judge(curve(9, 9, 9)).Stop, "four trials are fewer than five")
	s.Finished(curve(1, 1, 1))
	require.False(t, s.Judge(curve(9, 9)).Stop, "two steps are for warming up")
	require.True(t, s.Judge(curve(9, 9, 9)).Stop)
	require.False(t, s.Judge(nil).Stop)
}

func TestMedianLearnsWhileTrialsRun(t *testing.T) {
	s := rule(t, "median", hone.Maximize, set("startTrials", 1))
	require.False(t, s.Judge(curve(0.2)).Stop)
	s.Finished(curve(0.5))
	require.True(t, s.Judge(curve(0.2)).Stop)
}

func TestMedianAfterNaN(t *testing.T) {
	s := rule(t, "median", hone.Maximize, set("startTrials", 1))
	s.Finished(curve(math.NaN(), 0.5))
	require.False(t, s.Judge(curve(math.NaN())).Stop, "no finished trial has a finite reading by step 1")
	require.True(t, s.Judge(curve(math.NaN(), math.NaN())).Stop)
}

func TestPlateau(t *testing.T) {
	s := rule(t, "plateau", hone.Minimize, set("patience", 3))
	require.False(t, s.Judge(curve(5, 4, 4, 4)).Stop)
	require.True(t, s.Judge(curve(5, 4, 4, 4, 4)).Stop)
	require.False(t, s.Judge(curve(5, 4, 4, 4, 3.9)).Stop)
	require.True(t, s.Judge(curve(math.NaN(), math.Inf(1), math.NaN())).Stop)
	s = rule(t, "plateau", hone.Minimize, map[string]hone.Value{"patience": hone.Number(2), "minImprovement": hone.Number(0.5)})
	require.True(t, s.Judge(curve(5, 4.9, 4.8)).Stop, "small steps are none")
	require.False(t, s.Judge(curve(5, 4.9, 4.5)).Stop, "they add up")
}

func TestThreshold(t *testing.T) {
	s := rule(t, "threshold", hone.Maximize, map[string]hone.Value{"lower": hone.Number(0.2), "upper": hone.Number(0.9), "warmupSteps": hone.Number(1)})
	require.False(t, s.Judge(curve(0.1)).Stop)
	require.True(t, s.Judge(curve(0.1, 0.1)).Stop)
	require.False(t, s.Judge(curve(0.1, 0.2, 0.9)).Stop)
	require.True(t, s.Judge(curve(0.1, 0.91)).Stop)
	require.True(t, s.Judge(curve(0.1, math.NaN())).Stop)
}

// TestTheBestIsNeverStoppedByMedian holds for every history: a trial that is at least as good at every
// step as all others is never given up.
func TestTheBestIsNeverStoppedByMedian(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rule(t, "median", hone.Maximize, set("startTrials", 1))
		n := rapid.IntRange(1, 8).Draw(t, "steps")
		top := make([]float64, n)
		for i := range top {
			top[i] = math.Inf(-1)
		}
		for range rapid.IntRange(1, 9).Draw(t, "trials") {
			values := rapid.SliceOfN(rapid.Float64Range(-1, 1), n, n).Draw(t, "values")
			for i, v := range values {
				top[i] = math.Max(top[i], v)
			}
			s.Finished(curve(values...))
		}
		for i := range top {
			require.False(t, s.Judge(curve(top[:i+1]...)).Stop)
		}
	})
}

func TestBuiltinDescribesEveryRule(t *testing.T) {
	for _, c := range earlystop.Builtin() {
		require.NotEmpty(t, c.Summary, c.Name)
		for _, s := range c.Settings {
			require.NotEmpty(t, s.Summary, c.Name+"."+s.Name)
			require.NotEmpty(t, s.Type)
		}
		_, err := earlystop.New(hone.EarlyStoppingSpec{Name: c.Name}, hone.Objective{})
		require.NoError(t, err)
	}
}
