package random_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/algorithms/algorithmtest"
	"github.com/hone-tuner/hone/algorithms/random"
)

func fresh() hone.Algorithm {
	algorithm, err := random.New(nil)
	if err != nil {
		panic(err)
	}
	return algorithm
}

func TestConformance(t *testing.T) { algorithmtest.Run(t, algorithmtest.Subject{New: fresh}) }

func TestUnknownSettingsAreRefused(t *testing.T) {
	_, err := random.New(map[string]hone.Value{"points": hone.Number(3)})
	require.ErrorIs(t, err, hone.InvalidArgument)
}
