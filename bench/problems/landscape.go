package problems

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"

	"github.com/hone-tuner/hone"
)

// landscape is a function of plain numbers, with a point where it is least. Problems are made of landscapes by
// giving them a search space.
type landscape struct {
	f    func(x []float64) float64
	opt  []float64
	best float64
}

// at makes the landscape of a function whose least point is known, and whose least value is taken from it.
func at(opt []float64, f func(x []float64) float64) landscape {
	return landscape{f: f, opt: opt, best: f(opt)}
}

// generator is the source of everything that is random in the problem of a name, so that the same name is the
// same problem everywhere.
func generator(name string) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(name))                              // a hash takes every byte
	return rand.New(rand.NewPCG(h.Sum64(), 0x70726f626c656d)) //nolint:gosec // reproducible, not secret
}

// uniform draws n numbers from a range.
func uniform(rng *rand.Rand, n int, lo, hi float64) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = lo + (hi-lo)*rng.Float64()
	}
	return x
}

// numbers reads the values of a space without conditions.
func numbers(a hone.Assignments) []float64 {
	x := make([]float64, len(a))
	for i := range a {
		x[i] = a[i].Value.Float()
	}
	return x
}

// point writes numbers as a point of a space without conditions.
func point(s *hone.Space, x []float64) hone.Assignments {
	a := make(hone.Assignments, len(x))
	for i, p := range s.Parameters() {
		a[i] = hone.Assignment{Parameter: p.Name, Value: hone.Number(x[i])}
	}
	return a
}

// compile makes a space of parameters that are written down in this package: an error is a mistake in them.
func compile(s hone.SearchSpace, c hone.ConstraintCompiler) *hone.Space {
	space, err := s.Compile(c)
	if err != nil {
		panic("problems: " + err.Error())
	}
	return space
}

// doubles makes the parameters x1, x2, … of a box that is the same in each direction.
func doubles(n int, lo, hi float64) []hone.Parameter {
	out := make([]hone.Parameter, n)
	for i := range out {
		out[i] = hone.Double(fmt.Sprintf("x%d", i+1), lo, hi)
	}
	return out
}

// continuous makes the problem of a landscape over doubles.
func continuous(name string, g Group, parameters []hone.Parameter, l landscape) *Problem {
	p := &Problem{Name: name, Group: g, Space: compile(hone.NewSpace(parameters...), nil), Optimum: l.best}
	p.Value = func(a hone.Assignments) float64 { return l.f(numbers(a)) }
	p.Best = point(p.Space, l.opt)
	return p
}
