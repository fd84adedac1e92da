package hone_test

import (
	"testing"

	"github.com/hone-tuner/hone"
	"github.com/stretchr/testify/require"
)

func TestTheEndsOfTheCubeAreTheEndsOfALogScale(t *testing.T) {
	space := compile(t, hone.NewSpace(hone.Double("decay", 1e-6, 1e-2).Log(), hone.Double("c", 0.1, 1000).Log()))
	require.Equal(t, "decay=0.000001, c=0.1", space.FromUnit([]float64{0, 0}).String())
	require.Equal(t, "decay=0.01, c=1000", space.FromUnit([]float64{1, 1}).String())
}
