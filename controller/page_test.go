package controller

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
)

func TestAPageOfTrialsIsNotTooLarge(t *testing.T) {
	heavy := hone.Trial{Metrics: map[string]hone.Float{}}
	for i := range hone.MetricsLimit {
		heavy.Metrics[fmt.Sprintf("%03d%s", i, strings.Repeat("x", 250))] = 1
	}
	var light, many []hone.Trial
	for range 101 {
		light, many = append(light, hone.Trial{}), append(many, heavy)
	}
	require.Equal(t, 100, pageOf(light, 100))
	require.Equal(t, 101, pageOf(light, 101))
	require.Equal(t, 101, pageOf(light, 1000))
	require.Equal(t, 57, pageOf(many, 1000), "8 MiB of 146,500 bytes each")
	require.Equal(t, 1, pageOf([]hone.Trial{{Message: strings.Repeat("x", pageBytes+1)}, {}}, 1000), "one always fits")
	require.Zero(t, pageOf(nil, 10))
}
