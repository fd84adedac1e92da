package lbfgs

import "math"

// Func computes a value and writes its gradient. A value that is not finite is a place to keep away from.
type Func func(x, gradient []float64) float64

// Problem is a function, a box and when to be content.
type Problem struct {
	F      Func
	Lo, Hi []float64
	// Evaluations bounds the calls of F.
	Evaluations int
	// Gradient ends the search when no coordinate of the projected gradient is larger.
	Gradient float64
	// Decrease ends the search when a step gains less than this share of the value.
	Decrease float64
}

// memory is how many steps the curvature is learned from.
const memory = 8

// Minimize searches from x, which is moved into the box. It returns the best place and its value.
func Minimize(p Problem, x []float64) ([]float64, float64) {
	s := &search{Problem: p, x: p.clip(append([]float64(nil), x...)), g: make([]float64, len(x))}
	s.value = s.evaluate(s.x, s.g)
	for s.calls < s.Evaluations && s.projected() > p.Gradient && s.step() {
	}
	return s.x, s.value
}

type search struct {
	Problem
	x, g  []float64
	value float64
	calls int
	pairs []pair
}

// pair is one step and the change of the gradient along it.
type pair struct {
	s, y []float64
	rho  float64
}

func (s *search) evaluate(x, g []float64) float64 {
	s.calls++
	value := s.F(x, g)
	if math.IsNaN(value) {
		return math.Inf(1)
	}
	return value
}

func (p Problem) clip(x []float64) []float64 {
	for i := range x {
		x[i] = math.Min(math.Max(x[i], p.Lo[i]), p.Hi[i])
	}
	return x
}

// projected is how far the steepest step of length one gets in any coordinate.
func (s *search) projected() float64 {
	most := 0.0
	for i, g := range s.g {
		to := math.Min(math.Max(s.x[i]-g, s.Lo[i]), s.Hi[i])
		most = math.Max(most, math.Abs(to-s.x[i]))
	}
	return most
}

// held reports whether a bound keeps coordinate i from going downhill.
func (s *search) held(i int) bool {
	return s.x[i] <= s.Lo[i] && s.g[i] > 0 || s.x[i] >= s.Hi[i] && s.g[i] < 0
}

// step moves once; false when nothing was gained. What was learned may point out of the box; then the
// gradient has another try.
func (s *search) step() bool {
	before := s.value
	if !s.along(s.direction()) && len(s.pairs) > 0 {
		s.pairs = nil
		s.along(s.direction())
	}
	return before-s.value > s.Decrease*(1+math.Abs(s.value))
}

// along goes back from a full step until the value has fallen enough for the way.
func (s *search) along(d []float64) bool {
	x, g := make([]float64, len(d)), make([]float64, len(d))
	for t := 1.0; s.calls < s.Evaluations; t *= 0.35 {
		for i := range x {
			x[i] = s.x[i] + t*d[i]
		}
		s.clip(x)
		expected := 0.0
		for i := range x {
			expected += s.g[i] * (x[i] - s.x[i])
		}
		if expected > -1e-16 {
			return false
		}
		if value := s.evaluate(x, g); value <= s.value+1e-4*expected {
			s.remember(x, g)
			s.x, s.g, s.value = x, g, value
			return true
		}
	}
	return false
}

// remember keeps a step, if the function curves upwards along it.
func (s *search) remember(x, g []float64) {
	p := pair{s: make([]float64, len(x)), y: make([]float64, len(x))}
	for i := range x {
		p.s[i], p.y[i] = x[i]-s.x[i], g[i]-s.g[i]
	}
	sy := dot(p.s, p.y)
	if sy <= 1e-10*math.Sqrt(dot(p.s, p.s)*dot(p.y, p.y)) {
		return
	}
	p.rho = 1 / sy
	if len(s.pairs) == memory {
		s.pairs = s.pairs[1:]
	}
	s.pairs = append(s.pairs, p)
}

// direction applies the inverse Hessian, as far as it is known, to the gradient of the free coordinates.
func (s *search) direction() []float64 {
	d := make([]float64, len(s.g))
	for i, g := range s.g {
		if !s.held(i) {
			d[i] = -g
		}
	}
	if len(s.pairs) == 0 {
		scale(d, math.Min(1, 1/math.Sqrt(dot(d, d)+1e-300)))
		return d
	}
	a := make([]float64, len(s.pairs))
	for k := len(s.pairs) - 1; k >= 0; k-- {
		a[k] = s.pairs[k].rho * dot(s.pairs[k].s, d)
		add(d, -a[k], s.pairs[k].y)
	}
	last := s.pairs[len(s.pairs)-1]
	scale(d, 1/(last.rho*dot(last.y, last.y)))
	for k, p := range s.pairs {
		add(d, a[k]-p.rho*dot(p.y, d), p.s)
	}
	for i := range d {
		if s.held(i) {
			d[i] = 0
		}
	}
	return d
}

func dot(a, b []float64) float64 {
	sum := 0.0
	for i, x := range a {
		sum += x * b[i]
	}
	return sum
}

func add(a []float64, f float64, b []float64) {
	for i := range a {
		a[i] += f * b[i]
	}
}

func scale(a []float64, f float64) {
	for i := range a {
		a[i] *= f
	}
}
