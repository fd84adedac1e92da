package trainer

import "math"

// optimizer moves parameters against their gradients.
type optimizer interface {
	step(params, grads []float64)
}

// sgd is stochastic gradient descent with momentum: the steps add up to a velocity.
type sgd struct {
	rate, momentum float64
	velocity       []float64
}

func (o *sgd) step(params, grads []float64) {
	for i, g := range grads {
		o.velocity[i] = o.momentum*o.velocity[i] + g
		params[i] -= o.rate * o.velocity[i]
	}
}

// adam scales every step by running means of the gradient and of its square (Kingma and Ba, 2015,
// arXiv:1412.6980, algorithm 1).
type adam struct {
	rate         float64
	mean, square []float64
	steps        int
}

func (o *adam) step(params, grads []float64) {
	const beta1, beta2, epsilon = 0.9, 0.999, 1e-8
	o.steps++
	t := float64(o.steps)
	rate := o.rate / (1 - math.Pow(beta1, t))
	correct := 1 / (1 - math.Pow(beta2, t))
	for i, g := range grads {
		o.mean[i] = beta1*o.mean[i] + (1-beta1)*g
		o.square[i] = beta2*o.square[i] + (1-beta2)*g*g
		params[i] -= rate * o.mean[i] / (math.Sqrt(correct*o.square[i]) + epsilon)
	}
}
