package grid_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/algorithms/algorithmtest"
	"github.com/hone-tuner/hone/algorithms/grid"
)

func fresh() hone.Algorithm {
	algorithm, err := grid.New(nil)
	if err != nil {
		panic(err)
	}
	return algorithm
}

func TestConformance(t *testing.T) {
	algorithmtest.Run(t, algorithmtest.Subject{New: fresh, Ends: true})
}

func TestUnknownSettingsAreRefused(t *testing.T) {
	_, err := grid.New(map[string]hone.Value{"points": hone.Number(0)})
	require.ErrorIs(t, err, hone.InvalidArgument)
}
