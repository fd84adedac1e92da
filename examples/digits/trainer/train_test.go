package trainer

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTrainingLearnsToReadDigits(t *testing.T) {
	data, err := Load()
	require.NoError(t, err)
	for name, c := range map[string]Config{
		"adam": {Epochs: 10, Layers: 1, Width: 32, Batch: 16, Optimizer: "adam", Rate: 0.005, Dropout: 0.1, Seed: 1},
		"sgd":  {Epochs: 10, Layers: 2, Width: 32, Batch: 16, Optimizer: "sgd", Rate: 0.05, Momentum: 0.8, Seed: 1},
	} {
		t.Run(name, func(t *testing.T) {
			var epochs []Epoch
			best, err := Train(c, data, func(e Epoch) error {
				epochs = append(epochs, e)
				return nil
			})
			require.NoError(t, err)
			require.Len(t, epochs, 10)
			require.Less(t, epochs[9].Loss, epochs[0].Loss/3)
			highest := 0.0
			for i, e := range epochs {
				require.Equal(t, i+1, e.Number)
				highest = max(highest, e.Accuracy)
			}
			require.Greater(t, highest, 0.93)

			_, accuracy := best.Evaluate(data.Validation)
			require.InDelta(t, highest, accuracy, 1e-12, "the weights of the best epoch are returned")
			_, unseen := best.Evaluate(data.Test)
			require.Greater(t, unseen, 0.9)
		})
	}
}

func TestThePenaltyKeepsWeightsSmall(t *testing.T) {
	data, err := Load()
	require.NoError(t, err)
	squared := func(decay float64) float64 {
		c := Config{Epochs: 3, Layers: 1, Width: 16, Batch: 32, Optimizer: "sgd", Rate: 0.1, Decay: decay, Seed: 1}
		n, err := Train(c, data, func(Epoch) error { return nil })
		require.NoError(t, err)
		return n.squaredWeights()
	}
	require.Less(t, squared(0.05), squared(0)/2)
}
