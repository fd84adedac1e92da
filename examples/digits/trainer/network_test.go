package trainer

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestGradient compares every derivative with a difference quotient, for networks of every depth, with and
// without dropout and penalty.
func TestGradient(t *testing.T) {
	for name, c := range map[string]Config{
		"one hidden layer":      {Layers: 1, Width: 5},
		"three hidden layers":   {Layers: 3, Width: 6},
		"with dropout":          {Layers: 2, Width: 6, Dropout: 0.4},
		"with an L2 penalty":    {Layers: 2, Width: 4, Decay: 0.3},
		"with both at one time": {Layers: 3, Width: 5, Dropout: 0.2, Decay: 0.1},
	} {
		t.Run(name, func(t *testing.T) {
			data, err := Load()
			require.NoError(t, err)
			batch := data.Train[:3]
			rng := rand.New(rand.NewPCG(7, 0))
			n := newNetwork(c.sizes(), c.Dropout, rng)
			for i := range n.params { // biases too, for a unit whose inputs are all 0 sits on the kink of ReLU
				n.params[i] += rng.NormFloat64() / 5
			}
			// The same seed for every evaluation leaves out the same units.
			gradient := func() float64 { return n.gradient(batch, c.Decay, rand.New(rand.NewPCG(8, 0))) }
			loss := func() float64 { return gradient()/float64(len(batch)) + c.Decay/2*n.squaredWeights() }

			gradient()
			grads := append([]float64(nil), n.grads...)
			const h = 1e-6
			for i := range n.params {
				was := n.params[i]
				n.params[i] = was + h
				above := loss()
				n.params[i] = was - h
				below := loss()
				n.params[i] = was
				require.InDelta(t, (above-below)/(2*h), grads[i], 1e-5, "parameter %d", i)
			}
		})
	}
}

func (n *Network) squaredWeights() float64 {
	sum := 0.0
	for _, l := range n.layers {
		sum += dot(l.weights, l.weights)
	}
	return sum
}

func TestSoftmaxLossOfHugeLogitsIsFinite(t *testing.T) {
	grads := make([]float64, 3)
	loss := softmaxLoss([]float64{1e4, 0, -1e4}, 1, grads)
	require.InDelta(t, 1e4, loss, 1e-6)
	require.InDeltaSlice(t, []float64{1, -1, 0}, grads, 1e-12)
}

func TestSoftmaxLossOfEqualLogitsIsTheEntropy(t *testing.T) {
	grads := make([]float64, 4)
	loss := softmaxLoss([]float64{2, 2, 2, 2}, 0, grads)
	require.InDelta(t, math.Log(4), loss, 1e-12)
	require.InDeltaSlice(t, []float64{-0.75, 0.25, 0.25, 0.25}, grads, 1e-12)
}

func TestDropoutKeepsTheExpectedSum(t *testing.T) {
	n := &Network{dropout: 0.3}
	z := make([]float64, 100_000)
	for i := range z {
		z[i] = 1
	}
	n.activate(z, rand.New(rand.NewPCG(1, 1)))
	sum, dropped := 0.0, 0
	for _, x := range z {
		sum += x
		if x == 0 {
			dropped++
		}
	}
	require.InDelta(t, 1, sum/float64(len(z)), 0.01)
	require.InDelta(t, 0.3, float64(dropped)/float64(len(z)), 0.01)
}
