package problems

import (
	"encoding/binary"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/hone-tuner/hone"
)

// infeasibleProblems have points without a value, as a training has that runs out of memory or diverges: on the far side of
// a plane, on the far side of a plane that goes through the best point, in scattered cells, or where a function of the
// point, that the tuner does not see, says so.
func infeasibleProblems(all []*Problem) []*Problem {
	var out []*Problem
	out = append(out, derive(all, "infeasible-half", beyond(false), []string{
		"bbob-f8-d5-i1", "bbob-f15-d10-i1", "bbob-f22-d5-i1", "mixed-training-f8",
	})...)
	out = append(out, derive(all, "infeasible-border", beyond(true), []string{
		"bbob-f1-d5-i1", "bbob-f10-d5-i1", "classic-hartmann6", "mixed-f17-d10", "mixed-f15-d5",
	})...)
	out = append(out, derive(all, "infeasible-cells", scattered, []string{
		"classic-branin2", "bbob-f8-d10-i1", "bbob-f17-d5-i1", "classic-levy10", "mixed-training-f21",
	})...)
	return append(out, designProblems()...)
}

// cut takes the value from points.
func cut(p *Problem, broken func(u []float64) bool) {
	whole, space := p.Value, p.Space
	p.Group = Infeasible
	p.Value = func(a hone.Assignments) float64 {
		if broken(space.ToUnit(a)) {
			return math.NaN()
		}
		return whole(a)
	}
}

// beyond takes the value from points on one side of a plane: a quarter of them, or, where the plane goes through the best
// point, between 20 and 30 %.
func beyond(border bool) func(p, from *Problem) {
	return func(p, _ *Problem) {
		rng := generator(p.Name)
		points := cube(p.Space, rng)
		best := p.Space.ToUnit(p.Best)
		for {
			normal := make([]float64, p.Space.Len())
			for i := range normal {
				normal[i] = rng.NormFloat64()
			}
			reach := make([]float64, len(points))
			for i, u := range points {
				reach[i] = dot(normal, u)
			}
			slices.Sort(reach)
			limit := reach[len(reach)*3/4]
			if border {
				limit = dot(normal, best)
			}
			lost := float64(len(reach)-lower(reach, limit)) / float64(len(reach))
			if dot(normal, best) <= limit && lost >= 0.2 && lost <= 0.3 {
				cut(p, func(u []float64) bool { return dot(normal, u) > limit })
				return
			}
		}
	}
}

// lower counts the numbers that are not above a limit.
func lower(sorted []float64, limit float64) int {
	n, _ := slices.BinarySearch(sorted, math.Nextafter(limit, math.Inf(1)))
	return n
}

// cube draws points of a space without conditions, as coordinates.
func cube(s *hone.Space, rng *rand.Rand) [][]float64 {
	points := make([][]float64, 1000)
	for i := range points {
		points[i] = s.ToUnit(s.Draw(rng))
	}
	return points
}

// scattered divides up to three coordinates into four parts each (two: into six), and takes the value from 20 to 30 % of the
// cells, though not from that of the best point.
func scattered(p, _ *Problem) {
	rng := generator(p.Name)
	axes, parts := min(3, p.Space.Len()), 4
	if axes == 2 {
		parts = 6
	}
	points := cube(p.Space, rng)
	best := p.Space.ToUnit(p.Best)
	for {
		salt := rng.Uint64()
		broken := func(u []float64) bool {
			h := fnv.New64a()
			_ = binary.Write(h, binary.LittleEndian, salt) // a hash takes every byte
			for _, x := range u[:axes] {
				_, _ = h.Write([]byte{byte(min(parts-1, int(x*float64(parts))))})
			}
			return h.Sum64()>>11%100 < 25
		}
		lost := 0
		for _, u := range points {
			if broken(u) {
				lost++
			}
		}
		if !broken(best) && lost >= 200 && lost <= 300 {
			cut(p, broken)
			return
		}
	}
}
