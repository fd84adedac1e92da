package trainer

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOptimizersFindTheLowestPointOfABowl(t *testing.T) {
	for name, c := range map[string]Config{
		"sgd":               {Optimizer: "sgd", Rate: 0.1},
		"sgd with momentum": {Optimizer: "sgd", Rate: 0.02, Momentum: 0.9},
		"adam":              {Optimizer: "adam", Rate: 0.05},
	} {
		t.Run(name, func(t *testing.T) {
			o := c.newOptimizer(2)
			x := []float64{3, -4}
			for range 1000 {
				o.step(x, []float64{x[0] - 1, 4 * (x[1] - 2)})
			}
			require.InDeltaSlice(t, []float64{1, 2}, x, 1e-3)
		})
	}
}

func TestSGDAddsUpItsSteps(t *testing.T) {
	o := &sgd{rate: 1, momentum: 0.5, velocity: make([]float64, 1)}
	x := []float64{0}
	o.step(x, []float64{1}) // velocity 1
	o.step(x, []float64{1}) // velocity 1.5
	require.InDelta(t, -2.5, x[0], 1e-12)
}

func TestAdamBeginsWithTheRateWhateverTheGradient(t *testing.T) {
	o := Config{Optimizer: "adam", Rate: 0.01}.newOptimizer(2)
	x := []float64{0, 0}
	o.step(x, []float64{1000, -0.001})
	require.InDeltaSlice(t, []float64{-0.01, 0.01}, x, 1e-6)
}
