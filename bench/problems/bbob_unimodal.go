package problems

import "math"

// f1 to f14: separable, moderate and ill-conditioned.

// sphere is f1.
func (s *setting) sphere() func([]float64) float64 {
	return func(x []float64) float64 { return squares(s.away(x)) }
}

// ellipsoid is f2: separable, condition 10^6.
func (s *setting) ellipsoid() func([]float64) float64 {
	weights := ramp(10, 6, s.d)
	return func(x []float64) float64 { return weighted(weights, oscillateAll(s.away(x))) }
}

// rastrigin is f3: separable.
func (s *setting) rastrigin() func([]float64) float64 {
	lambda := s.condition(10)
	return func(x []float64) float64 {
		z := skew(oscillateAll(s.away(x)), 0.2)
		for i := range z {
			z[i] *= lambda[i]
		}
		return ripples(z)
	}
}

// bueche is f4, the Büche-Rastrigin function: every other direction is ten times as steep on its positive side,
// where the optimum lies near the bound.
func (s *setting) bueche() func([]float64) float64 {
	for i := 0; i < s.d; i += 2 {
		s.opt[i] = math.Abs(s.opt[i])
	}
	scale := ramp(10, 0.5, s.d)
	return func(x []float64) float64 {
		z := oscillateAll(s.away(x))
		for i := range z {
			if i%2 == 0 && z[i] > 0 {
				z[i] *= 10
			}
			z[i] *= scale[i]
		}
		return ripples(z)
	}
}

// slope is f5: linear, with the optimum in a corner.
func (s *setting) slope() func([]float64) float64 {
	weights := ramp(10, 1, s.d)
	for i := range s.opt {
		s.opt[i] = math.Copysign(5, s.opt[i])
		weights[i] = math.Copysign(weights[i], s.opt[i])
	}
	return func(x []float64) float64 {
		sum := 0.0
		for i, w := range weights {
			sum += 5*math.Abs(w) - w*x[i]
		}
		return sum
	}
}

// attractive is f6: only one of the 2^d sectors leads down gently.
func (s *setting) attractive() func([]float64) float64 {
	m := s.conditioned(10)
	return func(x []float64) float64 {
		z := m.times(s.away(x))
		for i := range z {
			if z[i]*s.opt[i] > 0 {
				z[i] *= 100
			}
		}
		return math.Pow(oscillate(squares(z)), 0.9)
	}
}

// steps is f7: an ellipsoid of plateaus.
func (s *setting) steps() func([]float64) float64 {
	m := product(identity(s.d), s.condition(10), s.r)
	weights := ramp(10, 2, s.d)
	return func(x []float64) float64 {
		z := m.times(s.away(x))
		first := math.Abs(z[0])
		for i, v := range z {
			if math.Abs(v) > 0.5 {
				z[i] = math.Floor(v + 0.5)
			} else {
				z[i] = math.Floor(10*v+0.5) / 10
			}
		}
		return 0.1 * math.Max(first/1e4, weighted(weights, s.q.times(z)))
	}
}

func identity(n int) matrix {
	m := make(matrix, n)
	for i := range m {
		m[i] = make([]float64, n)
		m[i][i] = 1
	}
	return m
}

// rosenbrock is f8.
func (s *setting) rosenbrock() func([]float64) float64 {
	scale := s.widen()
	return func(x []float64) float64 {
		z := s.away(x)
		for i := range z {
			z[i] = scale*z[i] + 1
		}
		return valley(z)
	}
}

// rosenbrockRotated is f9. Its optimum follows from the rotation.
func (s *setting) rosenbrockRotated() func([]float64) float64 {
	turned := s.turnedHalf()
	return func(x []float64) float64 { return valley(turned(x)) }
}

// turnedHalf is the rotation of f9 and f19, c·R·x + ½, which puts the optimum to where it is 1.
func (s *setting) turnedHalf() func(x []float64) []float64 {
	scale := s.widen()
	half := make([]float64, s.d)
	for i := range half {
		half[i] = 0.5 / scale
	}
	s.opt = s.r.transposedTimes(half)
	return func(x []float64) []float64 {
		z := s.r.times(x)
		for i := range z {
			z[i] = scale*z[i] + 0.5
		}
		return z
	}
}

// ellipsoidRotated is f10: f2, rotated.
func (s *setting) ellipsoidRotated() func([]float64) float64 {
	weights := ramp(10, 6, s.d)
	return func(x []float64) float64 { return weighted(weights, oscillateAll(s.r.times(s.away(x)))) }
}

// discus is f11: one direction is a thousand times as steep as all others.
func (s *setting) discus() func([]float64) float64 {
	return func(x []float64) float64 {
		z := oscillateAll(s.r.times(s.away(x)))
		return squares(z) + (1e6-1)*z[0]*z[0]
	}
}

// bentCigar is f12: one direction is gentle, and bent.
func (s *setting) bentCigar() func([]float64) float64 {
	return func(x []float64) float64 {
		z := s.r.times(skew(s.r.times(s.away(x)), 0.5))
		return z[0]*z[0] + 1e6*squares(z[1:])
	}
}

// sharpRidge is f13: not smooth along the whole way to the optimum.
func (s *setting) sharpRidge() func([]float64) float64 {
	m := s.conditioned(10)
	return func(x []float64) float64 {
		z := m.times(s.away(x))
		return z[0]*z[0] + 100*math.Sqrt(squares(z[1:]))
	}
}

// powers is f14: the directions have exponents from 2 to 6.
func (s *setting) powers() func([]float64) float64 {
	return func(x []float64) float64 {
		sum := 0.0
		for i, v := range s.r.times(s.away(x)) {
			sum += math.Pow(math.Abs(v), 2+4*fraction(i, s.d))
		}
		return math.Sqrt(sum)
	}
}
