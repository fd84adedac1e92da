package bayesian

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/hone-tuner/hone/algorithms/internal/gp"
	"github.com/hone-tuner/hone/internal/points"
)

// view is something that the model holds possible: results of the pending trials. Its coefficients give the mean.
type view struct {
	coefficients []float64
	best         float64 // the best expectation at a trial
}

// confidence is how many standard deviations the upper confidence bound lies above the mean (Song et al.
// 2024, section 3.4).
const confidence = 1.8

// acquisition is what is to be made great at a point with a mean and a standard deviation, and its
// derivatives by them.
func (m *model) acquisition(mean, sigma, best float64) (value, byMean, bySigma float64) {
	if m.bold {
		return mean + confidence*sigma, 1, confidence
	}
	return gp.LogEI(mean, sigma, best)
}

// expect gives the pending trials rows. In turn, it imagines what they may tell, or takes for granted that they
// tell what is expected and makes the model bold. The function returned takes the rows away again.
func (m *model) expect(turn points.Turn, rng *rand.Rand) (undo func()) {
	pending := turn.Pending[max(0, len(turn.Pending)-mostPending):]
	m.bold = len(pending) > 0 && turn.Number%2 == 0
	m.views = m.views[:0]
	rows := m.surface.Len()
	for _, t := range pending {
		m.surface.Append(m.encoder.encode(t.Parameters))
	}
	undo = func() { m.surface.Truncate(rows) }
	if len(pending) == 0 || m.bold {
		m.views = append(m.views, view{m.surface.Coefficients(), m.best})
		return undo
	}
	z := make([]float64, len(pending))
	for range imagined / 2 {
		for i := range z {
			z[i] = rng.NormFloat64()
		}
		for range 2 { // and the opposite
			for i := range z {
				z[i] = -z[i]
			}
			coefficients, fitted := m.surface.Imagine(m.y, z)
			m.views = append(m.views, view{coefficients, math.Max(m.best, slices.Max(fitted))})
		}
	}
	return undo
}

// evaluate tells each candidate the acquisition at it.
func (m *model) evaluate(all []*candidate) {
	xs := make([][]float64, len(all))
	for i, c := range all {
		xs[i] = c.x
	}
	coefficients := make([][]float64, len(m.views))
	for i, v := range m.views {
		coefficients[i] = v.coefficients
	}
	values := make([]float64, len(m.views))
	m.surface.PredictAll(xs, coefficients, func(i int, means []float64, variance float64) {
		sigma := math.Sqrt(variance)
		for k, v := range m.views {
			values[k], _, _ = m.acquisition(means[k], sigma, v.best)
		}
		all[i].value = average(values)
	})
	if m.gate != nil {
		m.gate.PredictAll(xs, [][]float64{m.gate.Coefficients()}, func(i int, means []float64, variance float64) {
			log, _, _ := passing(means[0], math.Sqrt(variance))
			all[i].value += m.caution * log
		})
	}
}

// climbing is the acquisition at one place, with its gradient.
func (m *model) climbing(x, gradient, scratch []float64) float64 {
	sigma := math.Sqrt(m.surface.Look(x, true))
	values, byMean, bySigma := make([]float64, len(m.views)), make([]float64, len(m.views)), make([]float64, len(m.views))
	for i, v := range m.views {
		values[i], byMean[i], bySigma[i] = m.acquisition(m.surface.Mean(v.coefficients), sigma, v.best)
	}
	value := average(values)
	coefficients, spread := make([]float64, m.surface.Len()), 0.0
	for i, v := range m.views {
		spread += values[i] * bySigma[i]
		for j, c := range v.coefficients {
			coefficients[j] += values[i] * byMean[i] * c
		}
	}
	m.surface.Slopes(coefficients, gradient, scratch)
	for d := range gradient {
		gradient[d] += spread * scratch[d] / (2 * sigma)
	}
	if m.gate != nil {
		value += m.gated(x, gradient, scratch)
	}
	return value
}

// gated is the part of the gate in the acquisition, and adds its gradient.
func (m *model) gated(x, gradient, scratch []float64) float64 {
	byPlace := make([]float64, len(x))
	mean, variance := m.gate.Predict(x, byPlace, scratch)
	sigma := math.Sqrt(variance)
	value, byMean, bySigma := passing(mean, sigma)
	for d := range gradient {
		gradient[d] += m.caution * (byMean*byPlace[d] + bySigma*scratch[d]/(2*sigma))
	}
	return m.caution * value
}

// average is the logarithm of the mean of exponentials. The values become the shares that they have in it.
func average(values []float64) float64 {
	top := slices.Max(values)
	sum := 0.0
	for i, v := range values {
		values[i] = math.Exp(v - top)
		sum += values[i]
	}
	for i := range values {
		values[i] /= sum
	}
	return top + math.Log(sum/float64(len(values)))
}
