package contest

import (
	"cmp"
	"slices"
)

// Keep makes of records what is worth keeping for years: in a fixed order, and of the times of suggestions only those
// that Latency looks at, at the numbers of trials that reports look at. The others are 0.
func Keep(records []Record) []Record {
	kept := slices.Clone(records)
	for i, r := range kept {
		kept[i].Seconds = r.thinned()
	}
	slices.SortFunc(kept, func(a, b Record) int {
		return cmp.Or(cmp.Compare(a.Mode, b.Mode), cmp.Compare(a.Contestant, b.Contestant), cmp.Compare(a.Problem, b.Problem),
			cmp.Compare(a.Trials, b.Trials), cmp.Compare(a.Seed, b.Seed))
	})
	return kept
}

func (r Record) thinned() Figures {
	thin := make(Figures, len(r.Seconds))
	for _, end := range append(Checkpoints([]Record{r}), len(r.Seconds)) {
		if end > 0 && end <= len(thin) {
			begin := max(0, end-window)
			copy(thin[begin:end], r.Seconds[begin:end])
		}
	}
	return thin
}
