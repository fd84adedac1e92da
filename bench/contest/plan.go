package contest

import (
	"cmp"
	"hash/fnv"
	"slices"

	"github.com/hone-tuner/hone/bench/problems"
)

// Plan says what is to be played.
type Plan struct {
	Contestants []Contestant
	Problems    []*problems.Problem
	Modes       []Mode
	// Trials is the budget of each run; 0 means PerDimension times the number of parameters.
	Trials, PerDimension int
	// Seeds are 1 to this number.
	Seeds int
	// SlowSeeds is how many of them slow contestants play, on small problems only.
	SlowSeeds int
}

// Tasks lists the runs. Seeds come first and the problems are shuffled, so that however early it is stopped, all
// contestants have played the same, and some of every group.
func (p Plan) Tasks() []Task {
	shuffled := slices.Clone(p.Problems)
	slices.SortStableFunc(shuffled, func(a, b *problems.Problem) int { return cmp.Compare(hash(a.Name), hash(b.Name)) })
	// What slow contestants play comes first, for that is what all are compared on.
	slices.SortStableFunc(shuffled, func(a, b *problems.Problem) int {
		switch {
		case a.Small == b.Small:
			return 0
		case a.Small:
			return -1
		}
		return 1
	})
	var tasks []Task
	for seed := 1; seed <= p.Seeds; seed++ {
		for _, mode := range p.Modes {
			for _, problem := range shuffled {
				for _, c := range p.Contestants {
					if c.Info().Slow && (!problem.Small || seed > p.SlowSeeds) {
						continue
					}
					tasks = append(tasks, Task{Contestant: c, Problem: problem, Mode: mode, Seed: uint64(seed), Trials: p.budget(problem)})
				}
			}
		}
	}
	return tasks
}

func (p Plan) budget(problem *problems.Problem) int {
	if p.Trials > 0 {
		return p.Trials
	}
	return p.PerDimension * problem.Space.Len()
}

func hash(s string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(s))
	return h.Sum64()
}
