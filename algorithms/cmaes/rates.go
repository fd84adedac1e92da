package cmaes

import "math"

// rates are the constants of a run with n axes and a population of lambda. The names and formulas are those of
// Hansen 2016, The CMA Evolution Strategy: A Tutorial, arXiv 1604.00772, table 1.
type rates struct {
	n, lambda      int
	muEff          float64
	c1, cMu        float64
	cSigma, dSigma float64
	cC             float64
	chi            float64 // expected length of a standard normal vector
}

// population is the default size for that many parameters.
func population(n int) int { return 4 + int(3*math.Log(float64(max(n, 1)))) }

func newRates(axes, lambda int) rates {
	n := float64(max(axes, 1))
	r := rates{n: axes, lambda: lambda}
	raw := rawWeights(lambda)
	r.muEff = effective(raw[:lambda/2])
	r.c1 = 2 / ((n+1.3)*(n+1.3) + r.muEff)
	r.cMu = math.Min(1-r.c1, 2*(r.muEff-2+1/r.muEff)/((n+2)*(n+2)+r.muEff))
	r.cSigma = (r.muEff + 2) / (n + r.muEff + 5)
	r.dSigma = 1 + 2*math.Max(0, math.Sqrt((r.muEff-1)/(n+1))-1) + r.cSigma
	r.cC = (4 + r.muEff/n) / (n + 4 + 2*r.muEff/n)
	r.chi = math.Sqrt(n) * (1 - 1/(4*n) + 1/(21*n*n))
	return r
}

// rawWeights fall with the logarithm of the rank and change sign in the middle (eq. 49).
func rawWeights(members int) []float64 {
	w := make([]float64, members)
	for i := range w {
		w[i] = math.Log(float64(members+1)/2) - math.Log(float64(i+1))
	}
	return w
}

// effective is the variance effective selection mass of weights.
func effective(weights []float64) float64 {
	sum, squares := 0.0, 0.0
	for _, w := range weights {
		sum, squares = sum+w, squares+w*w
	}
	return sum * sum / squares
}

// weights are those of a generation by rank: to move the mean with, which are positive and sum to one, and to
// adapt the covariances with, where the worse half counts against (eq. 50 to 53).
func (r rates) weights(members int) (move, adapt []float64) {
	raw := rawWeights(members)
	parents := members / 2
	positive, negative := 0.0, 0.0
	for _, w := range raw {
		positive += math.Max(w, 0)
		negative += math.Max(-w, 0)
	}
	muEff := effective(raw[:parents])
	n := float64(max(r.n, 1))
	most := min(1+r.c1/r.cMu, 1+2*effective(raw[parents:])/(muEff+2), (1-r.c1-r.cMu)/(n*r.cMu))
	move, adapt = make([]float64, members), raw
	for i, w := range raw {
		if w >= 0 {
			move[i] = w / positive
			adapt[i] = move[i]
		} else {
			adapt[i] = w * most / negative
		}
	}
	return move, adapt
}
