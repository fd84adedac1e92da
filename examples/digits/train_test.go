package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTrainingLearnsToReadDigits(t *testing.T) {
	data, err := loadDigits()
	require.NoError(t, err)
	for name, c := range map[string]config{
		"adam": {epochs: 10, layers: 1, width: 32, batch: 16, optimizer: "adam", rate: 0.005, dropout: 0.1, seed: 1},
		"sgd":  {epochs: 10, layers: 2, width: 32, batch: 16, optimizer: "sgd", rate: 0.05, momentum: 0.8, seed: 1},
	} {
		t.Run(name, func(t *testing.T) {
			var epochs []epoch
			best, err := train(c, data, func(e epoch) error {
				epochs = append(epochs, e)
				return nil
			})
			require.NoError(t, err)
			require.Len(t, epochs, 10)
			require.Less(t, epochs[9].loss, epochs[0].loss/3)
			highest := 0.0
			for i, e := range epochs {
				require.Equal(t, i+1, e.number)
				highest = max(highest, e.accuracy)
			}
			require.Greater(t, highest, 0.93)

			_, accuracy := best.evaluate(data.validation)
			require.InDelta(t, highest, accuracy, 1e-12, "the weights of the best epoch are returned")
			_, unseen := best.evaluate(data.test)
			require.Greater(t, unseen, 0.9)
		})
	}
}

func TestThePenaltyKeepsWeightsSmall(t *testing.T) {
	data, err := loadDigits()
	require.NoError(t, err)
	squared := func(decay float64) float64 {
		c := config{epochs: 3, layers: 1, width: 16, batch: 32, optimizer: "sgd", rate: 0.1, decay: decay, seed: 1}
		n, err := train(c, data, func(epoch) error { return nil })
		require.NoError(t, err)
		return n.squaredWeights()
	}
	require.Less(t, squared(0.05), squared(0)/2)
}
