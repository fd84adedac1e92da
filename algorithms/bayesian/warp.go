package bayesian

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"
)

// warp turns values, of which more is better, into what the model sees. Values worse than the median are
// drawn in to the shape of a normal distribution, so that a few disasters do not hide the differences among the
// good. Then all are standardised.
func warp(y []float64) []float64 {
	out := slices.Clone(y)
	if len(out) == 0 {
		return out
	}
	sorted := slices.Sorted(slices.Values(y))
	largest := math.Max(math.Abs(sorted[0]), math.Abs(sorted[len(sorted)-1]))
	if largest > 1e100 { // differences and squares must not overflow
		for i := range out {
			out[i] /= largest
			sorted[i] /= largest
		}
	}
	if sorted[0] < sorted[len(sorted)-1] {
		halfRank(out, sorted)
	}
	standardise(out)
	return out
}

// halfRank replaces each value below the median by the normal quantile of its rank, scaled by how far the
// values above the median lie from it (Song et al. 2024, The Vizier Gaussian process bandit algorithm, section
// 3.2).
func halfRank(y, sorted []float64) {
	n := len(sorted)
	median := (sorted[(n-1)/2] + sorted[n/2]) / 2
	unique := slices.Compact(slices.Clone(sorted))
	at, isValue := slices.BinarySearch(unique, median)
	sum := 0.0
	for _, v := range unique[at:] {
		sum += (v - median) * (v - median)
	}
	spread := math.Sqrt(sum / float64(len(unique)-at))
	if spread == 0 {
		sum = 0
		for _, v := range unique {
			sum += (v - median) * (v - median)
		}
		spread = math.Sqrt(sum / float64(len(unique)))
	}
	denominator := float64(at)
	if isValue {
		denominator += 0.5
	}
	for i, v := range y {
		if v < median {
			rank, _ := slices.BinarySearch(unique, v)
			y[i] = median + spread*mathext.NormalQuantile(0.5*(float64(rank)+0.5)/denominator)
		}
	}
}

// standardise gives the values the mean 0 and the variance 1.
func standardise(y []float64) {
	centre := mean(y)
	sum := 0.0
	for _, v := range y {
		sum += (v - centre) * (v - centre)
	}
	spread := math.Sqrt(sum / float64(len(y)))
	if spread == 0 {
		spread = 1
	}
	for i, v := range y {
		y[i] = (v - centre) / spread
	}
}

func mean(y []float64) float64 {
	sum := 0.0
	for _, v := range y {
		sum += v
	}
	return sum / float64(len(y))
}
