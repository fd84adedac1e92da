package problems

import "math"

// f15 to f24: many local optima, with and without a structure above them.

// rastriginRotated is f15.
func (s *setting) rastriginRotated() func([]float64) float64 {
	m := product(s.r, s.condition(10), s.q)
	return func(x []float64) float64 {
		return ripples(m.times(skew(oscillateAll(s.r.times(s.away(x))), 0.2)))
	}
}

// weierstrass is f16: rugged on every scale. The optimum repeats itself.
func (s *setting) weierstrass() func([]float64) float64 {
	const terms = 12
	m := product(s.r, s.condition(1.0/100), s.q)
	var half, triple [terms]float64
	lowest := 0.0
	for k := range terms {
		half[k], triple[k] = math.Pow(0.5, float64(k)), 2*math.Pi*math.Pow(3, float64(k))
		lowest += half[k] * math.Cos(triple[k]*0.5)
	}
	return func(x []float64) float64 {
		sum := 0.0
		for _, z := range m.times(oscillateAll(s.r.times(s.away(x)))) {
			for k := range terms {
				sum += half[k] * math.Cos(triple[k]*(z+0.5))
			}
		}
		return 10 * math.Pow(sum/float64(s.d)-lowest, 3)
	}
}

// schaffers is f17: Schaffer's F7, condition 10.
func (s *setting) schaffers() func([]float64) float64 { return s.waves(10) }

// schaffersSteep is f18: condition 1000.
func (s *setting) schaffersSteep() func([]float64) float64 { return s.waves(1000) }

func (s *setting) waves(alpha float64) func([]float64) float64 {
	m := product(identity(s.d), s.condition(alpha), s.q)
	return func(x []float64) float64 {
		z := m.times(skew(s.r.times(s.away(x)), 0.5))
		sum := 0.0
		for i := range s.d - 1 {
			length := math.Sqrt(z[i]*z[i] + z[i+1]*z[i+1])
			wave := math.Sin(50 * math.Pow(length, 0.2))
			sum += math.Sqrt(length) * (1 + wave*wave)
		}
		sum /= float64(s.d - 1)
		return sum * sum
	}
}

// griewankRosenbrock is f19: Griewank's ripples over Rosenbrock's valley, in pairs of directions.
func (s *setting) griewankRosenbrock() func([]float64) float64 {
	turned := s.turnedHalf()
	return func(x []float64) float64 {
		z := turned(x)
		sum := 0.0
		for i := range s.d - 1 {
			v := valley(z[i : i+2])
			sum += v/4000 - math.Cos(v)
		}
		return 10 + 10*sum/float64(s.d-1)
	}
}

// schwefelPeak is where x·sin(√|x|) is greatest up to 500, divided by 100, and schwefelHeight its value there,
// divided by 100.
const (
	schwefelPeak   = 4.2096874633
	schwefelHeight = 4.189828872724339
)

// schwefel is f20: the best of many far-apart optima is near a corner. The penalty is part of the function, as
// its inner coordinates leave their range inside the box.
func (s *setting) schwefel() func([]float64) float64 {
	sign := make([]float64, s.d)
	for i := range s.opt {
		sign[i] = math.Copysign(1, s.opt[i])
		s.opt[i] = sign[i] * schwefelPeak / 2
	}
	lambda := s.condition(10)
	return func(x []float64) float64 {
		sum, penalty, before := 0.0, 0.0, schwefelPeak
		for i := range s.d {
			now := 2 * sign[i] * x[i]
			z := 100 * (lambda[i]*(now+0.25*(before-schwefelPeak)-schwefelPeak) + schwefelPeak)
			before = now
			sum += z * math.Sin(math.Sqrt(math.Abs(z)))
			over := math.Max(0, math.Abs(z/100)-5)
			penalty += over * over
		}
		return schwefelHeight - sum/(100*float64(s.d)) + 100*penalty
	}
}

// gallagher101 is f21: 101 Gaussian peaks.
func (s *setting) gallagher101() func([]float64) float64 { return s.peaks(101, 1000, 5) }

// gallagher21 is f22: 21 peaks, the best one steep.
func (s *setting) gallagher21() func([]float64) float64 { return s.peaks(21, 1000*1000, 4.9) }

// peak is a Gaussian in the rotated space. Its height is a logarithm, so that peaks can be compared without
// exponentials.
type peak struct {
	height       float64
	middle, wide []float64
}

// peaks makes Gallagher's function. The first peak is the optimum and has the condition steepest; the others have all
// conditions from 1 to 1000 squared, in random order.
func (s *setting) peaks(n int, steepest, reach float64) func([]float64) float64 {
	all := make([]peak, n)
	order := s.rng.Perm(n - 1)
	for i := range all {
		height, alpha, middle := 10.0, steepest, s.opt
		if i > 0 {
			height = 1.1 + 8*float64(i-1)/float64(n-2)
			alpha = math.Pow(1000, 2*float64(order[i-1])/float64(n-2))
			middle = uniform(s.rng, s.d, -reach, reach)
		}
		wide := make([]float64, s.d)
		for k, j := range s.rng.Perm(s.d) {
			wide[k] = math.Pow(alpha, 0.5*fraction(j, s.d)-0.25)
		}
		all[i] = peak{height: math.Log(height), middle: s.r.times(middle), wide: wide}
	}
	return func(x []float64) float64 {
		z := s.r.times(x)
		most := math.Inf(-1)
		for _, p := range all {
			sum := 0.0
			for i, w := range p.wide {
				step := z[i] - p.middle[i]
				sum += w * step * step
			}
			most = math.Max(most, p.height-sum/(2*float64(s.d)))
		}
		v := oscillate(10 - math.Exp(most))
		return v * v
	}
}

// katsuura is f23: continuous, differentiable nowhere.
func (s *setting) katsuura() func([]float64) float64 {
	m := s.conditioned(100)
	d := float64(s.d)
	return func(x []float64) float64 {
		log := 0.0
		for i, z := range m.times(s.away(x)) {
			sum, scale := 0.0, 1.0
			for range 32 {
				scale *= 2
				sum += math.Abs(scale*z-math.Round(scale*z)) / scale
			}
			log += math.Log1p(float64(i+1) * sum)
		}
		return 10 / (d * d) * math.Expm1(log*10/math.Pow(d, 1.2))
	}
}

// lunacek is f24: two funnels with ripples, of which the wide one is the wrong one.
func (s *setting) lunacek() func([]float64) float64 {
	const near = 2.5
	d := float64(s.d)
	shape := 1 - 1/(2*math.Sqrt(d+20)-8.2)
	far := -math.Sqrt((near*near - 1) / shape)
	sign := make([]float64, s.d)
	for i := range s.opt {
		sign[i] = math.Copysign(1, s.opt[i])
		s.opt[i] = sign[i] * near / 2
	}
	m := s.conditioned(100)
	return func(x []float64) float64 {
		step := make([]float64, s.d)
		one, two := 0.0, 0.0
		for i := range step {
			v := 2 * sign[i] * x[i]
			step[i] = v - near
			one += step[i] * step[i]
			two += (v - far) * (v - far)
		}
		sum := 0.0
		for _, z := range m.times(step) {
			sum += 1 - math.Cos(2*math.Pi*z)
		}
		return math.Min(one, d+shape*two) + 10*sum
	}
}
