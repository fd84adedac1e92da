package contest

import (
	"cmp"
	"slices"
)

// Board holds what several contestants did on the problems that all of them have played with the same seeds, so that
// nobody is measured on easier ones than the others.
type Board struct {
	// Names are the contestants.
	Names []string
	// Tasks are the problems, by group and name.
	Tasks []Scored
}

// Scored is a problem that was played.
type Scored struct {
	Problem, Group string
	Trials         int
	Seeds          []uint64
	// Runs has the records of each contestant in the order of the seeds.
	Runs map[string][]Record
}

// taskKey is what runs must have in common to be compared.
type taskKey struct {
	problem string
	mode    Mode
	trials  int
}

// NewBoard compares the contestants on what all of them have good records of.
func NewBoard(records []Record, names []string) Board {
	cells := map[taskKey]map[uint64]map[string]Record{}
	for _, r := range records {
		if !r.Good() || !slices.Contains(names, r.Contestant) {
			continue
		}
		k := taskKey{r.Problem, r.Mode, r.Trials}
		if cells[k] == nil {
			cells[k] = map[uint64]map[string]Record{}
		}
		if cells[k][r.Seed] == nil {
			cells[k][r.Seed] = map[string]Record{}
		}
		cells[k][r.Seed][r.Contestant] = r
	}
	b := Board{Names: names}
	for k, seeds := range cells {
		if s, any := scored(k, seeds, names); any {
			b.Tasks = append(b.Tasks, s)
		}
	}
	slices.SortFunc(b.Tasks, func(a, b Scored) int {
		return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Problem, b.Problem), cmp.Compare(a.Trials, b.Trials))
	})
	return b
}

// scored keeps the seeds that all have played.
func scored(k taskKey, seeds map[uint64]map[string]Record, names []string) (Scored, bool) {
	s := Scored{Problem: k.problem, Trials: k.trials, Runs: map[string][]Record{}}
	for seed, runs := range seeds {
		if len(runs) == len(names) {
			s.Seeds = append(s.Seeds, seed)
		}
	}
	slices.Sort(s.Seeds)
	for _, seed := range s.Seeds {
		for name, r := range seeds[seed] {
			s.Group = r.Group
			s.Runs[name] = append(s.Runs[name], r)
		}
	}
	return s, len(s.Seeds) > 0
}

// Groups lists the groups of the tasks, in their order.
func (b Board) Groups() (groups []string) {
	for _, t := range b.Tasks {
		if !slices.Contains(groups, t.Group) {
			groups = append(groups, t.Group)
		}
	}
	return groups
}

// In returns the board of one group's tasks.
func (b Board) In(group string) Board {
	return b.where(func(t Scored) bool { return t.Group == group })
}

// Long returns the board of the tasks with a budget of at least n trials.
func (b Board) Long(n int) Board {
	return b.where(func(t Scored) bool { return t.Trials >= n })
}

func (b Board) where(keep func(Scored) bool) Board {
	out := Board{Names: b.Names}
	for _, t := range b.Tasks {
		if keep(t) {
			out.Tasks = append(out.Tasks, t)
		}
	}
	return out
}

// Seeds tells the fewest and the most seeds of a task.
func (b Board) Seeds() (fewest, most int) {
	for i, t := range b.Tasks {
		if n := len(t.Seeds); i == 0 || n < fewest {
			fewest = n
		}
		most = max(most, len(t.Seeds))
	}
	return fewest, most
}

// Regret is a contestant's mean regret over the seeds after n trials; 0 means the whole budget.
func (s Scored) Regret(name string, n int) float64 {
	if n == 0 {
		n = s.Trials
	}
	sum := 0.0
	for _, r := range s.Runs[name] {
		sum += r.After(n)
	}
	return sum / float64(len(s.Runs[name]))
}

// Regret is the mean over all tasks of a contestant's regret after n trials, or the whole budget of each for 0; tasks
// with smaller budgets are left out. NaN when there are none.
func (b Board) Regret(name string, n int) float64 {
	return mean(b.regrets(name, n))
}

func (b Board) regrets(name string, n int) (regrets []float64) {
	for _, t := range b.Tasks {
		if t.Trials >= n {
			regrets = append(regrets, t.Regret(name, n))
		}
	}
	return regrets
}
