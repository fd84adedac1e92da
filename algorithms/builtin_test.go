package algorithms_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/algorithms"
	"github.com/hone-tuner/hone/algorithms/algorithmtest"
)

func TestTheTableIsComplete(t *testing.T) {
	table := algorithms.Builtin()
	require.Contains(t, table, hone.DefaultAlgorithm)
	for name, entry := range table {
		require.Equal(t, name, entry.Choice.Name)
		require.True(t, strings.HasSuffix(entry.Choice.Summary, "."), "%s: a sentence", name)
		for _, s := range entry.Choice.Settings {
			require.NotEmpty(t, s.Summary)
			require.Contains(t, []string{"double", "int", "string", "bool"}, s.Type)
		}
		algorithm, err := entry.New(nil)
		require.NoError(t, err)
		got, err := algorithm.Suggest(context.Background(), hone.Request{Space: algorithmtest.Compile(hone.NewSpace(hone.Double("x", 0, 1))),
			Objective: hone.Objective{Goal: hone.Maximize}, Number: 1, Count: 1})
		require.NoError(t, err)
		require.Len(t, got, 1)
		_, err = entry.New(map[string]hone.Value{"nonsense": hone.Bool(true)})
		require.ErrorIs(t, err, hone.InvalidArgument)
	}
}
