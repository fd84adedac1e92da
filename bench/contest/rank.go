package contest

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Rank is a contestant's place, averaged over the tasks of a board: 1 is the best on every task.
type Rank struct {
	Name string
	Mean float64
	// Low and High are the ends of the 95 % confidence interval: what the mean would be with other tasks of the same kind.
	Low, High float64
}

// solved is the regret below which contestants share a place: both have found the optimum.
const solved = 1e-9

// Ranks averages over the tasks the places by mean regret after n trials; equal ones share their places. The
// best comes first. The intervals are those of a bootstrap over the tasks (Efron 1979, percentile method).
func (b Board) Ranks(n int) []Rank {
	places := map[string][]float64{}
	for _, t := range b.Long(n).Tasks {
		values := make([]float64, len(b.Names))
		for i, name := range b.Names {
			values[i] = max(t.Regret(name, n), solved)
		}
		for i, place := range placesOf(values) {
			places[b.Names[i]] = append(places[b.Names[i]], place)
		}
	}
	var ranks []Rank
	for _, name := range b.Names {
		if p := places[name]; len(p) > 0 {
			low, high := interval(p)
			ranks = append(ranks, Rank{Name: name, Mean: mean(p), Low: low, High: high})
		}
	}
	slices.SortStableFunc(ranks, func(a, b Rank) int {
		switch {
		case a.Mean < b.Mean:
			return -1
		case a.Mean > b.Mean:
			return 1
		}
		return 0
	})
	return ranks
}

// placesOf ranks values: 1 for the least, the mean of their places for equal ones.
func placesOf(values []float64) []float64 {
	places := make([]float64, len(values))
	for i, v := range values {
		less, equal := 0, 0
		for _, w := range values {
			switch {
			case w < v:
				less++
			case w == v:
				equal++
			}
		}
		places[i] = float64(less) + float64(equal+1)/2
	}
	return places
}

// resamples is how often the bootstrap draws.
const resamples = 4000

// interval is the 95 % bootstrap interval of the mean of values. Lists of one length are drawn from alike, so that
// contestants are compared on the same draws.
func interval(values []float64) (low, high float64) {
	rng := rand.New(rand.NewPCG(95, uint64(len(values))))
	means := make([]float64, resamples)
	for i := range means {
		for range values {
			means[i] += values[rng.IntN(len(values))]
		}
		means[i] /= float64(len(values))
	}
	slices.Sort(means)
	return quantile(means, 0.025), quantile(means, 0.975)
}

// quantile of sorted values, between two of them in proportion.
func quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	at := q * float64(len(sorted)-1)
	i := min(int(at), len(sorted)-1)
	j := min(i+1, len(sorted)-1)
	return sorted[i] + (at-float64(i))*(sorted[j]-sorted[i])
}

func median(values []float64) float64 {
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	return quantile(sorted, 0.5)
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}
