package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// config is what a run depends on: the hyperparameters and the seed.
type config struct {
	epochs, layers, width, batch int
	optimizer                    string
	rate, momentum               float64
	dropout, decay               float64
	seed                         uint64
}

func (c config) validate() error {
	switch {
	case c.epochs < 1 || c.layers < 1 || c.width < 1 || c.batch < 1:
		return fmt.Errorf("--epochs, --layers, --width and --batch must be at least 1")
	case !(c.rate > 0):
		return fmt.Errorf("--lr must be greater than 0, not %g", c.rate)
	case !(c.momentum >= 0 && c.momentum < 1):
		return fmt.Errorf("--momentum must be at least 0 and less than 1, not %g", c.momentum)
	case !(c.dropout >= 0 && c.dropout < 1):
		return fmt.Errorf("--dropout must be at least 0 and less than 1, not %g", c.dropout)
	case !(c.decay >= 0):
		return fmt.Errorf("--weight-decay must not be negative, not %g", c.decay)
	case c.optimizer != "sgd" && c.optimizer != "adam":
		return fmt.Errorf("--optimizer must be sgd or adam, not %q", c.optimizer)
	}
	return nil
}

// sizes are the widths of all layers, from the pixels to the classes.
func (c config) sizes() []int {
	sizes := []int{pixels}
	for range c.layers {
		sizes = append(sizes, c.width)
	}
	return append(sizes, classes)
}

func (c config) newOptimizer(params int) optimizer {
	if c.optimizer == "sgd" {
		return &sgd{rate: c.rate, momentum: c.momentum, velocity: make([]float64, params)}
	}
	return &adam{rate: c.rate, mean: make([]float64, params), square: make([]float64, params)}
}

// epoch is what one pass over the training images came to.
type epoch struct {
	number         int     // from 1
	loss           float64 // mean over the training images, while the weights moved
	validationLoss float64
	accuracy       float64 // on the validation images
}

// train trains a network, reports every epoch, and returns the network as it was after its best epoch. The
// same config gives the same network.
func train(c config, data dataset, report func(epoch) error) (*network, error) {
	rng := rand.New(rand.NewPCG(c.seed, 0))
	net := newNetwork(c.sizes(), c.dropout, rng)
	optimizer := c.newOptimizer(len(net.params))
	order := slices.Clone(data.train)
	var best []float64
	highest := -1.0
	for number := 1; number <= c.epochs; number++ {
		rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		total := 0.0
		for batch := range slices.Chunk(order, c.batch) {
			total += net.gradient(batch, c.decay, rng)
			optimizer.step(net.params, net.grads)
		}
		e := epoch{number: number, loss: total / float64(len(order))}
		e.validationLoss, e.accuracy = net.evaluate(data.validation)
		if e.accuracy > highest {
			highest, best = e.accuracy, slices.Clone(net.params)
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
func (n *network) gradient(batch []example, decay float64, rng *rand.Rand) float64 {
	clear(n.grads)
	total := 0.0
	for _, e := range batch {
		total += n.learn(e, rng)
	}
	for i := range n.grads {
		n.grads[i] /= float64(len(batch))
	}
	for _, l := range n.layers {
		addScaled(l.weightGrads, decay, l.weights)
	}
	return total
}
