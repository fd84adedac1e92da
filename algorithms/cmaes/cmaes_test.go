package cmaes_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/algorithms/algorithmtest"
	"github.com/hone-tuner/hone/algorithms/cmaes"
)

func made(settings map[string]hone.Value) hone.Algorithm {
	algorithm, err := cmaes.New(settings)
	if err != nil {
		panic(err)
	}
	return algorithm
}

func fresh() hone.Algorithm { return made(nil) }

func TestConformance(t *testing.T) {
	algorithmtest.Run(t, algorithmtest.Subject{New: fresh, Trials: 40})
}

func TestSettingsThatMakeNoSenseAreRefused(t *testing.T) {
	for name, settings := range map[string]map[string]hone.Value{
		"an unknown one":             {"points": hone.Number(3)},
		"a population of three":      {"population": hone.Number(3)},
		"no deviation":               {"sigma": hone.Number(0)},
		"restarts of an unknown way": {"restarts": hone.String("often")},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := cmaes.New(settings)
			require.ErrorIs(t, err, hone.InvalidArgument)
		})
	}
}
