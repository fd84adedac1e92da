package problems

import (
	"math"

	"github.com/hone-tuner/hone"
)

// designProblems are problems of engineering and of the literature on constraints. A point that breaks a constraint has no
// value, and the tuner is not told why.
func designProblems() []*Problem {
	return []*Problem{gramacy(), gardner1(), gardner2(), pressureVessel(), weldedBeam(), speedReducer()}
}

// design makes a problem of a cost and of quantities that must not be above 0.
func design(name string, reserve bool, parameters []hone.Parameter, best []float64, cost func(x []float64) float64, limits func(x []float64) []float64) *Problem {
	p := &Problem{Name: "infeasible-" + name, Group: Infeasible, Reserve: reserve, Space: compile(hone.NewSpace(parameters...), nil)}
	p.Value = func(a hone.Assignments) float64 {
		x := numbers(a)
		for _, g := range limits(x) {
			if g > 0 {
				return math.NaN()
			}
		}
		return cost(x)
	}
	p.Best, p.Optimum = point(p.Space, best), cost(best)
	return p
}

// gramacy is from Gramacy et al. 2016, "Modeling an augmented Lagrangian for blackbox constrained optimization".
func gramacy() *Problem {
	return design("gramacy2", false, doubles(2, 0, 1), []float64{0.1951226880197794, 0.4046653639902902},
		func(x []float64) float64 { return x[0] + x[1] },
		func(x []float64) []float64 {
			return []float64{
				1.5 - x[0] - 2*x[1] - 0.5*math.Sin(2*math.Pi*(x[0]*x[0]-2*x[1])),
				squares(x) - 1.5,
			}
		})
}

// gardner1 is the first simulation of Gardner et al. 2014, "Bayesian optimization with inequality constraints".
func gardner1() *Problem {
	return design("gardner1", false, doubles(2, 0, 6), []float64{1.5 * math.Pi, 0},
		func(x []float64) float64 { return math.Cos(2*x[0])*math.Cos(x[1]) + math.Sin(x[0]) },
		func(x []float64) []float64 { return []float64{math.Cos(x[0]+x[1]) - 0.5} })
}

// gardner2 is the second: less than a fiftieth of the box has a value.
func gardner2() *Problem {
	return design("gardner2", true, doubles(2, 0, 6), []float64{1.5 * math.Pi, math.Asin(0.95) + 1e-14},
		func(x []float64) float64 { return math.Sin(x[0]) + x[1] },
		func(x []float64) []float64 { return []float64{math.Sin(x[0])*math.Sin(x[1]) + 0.95} })
}

// pressureVessel costs what a vessel costs whose walls come in sixteenths of an inch (Sandgren 1990, "Nonlinear integer
// and discrete programming in mechanical design optimization"). The least cost was found by going through all pairs
// of walls.
func pressureVessel() *Problem {
	return design("pressure4", false, vesselParameters(), vesselBest(), vesselCost, func(x []float64) []float64 {
		return []float64{
			0.0193*x[2] - x[0],
			0.00954*x[2] - x[1],
			1296000 - math.Pi*x[2]*x[2]*x[3] - 4.0/3*math.Pi*x[2]*x[2]*x[2],
		}
	})
}

func vesselParameters() []hone.Parameter {
	return []hone.Parameter{
		hone.Double("shell", 0.0625, 6.1875).By(0.0625), hone.Double("head", 0.0625, 6.1875).By(0.0625),
		hone.Double("radius", 10, 200), hone.Double("length", 10, 200),
	}
}

// vesselBest is a hair inside of its constraints, which leaves room for rounding.
func vesselBest() []float64 {
	const shell, head = 0.8125, 0.4375
	radius := shell / 0.0193 * (1 - 1e-13)
	length := (1296000 - 4.0/3*math.Pi*radius*radius*radius) / (math.Pi * radius * radius) * (1 + 1e-12)
	return []float64{shell, head, radius, length}
}

func vesselCost(x []float64) float64 {
	return 0.6224*x[0]*x[2]*x[3] + 1.7781*x[1]*x[2]*x[2] + 3.1661*x[0]*x[0]*x[3] + 19.84*x[0]*x[0]*x[2]
}

// weldedBeam costs what it costs to weld a beam that bears a load (Ragsdell and Phillips 1976, "Optimal design of a class
// of welded structures"; the variant that is common since Coello 2000). One point in 250 has a value. At the best
// point, the two stresses and the buckling load are at their limits; it was solved for from that, after a search
// from 300 points had found no better.
func weldedBeam() *Problem {
	const load, reach, young, shear = 6000, 14, 30e6, 12e6
	parameters := []hone.Parameter{
		hone.Double("weld", 0.125, 5), hone.Double("length", 0.1, 10), hone.Double("height", 0.1, 10), hone.Double("width", 0.1, 5),
	}
	steel := func(x []float64) float64 { return 0.04811 * x[2] * x[3] * (14 + x[1]) }
	stress := func(h, l, t float64) float64 {
		first := load / (math.Sqrt2 * h * l)
		half := (h + t) / 2
		arm := math.Sqrt(l*l/4 + half*half)
		inertia := 2 * math.Sqrt2 * h * l * (l*l/12 + half*half)
		second := load * (reach + l/2) * arm / inertia
		return math.Sqrt(first*first + first*second*l/arm + second*second)
	}
	return design("welded4", false, parameters, []float64{0.20572963978608014, 3.470488665628011, 9.036623910357662, 0.20572963978608014},
		func(x []float64) float64 { return 1.10471*x[0]*x[0]*x[1] + steel(x) },
		func(x []float64) []float64 {
			t, b := x[2], x[3]
			buckling := 4.013 * young / (reach * reach) * t * b * b * b / 6 * (1 - t/(2*reach)*math.Sqrt(young/(4*shear)))
			return []float64{
				stress(x[0], x[1], t) - 13600,
				6*load*reach/(b*t*t) - 30000,
				x[0] - b,
				0.10471*x[0]*x[0] + steel(x) - 5,
				4*load*reach*reach*reach/(young*b*t*t*t) - 0.25,
				load - buckling,
			}
		})
}

// speedReducer weighs a gear box (Golinski 1970, "Optimal synthesis problems solved by means of nonlinear programming and
// random methods"). One point in a thousand has a value. At the best point, seven constraints are at their limits, from
// which it was solved for, after a search from 60 points for each number of teeth had found no better.
func speedReducer() *Problem {
	parameters := []hone.Parameter{
		hone.Double("face", 2.6, 3.6), hone.Double("module", 0.7, 0.8), hone.Int("teeth", 17, 28), hone.Double("length1", 7.3, 8.3),
		hone.Double("length2", 7.3, 8.3), hone.Double("shaft1", 2.9, 3.9), hone.Double("shaft2", 5, 5.5),
	}
	bend := func(length, gear, material float64) float64 {
		v := 745 * length / gear
		return math.Sqrt(v*v + material)
	}
	return design("reducer7", true, parameters, []float64{3.5, 0.7, 17, 7.3, 7.715319911478250, 3.350214666096452, 5.286654464980224},
		func(x []float64) float64 {
			z, f, g := x[2], x[5], x[6]
			return 0.7854*x[0]*x[1]*x[1]*(3.3333*z*z+14.9334*z-43.0934) - 1.508*x[0]*(f*f+g*g) +
				7.4777*(f*f*f+g*g*g) + 0.7854*(x[3]*f*f+x[4]*g*g)
		},
		func(x []float64) []float64 {
			gear, body := x[1]*x[2], x[0]*x[1]*x[1]*x[2]
			return []float64{
				27 - body,
				397.5 - body*x[2],
				1.93*x[3]*x[3]*x[3] - gear*math.Pow(x[5], 4),
				1.93*x[4]*x[4]*x[4] - gear*math.Pow(x[6], 4),
				bend(x[3], gear, 16.9e6) - 110*x[5]*x[5]*x[5],
				bend(x[4], gear, 157.5e6) - 85*x[6]*x[6]*x[6],
				gear - 40,
				5*x[1] - x[0],
				x[0] - 12*x[1],
				1.5*x[5] + 1.9 - x[3],
				1.1*x[6] + 1.9 - x[4],
			}
		})
}
