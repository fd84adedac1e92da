package trainer

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// Config is what a run depends on: the hyperparameters and the seed.
type Config struct {
	Epochs, Layers, Width, Batch int
	Optimizer                    string
	Rate, Momentum               float64
	Dropout, Decay               float64
	Seed                         uint64
}

// Validate says which hyperparameter is out of its range.
func (c Config) Validate() error {
	switch {
	case c.Epochs < 1 || c.Layers < 1 || c.Width < 1 || c.Batch < 1:
		return fmt.Errorf("--epochs, --layers, --width and --batch must be at least 1")
	case !(c.Rate > 0):
		return fmt.Errorf("--lr must be greater than 0, not %g", c.Rate)
	case !(c.Momentum >= 0 && c.Momentum < 1):
		return fmt.Errorf("--momentum must be at least 0 and less than 1, not %g", c.Momentum)
	case !(c.Dropout >= 0 && c.Dropout < 1):
		return fmt.Errorf("--dropout must be at least 0 and less than 1, not %g", c.Dropout)
	case !(c.Decay >= 0):
		return fmt.Errorf("--weight-decay must not be negative, not %g", c.Decay)
	case c.Optimizer != "sgd" && c.Optimizer != "adam":
		return fmt.Errorf("--optimizer must be sgd or adam, not %q", c.Optimizer)
	}
	return nil
}

// sizes are the widths of all layers, from the pixels to the classes.
func (c Config) sizes() []int {
	sizes := []int{pixels}
	for range c.Layers {
		sizes = append(sizes, c.Width)
	}
	return append(sizes, classes)
}

func (c Config) newOptimizer(params int) optimizer {
	if c.Optimizer == "sgd" {
		return &sgd{rate: c.Rate, momentum: c.Momentum, velocity: make([]float64, params)}
	}
	return &adam{rate: c.Rate, mean: make([]float64, params), square: make([]float64, params)}
}

// Epoch is what one pass over the training images came to.
type Epoch struct {
	Number         int     // from 1
	Loss           float64 // mean over the training images, while the weights moved
	ValidationLoss float64
	Accuracy       float64 // on the validation images
}

// Team is the processes that train one network together. Each works on its share of every batch.
type Team interface {
	Rank() int // of this process, from 0
	Size() int
	Sum(x []float64) error // adds up x over all processes
}

type alone struct{}

func (alone) Rank() int             { return 0 }
func (alone) Size() int             { return 1 }
func (alone) Sum(_ []float64) error { return nil }

// Train trains a network, reports every epoch, and returns the network as it was after its best epoch. The
// same Config gives the same Network.
func Train(c Config, data Dataset, report func(Epoch) error) (*Network, error) {
	return TrainTogether(c, alone{}, data, report)
}

// TrainTogether is what every process of a team calls, with the same Config and data. All of them get the same
// network, as all take the same steps; only what dropout leaves out is drawn by each for itself.
func TrainTogether(c Config, team Team, data Dataset, report func(Epoch) error) (*Network, error) {
	rng := rand.New(rand.NewPCG(c.Seed, 0))
	own := rng
	if team.Size() > 1 {
		own = rand.New(rand.NewPCG(c.Seed, uint64(team.Rank())+1)) //nolint:gosec // not negative
	}
	net := newNetwork(c.sizes(), c.Dropout, rng)
	optimizer := c.newOptimizer(len(net.params))
	order := slices.Clone(data.Train)
	var best []float64
	highest := -1.0
	for number := 1; number <= c.Epochs; number++ {
		rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		total := 0.0
		for batch := range slices.Chunk(order, c.Batch) {
			loss, err := net.gradientOf(team, batch, c.Decay, own)
			if err != nil {
				return nil, err
			}
			total += loss
			optimizer.step(net.params, net.grads)
		}
		e := Epoch{Number: number, Loss: total / float64(len(order))}
		e.ValidationLoss, e.Accuracy = net.Evaluate(data.Validation)
		if e.Accuracy > highest {
			highest, best = e.Accuracy, slices.Clone(net.params)
		}
		if err := report(e); err != nil {
			return nil, err
		}
	}
	copy(net.params, best)
	return net, nil
}

// gradient fills grads with the gradient of the mean loss of a batch and of the penalty decay/2·|weights|²,
// and returns the sum of the losses, without the penalty.
func (n *Network) gradient(batch []example, decay float64, rng *rand.Rand) float64 {
	loss, _ := n.gradientOf(alone{}, batch, decay, rng)
	return loss
}

// gradientOf is gradient for a team: this process looks at its share of the batch.
func (n *Network) gradientOf(team Team, batch []example, decay float64, rng *rand.Rand) (total float64, err error) {
	clear(n.grads)
	for i := team.Rank(); i < len(batch); i += team.Size() {
		total += n.learn(batch[i], rng)
	}
	if team.Size() > 1 {
		all := append(slices.Clone(n.grads), total)
		if err := team.Sum(all); err != nil {
			return 0, err
		}
		copy(n.grads, all)
		total = all[len(n.grads)]
	}
	for i := range n.grads {
		n.grads[i] /= float64(len(batch))
	}
	for _, l := range n.layers {
		addScaled(l.weightGrads, decay, l.weights)
	}
	return total, nil
}
