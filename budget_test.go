package hone_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/hone-tuner/hone"
)

func TestAPlateau(t *testing.T) {
	nan := math.NaN()
	absolute := func(x float64) hone.Improvement { return hone.Improvement{Amount: x} }
	percent := func(x float64) hone.Improvement { return hone.Improvement{Amount: x / 100, Relative: true} }
	for name, c := range map[string]struct {
		trials int
		by     hone.Improvement
		values []float64
		flat   bool
	}{
		"is not reached with too few trials":              {3, absolute(0), []float64{5, 1, 1}, false},
		"is reached when the last ones are no better":     {3, absolute(0), []float64{5, 1, 1, 5}, true},
		"is not reached while any of them is better":      {3, absolute(0), []float64{5, 1, 6, 1}, false},
		"counts an improvement before the last ones":      {3, absolute(0), []float64{5, 6, 1, 1, 1}, true},
		"needs the improvement that was asked for":        {2, absolute(0.5), []float64{1, 1.4, 1.2}, true},
		"takes exactly that improvement":                  {2, absolute(0.1), []float64{0.2, 0.30000000000000004, 0.1}, false},
		"takes it in spite of rounding":                   {1, absolute(0.1), []float64{0.7, 0.7999999999999999}, false},
		"needs a share of the older best":                 {1, percent(10), []float64{100, 109}, true},
		"is not reached with that share":                  {1, percent(10), []float64{100, 110}, false},
		"takes a share of a negative best as of positive": {1, percent(10), []float64{-100, -91}, true},
		"takes any improvement over zero as a share":      {1, percent(10), []float64{0, 1e-9}, false},
		"does not count what is not finite":               {2, absolute(0), []float64{5, nan, math.Inf(1), 1}, false},
		"looks past what is not finite":                   {2, absolute(0), []float64{5, 1, nan, 1}, true},
		"has no trials at all":                            {1, absolute(0), nil, false},
	} {
		t.Run("a plateau "+name, func(t *testing.T) {
			p := hone.Plateau{Trials: c.trials, MinImprovement: c.by}
			require.Equal(t, c.flat, p.Flat(hone.Objective{Goal: hone.Maximize}, c.values))
			mirrored := make([]float64, len(c.values))
			for i, v := range c.values {
				mirrored[i] = -v
			}
			require.Equal(t, c.flat, p.Flat(hone.Objective{Goal: hone.Minimize}, mirrored), "the same upside down")
		})
	}
}

func TestAPlateauIsWhatTheContractSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 5).Draw(t, "trials")
		values := rapid.SliceOfN(rapid.OneOf(rapid.Float64Range(-1, 1), rapid.SampledFrom([]float64{math.NaN(), 0.5, 0.5})), 0, 12).Draw(t, "values")
		before := append([]float64(nil), values...)
		var finite []float64
		for _, v := range values {
			if hone.Float(v).Finite() {
				finite = append(finite, v)
			}
		}
		want := len(finite) > n
		if want {
			old := finite[:len(finite)-n]
			for _, late := range finite[len(finite)-n:] {
				better := true
				for _, v := range old {
					better = better && late > v
				}
				want = want && !better
			}
		}
		require.Equal(t, want, hone.Plateau{Trials: n}.Flat(hone.Objective{Goal: hone.Maximize}, values))
		require.Len(t, values, len(before), "the values are left as they were")
	})
}

func TestAnImprovementSurvivesJSON(t *testing.T) {
	for _, text := range []string{`0`, `0.001`, `"0.1%"`, `"12.5%"`, `"0%"`, `1000000`, `"0.7%"`, `"33.333333333333336%"`, `"1e-07%"`} {
		var i, again hone.Improvement
		require.NoError(t, json.Unmarshal([]byte(text), &i))
		data, err := json.Marshal(i)
		require.NoError(t, err)
		require.JSONEq(t, text, string(data))
		require.NoError(t, json.Unmarshal(data, &again))
		require.Equal(t, i, again)
	}
	for _, text := range []string{`-1`, `"1"`, `"-1%"`, `"x%"`, `true`, `"NaN%"`, `null`, `"Inf%"`, `[1]`} {
		var i hone.Improvement
		require.Error(t, json.Unmarshal([]byte(text), &i), text)
	}
}

func TestAnyShareIsReadBackExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := hone.Improvement{Amount: rapid.Float64Range(0, math.MaxFloat64).Draw(t, "share"), Relative: true}
		data, err := json.Marshal(want)
		require.NoError(t, err)
		var got hone.Improvement
		require.NoError(t, json.Unmarshal(data, &got), "%s", data)
		require.Equal(t, want, got)
	})
	var i hone.Improvement
	require.NoError(t, json.Unmarshal([]byte(`"0.7%"`), &i))
	require.Equal(t, 0.007, i.Amount, "and not 0.7/100, which is another double")
}

func TestFailureLimits(t *testing.T) {
	none := 0
	require.Equal(t, hone.DefaultFailures, hone.Budget{}.FailureLimit())
	require.Equal(t, 0, hone.Budget{Failures: &none}.FailureLimit())
}
