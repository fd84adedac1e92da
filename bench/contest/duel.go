package contest

import (
	"math"
	"slices"
)

// Duel compares two contestants on the tasks that both have played.
type Duel struct {
	A, B  string
	Tasks int
	// Won is the share of tasks on which A had less regret than B; equal ones count half.
	Won float64
	// Sign is the two-sided p-value of the sign test, Wilcoxon that of the signed-rank test on the differences of
	// the logarithms of regret: how likely it is that such a difference arises between equals.
	Sign, Wilcoxon float64
}

// NewDuel compares a and b by their mean regret over common seeds after n trials.
func NewDuel(records []Record, a, b string, n int) Duel {
	board := NewBoard(records, []string{a, b}).Long(n)
	d := Duel{A: a, B: b, Tasks: len(board.Tasks)}
	var differences []float64
	wins, losses := 0, 0
	for _, t := range board.Tasks {
		x, y := max(t.Regret(a, n), solved), max(t.Regret(b, n), solved)
		switch {
		case x < y:
			wins++
		case x > y:
			losses++
		}
		differences = append(differences, math.Log(x)-math.Log(y))
	}
	d.Won = (float64(wins) + float64(d.Tasks-wins-losses)/2) / float64(d.Tasks)
	d.Sign, d.Wilcoxon = signTest(wins, losses), wilcoxon(differences)
	return d
}

// signTest is the two-sided probability of a split at least as uneven as this one between equals.
func signTest(wins, losses int) float64 {
	n, fewer := wins+losses, min(wins, losses)
	p := 0.0
	for k := range fewer + 1 {
		p += math.Exp(logBinomial(n, k) - float64(n)*math.Ln2)
	}
	return min(1, 2*p)
}

func logBinomial(n, k int) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return a - b - c
}

// wilcoxon is the two-sided p-value of the signed-rank test (Wilcoxon 1945) by its normal approximation, corrected for
// equal differences and for continuity. Differences of zero are left out.
func wilcoxon(differences []float64) float64 {
	var d, sizes []float64
	for _, x := range differences {
		if x != 0 {
			d, sizes = append(d, x), append(sizes, math.Abs(x))
		}
	}
	n := float64(len(d))
	if n == 0 {
		return 1
	}
	w := 0.0
	for i, place := range placesOf(sizes) {
		if d[i] > 0 {
			w += place
		}
	}
	variance := n*(n+1)*(2*n+1)/24 - ties(sizes)/48
	z := (math.Abs(w-n*(n+1)/4) - 0.5) / math.Sqrt(variance)
	return min(1, math.Erfc(max(z, 0)/math.Sqrt2))
}

// ties sums t³−t over the groups of t equal values.
func ties(values []float64) float64 {
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	sum := 0.0
	for i := 0; i < len(sorted); {
		j := i + 1
		for j < len(sorted) && sorted[j] == sorted[i] {
			j++
		}
		t := float64(j - i)
		sum += t*t*t - t
		i = j
	}
	return sum
}
