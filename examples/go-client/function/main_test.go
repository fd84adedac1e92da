package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheLowestPointIsFound(t *testing.T) {
	data := t.TempDir()
	var first, again bytes.Buffer
	require.NoError(t, run(t.Context(), []string{"-data", data, "-trials", "15"}, &first))
	require.Contains(t, first.String(), "15 trials; best branin-00")
	require.NoError(t, run(t.Context(), []string{"-data", data, "-trials", "15"}, &again))
	require.Equal(t, first.String(), again.String(), "it has ended, and is only shown")
	require.NoError(t, run(t.Context(), []string{"-data", data, "-trials", "20"}, &again))
	require.Contains(t, again.String(), "20 trials;")
}

func TestTheFunctionIsBranins(t *testing.T) {
	height, err := branin(t.Context(), params{X: 9.42478, Y: 2.475}, nil)
	require.NoError(t, err)
	require.InDelta(t, 0.397887, height, 1e-6)
}
