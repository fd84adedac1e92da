package contest_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/hone-tuner/hone/bench/contest"
)

func TestFiguresThatRepeatAreWrittenOnce(t *testing.T) {
	text, err := json.Marshal(contest.Figures{1, 0.5, 0.5, 0.5, 0.25})
	require.NoError(t, err)
	require.Equal(t, "[1,[0.5,3],0.25]", string(text))
}

func TestFiguresComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := contest.Figures(rapid.SliceOf(rapid.SampledFrom([]float64{0, 1, 0.5, 1e-9, 12345, -0.00012345})).Draw(t, "figures"))
		text, err := json.Marshal(want)
		require.NoError(t, err)
		var got contest.Figures
		require.NoError(t, json.Unmarshal(text, &got))
		require.Equal(t, len(want), len(got))
		require.InDeltaSlice(t, []float64(want), []float64(got), 0)
	})
}

func TestNonsenseIsNoFigures(t *testing.T) {
	for _, text := range []string{`[[1,0]]`, `[[1,-3]]`, `[[1,2.5]]`, `[[1,1e9]]`, `["a"]`, `{}`, `[[1]]`} {
		var f contest.Figures
		require.Error(t, json.Unmarshal([]byte(text), &f), text)
	}
}
