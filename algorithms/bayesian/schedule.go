package bayesian

import (
	"sort"

	"github.com/hone-tuner/hone"
)

// Sizes that keep the cost of a suggestion bounded.
const (
	// mostRows is how many finished trials the model holds after a refit; until the next one, those that
	// finish meanwhile join them.
	mostRows = 640
	// fewFitted is how many the hyperparameters are fitted to first, and mostFitted then.
	fewFitted, mostFitted = 120, 300
	// mostPending is how many pending trials the model reckons with: the newest.
	mostPending = 128
	// imagined is how many results of the pending trials are held possible.
	imagined = 8
)

// refitAt returns the length of history at which the hyperparameters that serve a history of n trials were
// fitted. The lengths grow in a geometric way: each trial up to 16, then by an eighth, at most by 60.
func refitAt(n int) int {
	at := min(n, 16)
	for {
		next := at + max(1, min(at/8, 60))
		if next > n {
			return at
		}
		at = next
	}
}

// rowsOf chooses the trials of a history's first n entries that the model holds, by their places: all, or
// the best of them and an even share of the others.
func rowsOf(h hone.History, n, most int, objective hone.Objective) []int {
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	if n <= most {
		return rows
	}
	sort.SliceStable(rows, func(a, b int) bool {
		return objective.Better(h.At(rows[a]).Value, h.At(rows[b]).Value)
	})
	best := most / 2
	others := append([]int(nil), rows[best:]...)
	sort.Ints(others)
	kept := rows[:best]
	for i := range most - best {
		kept = append(kept, others[i*len(others)/(most-best)])
	}
	sort.Ints(kept)
	return kept
}
