package tpe_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/algorithms/algorithmtest"
	"github.com/hone-tuner/hone/algorithms/tpe"
)

func fresh() hone.Algorithm {
	algorithm, err := tpe.New(nil)
	if err != nil {
		panic(err)
	}
	return algorithm
}

func TestConformance(t *testing.T) {
	algorithmtest.Run(t, algorithmtest.Subject{New: fresh, Trials: 14, Checks: 60})
}

func TestUnknownSettingsAreRefused(t *testing.T) {
	_, err := tpe.New(map[string]hone.Value{"start": hone.Number(0)})
	require.ErrorIs(t, err, hone.InvalidArgument)
}
