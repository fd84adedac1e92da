package hone_test

import (
	"fmt"
	"testing"

	"github.com/hone-tuner/hone"
	"github.com/stretchr/testify/require"
)

func TestWhatIsToldHasLimits(t *testing.T) {
	told := hone.TellRequest{State: hone.TrialSucceeded, Metrics: map[string]hone.Float{}}
	for i := range hone.MetricsLimit {
		told.Metrics[fmt.Sprint("m", i)] = 1
	}
	require.NoError(t, told.Validate())
	told.Metrics["one more"] = 1
	err := told.Validate()
	require.ErrorIs(t, err, hone.InvalidArgument)
	require.EqualError(t, err, "metrics: are 501; at most 500 are kept of a trial")
}
