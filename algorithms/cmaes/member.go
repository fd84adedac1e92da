package cmaes

import (
	"cmp"
	"math"
	"slices"
)

// member is a finished trial that a generation is updated by.
type member struct {
	cost   float64       // NaN when it has no value
	v      []float64     // where it was drawn, by axis
	own    *distribution // that it was drawn from; nil when it was not drawn, or so long ago that it is forgotten
	active []bool        // by axis; nil when all are
	chosen []int         // by category: the value; -1 where it is not active
}

// rank sorts members: the best first, those without a value last, and of equal ones the earlier.
func rank(members []member) {
	slices.SortStableFunc(members, func(a, b member) int {
		switch {
		case math.IsNaN(a.cost) && math.IsNaN(b.cost):
			return 0
		case math.IsNaN(a.cost):
			return 1
		case math.IsNaN(b.cost):
			return -1
		}
		return cmp.Compare(a.cost, b.cost)
	})
}

// share gives members of equal cost the same weight, and takes the weights to move by away from those that have
// no value: nothing moves towards a failure. Without any value both are nil.
func share(members []member, move, adapt []float64) ([]float64, []float64) {
	for i := 0; i < len(members); {
		k := i + 1
		for k < len(members) && (members[k].cost == members[i].cost || math.IsNaN(members[i].cost)) {
			k++
		}
		average(move[i:k])
		average(adapt[i:k])
		if math.IsNaN(members[i].cost) {
			clear(move[i:k])
		}
		i = k
	}
	sum := 0.0
	for _, w := range move {
		sum += w
	}
	if sum == 0 {
		return nil, nil
	}
	for i := range move {
		move[i] /= sum
	}
	return move, adapt
}

func average(w []float64) {
	sum := 0.0
	for _, x := range w {
		sum += x
	}
	for i := range w {
		w[i] = sum / float64(len(w))
	}
}
