package trainer

import (
	"math"
	"math/rand/v2"
)

// Network is a stack of fully connected layers: ReLU between them, softmax and cross-entropy at the end. It
// looks at one image at a time and keeps what it needs for the way back, so one goroutine may use it.
type Network struct {
	layers []layer
	// params are all weights and biases, one layer behind the other, and grads the derivative of the loss by
	// each of them, added up over the images of a batch. The layers are windows onto both.
	params, grads []float64
	dropout       float64
}

// layer computes out = in·weights + biases. Row i of the weights belongs to input i.
type layer struct {
	weights, biases        []float64
	weightGrads, biasGrads []float64
	in, out, outGrads      []float64
}

// newNetwork makes a Network for layers of these sizes, the first being the number of inputs. The weights
// are drawn with a variance of 2 by the number of inputs, which suits ReLU (He et al., 2015,
// arXiv:1502.01852); the biases are 0.
func newNetwork(sizes []int, dropout float64, rng *rand.Rand) *Network {
	total := 0
	for i := 1; i < len(sizes); i++ {
		total += (sizes[i-1] + 1) * sizes[i]
	}
	n := &Network{params: make([]float64, total), grads: make([]float64, total), dropout: dropout}
	params, grads := n.params, n.grads
	for i := 1; i < len(sizes); i++ {
		in, out := sizes[i-1], sizes[i]
		l := layer{out: make([]float64, out), outGrads: make([]float64, out)}
		l.weights, params = params[:in*out], params[in*out:]
		l.biases, params = params[:out], params[out:]
		l.weightGrads, grads = grads[:in*out], grads[in*out:]
		l.biasGrads, grads = grads[:out], grads[out:]
		for j := range l.weights {
			l.weights[j] = rng.NormFloat64() * math.Sqrt(2/float64(in))
		}
		n.layers = append(n.layers, l)
	}
	return n
}

// forward returns the logits of an image, one for each class; the next call overwrites them. With an rng,
// dropout is on.
func (n *Network) forward(image []float64, rng *rand.Rand) []float64 {
	x := image
	for i := range n.layers {
		l := &n.layers[i]
		l.forward(x)
		if i < len(n.layers)-1 {
			n.activate(l.out, rng)
		}
		x = l.out
	}
	return x
}

func (l *layer) forward(in []float64) {
	l.in = in
	copy(l.out, l.biases)
	for i, x := range in {
		if x == 0 { // half of all pixels and activations
			continue
		}
		addScaled(l.out, x, l.weights[i*len(l.out):])
	}
}

// activate is ReLU, then dropout: a unit is left out with the probability of dropout, and the others grow so
// that their expected sum stays what it was.
func (n *Network) activate(z []float64, rng *rand.Rand) {
	for i := range z {
		z[i] = max(z[i], 0)
	}
	if rng == nil || n.dropout == 0 {
		return
	}
	for i := range z {
		if rng.Float64() < n.dropout {
			z[i] = 0
		} else {
			z[i] /= 1 - n.dropout
		}
	}
}

// learn adds the gradient of the loss of one image to grads and returns the loss.
func (n *Network) learn(e example, rng *rand.Rand) float64 {
	logits := n.forward(e.image, rng)
	last := &n.layers[len(n.layers)-1]
	loss := softmaxLoss(logits, e.digit, last.outGrads)
	for i := len(n.layers) - 1; i >= 0; i-- {
		var below []float64
		if i > 0 {
			below = n.layers[i-1].outGrads
		}
		n.layers[i].backward(below, 1/(1-n.dropout))
	}
	return loss
}

// backward adds to the layer's gradients, given outGrads, and puts the gradient by the outputs of the layer
// below (before ReLU and dropout) into below; the first layer has none. An input that is 0 was cut off by ReLU
// or dropout and passes nothing down; any other was scaled by dropout.
func (l *layer) backward(below []float64, scale float64) {
	addScaled(l.biasGrads, 1, l.outGrads)
	width := len(l.outGrads)
	for i, x := range l.in {
		if below != nil {
			below[i] = 0
		}
		if x == 0 {
			continue
		}
		addScaled(l.weightGrads[i*width:(i+1)*width], x, l.outGrads)
		if below != nil {
			below[i] = scale * dot(l.weights[i*width:(i+1)*width], l.outGrads)
		}
	}
}

// softmaxLoss returns the cross-entropy of the logits for the right class, and its derivative by each of
// them.
func softmaxLoss(logits []float64, class int, grads []float64) float64 {
	highest := math.Inf(-1)
	for _, z := range logits {
		highest = max(highest, z)
	}
	sum := 0.0
	for i, z := range logits {
		grads[i] = math.Exp(z - highest)
		sum += grads[i]
	}
	for i := range grads {
		grads[i] /= sum
	}
	grads[class]--
	return math.Log(sum) + highest - logits[class]
}

// Evaluate returns the mean loss over some images, and the share of them that is recognised.
func (n *Network) Evaluate(examples []example) (loss, accuracy float64) {
	grads := make([]float64, classes)
	right := 0
	for _, e := range examples {
		logits := n.forward(e.image, nil)
		loss += softmaxLoss(logits, e.digit, grads)
		if argmax(logits) == e.digit {
			right++
		}
	}
	count := float64(len(examples))
	return loss / count, float64(right) / count
}

func argmax(x []float64) int {
	best := 0
	for i := range x {
		if x[i] > x[best] {
			best = i
		}
	}
	return best
}

// addScaled adds a·x to y.
func addScaled(y []float64, a float64, x []float64) {
	x = x[:len(y)]
	for i := range y {
		y[i] += a * x[i]
	}
}

func dot(x, y []float64) float64 {
	y = y[:len(x)]
	sum := 0.0
	for i := range x {
		sum += x[i] * y[i]
	}
	return sum
}
