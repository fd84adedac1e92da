package bayesian

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"
)

// failed is how many standard deviations below all others the value of a trial without one is put.
const failed = 0.5

// warp turns values, of which more is better, into what the model sees; NaN stands for a trial without
// one. Values worse than the median are drawn in to the shape of a normal distribution, so that a few disasters
// do not hide the differences among the good. Then all are standardised. A trial without a value counts
// as worse than any other: the model learns where not to go.
func warp(y []float64) []float64 {
	out := slices.Clone(y)
	finite := finiteOf(y)
	if len(finite) == 0 {
		return make([]float64, len(y))
	}
	slices.Sort(finite)
	largest := math.Max(math.Abs(finite[0]), math.Abs(finite[len(finite)-1]))
	if largest > 1e100 { // differences and squares must not overflow
		for i := range out {
			out[i] /= largest
		}
		for i := range finite {
			finite[i] /= largest
		}
	}
	if finite[0] < finite[len(finite)-1] {
		halfRank(out, finite)
	}
	standardise(out)
	return out
}

func finiteOf(y []float64) []float64 {
	finite := make([]float64, 0, len(y))
	for _, v := range y {
		if !math.IsNaN(v) {
			finite = append(finite, v)
		}
	}
	return finite
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

// standardise gives the values the mean 0 and the variance 1, and puts those that are missing below.
func standardise(y []float64) {
	finite := finiteOf(y)
	centre := mean(finite)
	sum := 0.0
	for _, v := range finite {
		sum += (v - centre) * (v - centre)
	}
	spread := math.Sqrt(sum / float64(len(finite)))
	if spread == 0 {
		spread = 1
	}
	lowest := (slices.Min(finite) - centre) / spread
	for i, v := range y {
		if y[i] = (v - centre) / spread; math.IsNaN(v) {
			y[i] = lowest - failed
		}
	}
}

func mean(y []float64) float64 {
	sum := 0.0
	for _, v := range y {
		sum += v
	}
	return sum / float64(len(y))
}
