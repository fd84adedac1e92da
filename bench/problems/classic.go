package problems

import (
	"math"

	"github.com/hone-tuner/hone"
)

// classicProblems are the named functions of the literature. Where the best point is in the middle or on the
// diagonal of the box, it is moved (functions that are as good nowhere else, inside the box or out of it) or the box
// is mirrored in some of its directions (functions that grow too fast to be moved). Every third one is set aside.
func classicProblems() []*Problem {
	out := []*Problem{
		continuous("classic-branin2", Classic, []hone.Parameter{hone.Double("x1", -5, 10), hone.Double("x2", 0, 15)}, branin()),
		classic("classic-hartmann3", 0, 1, hartmann3()),
		classic("classic-hartmann6", 0, 1, hartmann6()),
		moved("classic-ackley10", 10, -5, 5, 0, ackley),
		moved("classic-levy10", 10, -10, 10, 1, levy),
		mirrored("classic-rosenbrock5", -2, 2, []float64{1, 1, 1, 1, 1}, valley),
		moved("classic-griewank8", 8, -600, 600, 0, griewank),
		moved("classic-rastrigin5", 5, -5.12, 5.12, 0, ripples),
		mirrored("classic-styblinski6", -5, 5, repeat(styblinskiOpt, 6), styblinski),
		michalewicz5("classic-michalewicz5"),
		moved("classic-cosine8", 8, -1, 1, 0, cosine),
		classic("classic-shekel4", 0, 10, shekel()),
		camel("classic-camel2"),
		moved("classic-ellipsoid10", 10, -5, 5, 0, ellipsoid(10)),
	}
	for i, p := range out {
		p.Reserve = i%3 == 1
	}
	return out
}

// classic makes the problem of a landscape over a box that is the same in each direction.
func classic(name string, lo, hi float64, l landscape) *Problem {
	return continuous(name, Classic, doubles(len(l.opt), lo, hi), l)
}

// moved moves the best point of a function, which is usual in each direction, to a random place in the middle
// three fifths of the box.
func moved(name string, d int, lo, hi, usual float64, f func([]float64) float64) *Problem {
	return classic(name, lo, hi, move(generator(name).Float64, d, lo, hi, usual, f))
}

func move(random func() float64, d int, lo, hi, usual float64, f func([]float64) float64) landscape {
	opt := make([]float64, d)
	for i := range opt {
		opt[i] = lo + (hi-lo)*(0.2+0.6*random())
	}
	return at(opt, func(x []float64) float64 {
		z := make([]float64, len(x))
		for i := range z {
			z[i] = x[i] - opt[i] + usual
		}
		return f(z)
	})
}

// mirrored turns the box around in random directions.
func mirrored(name string, lo, hi float64, opt []float64, f func([]float64) float64) *Problem {
	rng := generator(name)
	sign := make([]float64, len(opt))
	there := make([]float64, len(opt))
	for i := range sign {
		sign[i] = float64(2*rng.IntN(2) - 1)
		there[i] = sign[i] * opt[i]
	}
	return classic(name, lo, hi, at(there, func(x []float64) float64 {
		z := make([]float64, len(x))
		for i := range z {
			z[i] = sign[i] * x[i]
		}
		return f(z)
	}))
}

func repeat(x float64, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = x
	}
	return out
}

// branin has three best points in its box of [-5, 10] × [0, 15].
func branin() landscape {
	return at([]float64{math.Pi, 2.275}, func(x []float64) float64 {
		bend := x[1] - 5.1/(4*math.Pi*math.Pi)*x[0]*x[0] + 5/math.Pi*x[0] - 6
		return bend*bend + 10*(1-1/(8*math.Pi))*math.Cos(x[0]) + 10
	})
}

// ackley has its least value, 0, at 0.
func ackley(z []float64) float64 {
	n := float64(len(z))
	sum := 0.0
	for _, x := range z {
		sum += math.Cos(2 * math.Pi * x)
	}
	return -20*math.Expm1(-0.2*math.Sqrt(squares(z)/n)) - math.E*math.Expm1(sum/n-1)
}

// levy has its least value, 0, where all are 1.
func levy(z []float64) float64 {
	w := make([]float64, len(z))
	for i, x := range z {
		w[i] = 1 + (x-1)/4
	}
	last := len(w) - 1
	sum := sine2(math.Pi*w[0]) + (w[last]-1)*(w[last]-1)*(1+sine2(2*math.Pi*w[last]))
	for _, v := range w[:last] {
		sum += (v - 1) * (v - 1) * (1 + 10*sine2(math.Pi*v+1))
	}
	return sum
}

func sine2(x float64) float64 { return math.Sin(x) * math.Sin(x) }

// griewank has its least value, 0, at 0.
func griewank(z []float64) float64 {
	waves := 1.0
	for i, x := range z {
		waves *= math.Cos(x / math.Sqrt(float64(i+1)))
	}
	return 1 + squares(z)/4000 - waves
}

// styblinskiOpt is where the function of Styblinski and Tang is least, in each direction.
const styblinskiOpt = -2.9035340151

func styblinski(z []float64) float64 {
	sum := 0.0
	for _, x := range z {
		sum += (x*x*x*x - 16*x*x + 5*x) / 2
	}
	return sum
}

// michalewicz5 is usually searched in [0, π], with its best point in the middle of one direction. Each direction is
// moved by up to a fifth of that: outside its usual box the function is nowhere as good.
func michalewicz5(name string) *Problem {
	rng := generator(name)
	opt := []float64{2.2029055194, 1.570796328, 1.2849915683, 1.9230584717, 1.720469773}
	by := uniform(rng, len(opt), -0.2*math.Pi, 0.2*math.Pi)
	there := make([]float64, len(opt))
	for i := range there {
		there[i] = opt[i] + by[i]
	}
	return classic(name, 0, math.Pi, at(there, func(x []float64) float64 {
		sum := 0.0
		for i := range x {
			z := x[i] - by[i]
			sum -= math.Sin(z) * math.Pow(math.Sin(float64(i+1)*z*z/math.Pi), 20)
		}
		return sum
	}))
}

// cosine has its least value, -0.1 for each direction, at 0.
func cosine(z []float64) float64 {
	sum := squares(z)
	for _, x := range z {
		sum -= 0.1 * math.Cos(5*math.Pi*x)
	}
	return sum
}

// ellipsoid has condition 10^6.
func ellipsoid(d int) func([]float64) float64 {
	weights := ramp(10, 6, d)
	return func(z []float64) float64 { return weighted(weights, z) }
}

// camel is the one with six humps, moved by up to a unit.
func camel(name string) *Problem {
	by := uniform(generator(name), 2, -1, 1)
	opt := []float64{0.089842008935 + by[0], -0.71265640302 + by[1]}
	box := []hone.Parameter{hone.Double("x1", -3, 3), hone.Double("x2", -2, 2)}
	return continuous(name, Classic, box, at(opt, func(x []float64) float64 {
		u, v := x[0]-by[0], x[1]-by[1]
		u2, v2 := u*u, v*v
		return (4-2.1*u2+u2*u2/3)*u2 + u*v + (4*v2-4)*v2
	}))
}
