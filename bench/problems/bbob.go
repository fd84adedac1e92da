package problems

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// The 24 noiseless functions of the Black-Box Optimization Benchmark, after Hansen, Finck, Ros and Auger 2009,
// "Real-Parameter Black-Box Optimization Benchmarking 2009: Noiseless Functions Definitions" (INRIA RR-6829), with
// the corrections of COCO's later editions. The optimum's value is 0, and the penalty for leaving the box is left
// out: nobody can. Instances are drawn by generators of our own, so a function is COCO's, an instance is not.

// setting is what an instance of a function is made of.
type setting struct {
	d    int
	opt  []float64
	r, q matrix
	rng  *rand.Rand
}

// bbobDimensions are those of the suite.
func bbobDimensions() []int { return []int{2, 5, 10, 20} }

// reserved sets every third function aside as a whole, which takes from each of COCO's five groups. What other groups
// make of these functions is set aside with them.
func reserved(f int) bool { return f%3 == 0 }

// bbobProblems makes every function in every dimension.
func bbobProblems() []*Problem {
	var out []*Problem
	for f := 1; f <= 24; f++ {
		for _, d := range bbobDimensions() {
			name := fmt.Sprintf("bbob-f%d-d%d-i1", f, d)
			p := continuous(name, BBOB, doubles(d, -5, 5), bbob(f, d, generator(name), nil))
			p.Reserve = reserved(f)
			out = append(out, p)
		}
	}
	return out
}

// bbob makes function f in d ≥ 2 dimensions. opt places the optimum of the functions that let it be placed; nil
// draws it from the middle of the box.
func bbob(f, d int, rng *rand.Rand, opt []float64) landscape {
	s := &setting{d: d, rng: rng, r: rotation(rng, d), q: rotation(rng, d), opt: uniform(rng, d, -3, 3)}
	if opt != nil {
		s.opt = opt
	}
	value := bbobFunctions()[f-1](s)
	return landscape{f: value, opt: s.opt, best: 0}
}

// bbobFunctions lists the functions in their order. Each may move the optimum before it returns.
func bbobFunctions() []func(*setting) func([]float64) float64 {
	return []func(*setting) func([]float64) float64{
		(*setting).sphere, (*setting).ellipsoid, (*setting).rastrigin, (*setting).bueche, (*setting).slope,
		(*setting).attractive, (*setting).steps, (*setting).rosenbrock, (*setting).rosenbrockRotated,
		(*setting).ellipsoidRotated, (*setting).discus, (*setting).bentCigar, (*setting).sharpRidge, (*setting).powers,
		(*setting).rastriginRotated, (*setting).weierstrass, (*setting).schaffers, (*setting).schaffersSteep,
		(*setting).griewankRosenbrock, (*setting).schwefel, (*setting).gallagher101, (*setting).gallagher21,
		(*setting).katsuura, (*setting).lunacek,
	}
}

// away is the way from the optimum to x.
func (s *setting) away(x []float64) []float64 {
	z := make([]float64, s.d)
	for i := range z {
		z[i] = x[i] - s.opt[i]
	}
	return z
}

// condition is the diagonal Λ^α.
func (s *setting) condition(alpha float64) []float64 { return ramp(alpha, 0.5, s.d) }

// conditioned is QΛ^αR.
func (s *setting) conditioned(alpha float64) matrix {
	return product(s.q, s.condition(alpha), s.r)
}

// oscillate is T_osz for one number: small bumps that keep the order of numbers.
func oscillate(x float64) float64 {
	if x == 0 {
		return 0
	}
	up, down := 10.0, 7.9
	if x < 0 {
		up, down = 5.5, 3.1
	}
	l := math.Log(math.Abs(x))
	return math.Copysign(math.Exp(l+0.049*(math.Sin(up*l)+math.Sin(down*l))), x)
}

// oscillateAll is T_osz for each of some numbers, in place.
func oscillateAll(z []float64) []float64 {
	for i := range z {
		z[i] = oscillate(z[i])
	}
	return z
}

// skew is T_asy^β, in place: it stretches the positive side.
func skew(z []float64, beta float64) []float64 {
	for i, x := range z {
		if x > 0 {
			z[i] = math.Pow(x, 1+beta*fraction(i, len(z))*math.Sqrt(x))
		}
	}
	return z
}

func squares(z []float64) float64 { return dot(z, z) }

// weighted is the sum of weighted squares.
func weighted(weights, z []float64) float64 {
	sum := 0.0
	for i, w := range weights {
		sum += w * z[i] * z[i]
	}
	return sum
}

// ripples is Rastrigin's function: a bowl with a cosine in each direction.
func ripples(z []float64) float64 {
	sum := 0.0
	for _, x := range z {
		sum += 1 - math.Cos(2*math.Pi*x)
	}
	return 10*sum + squares(z)
}

// valley is Rosenbrock's function, 0 where all are 1.
func valley(z []float64) float64 {
	sum := 0.0
	for i := range len(z) - 1 {
		bend, along := z[i]*z[i]-z[i+1], z[i]-1
		sum += 100*bend*bend + along*along
	}
	return sum
}

// widen is the scale of the functions that are made of Rosenbrock's.
func (s *setting) widen() float64 { return math.Max(1, math.Sqrt(float64(s.d))/8) }
