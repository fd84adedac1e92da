package main

import (
	"math"
	"strings"
	"testing"

	"github.com/hone-tuner/hone"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func readingsOf(values ...float64) (out []hone.Measurement) {
	for i, v := range values {
		step := int64(i + 1)
		out = append(out, hone.Measurement{Metric: "loss", Value: hone.Float(v), Step: &step})
	}
	return out
}

func TestCharts(t *testing.T) {
	wave := make([]float64, 60)
	for i := range wave {
		wave[i] = math.Sin(float64(i) / 6)
	}
	for name, tt := range map[string]struct {
		values []float64
		look   look
	}{
		"wave": {wave, look{unicode: true}}, "ascii": {wave, look{}}, "one": {[]float64{0.5}, look{}}, "flat": {[]float64{2, 2, 2}, look{}},
		"gaps": {[]float64{1, math.NaN(), 3, math.Inf(1), 2}, look{}},
	} {
		golden(t, "chart-"+name+".txt", strings.Join(chart(readingsOf(tt.values...), 60, 8, tt.look), "\n")+"\n")
	}
	require.Nil(t, chart(nil, 60, 8, look{}))
	require.Nil(t, chart(readingsOf(math.NaN()), 60, 8, look{}))
	require.Nil(t, chart(readingsOf(1, 2), 10, 8, look{}), "too narrow")
}

func TestAChartKeepsToItsSize(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOf(rapid.Float64()).Draw(t, "values")
		width, height := rapid.IntRange(0, 120).Draw(t, "width"), rapid.IntRange(0, 40).Draw(t, "height")
		lines := chart(readingsOf(values...), width, height, look{unicode: rapid.Bool().Draw(t, "unicode")})
		require.LessOrEqual(t, len(lines), height)
		for _, l := range lines {
			require.LessOrEqual(t, text.StringWidthWithoutEscSequences(l), width)
		}
	})
}
