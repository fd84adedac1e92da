package bayesian

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"
)

// warp turns values, of which more is better, into what the model sees; NaN stands for a trial without
// one. The steps and their constants are those of Song et al. 2024, The Vizier Gaussian process bandit
// algorithm, section 3.2: bad values are drawn in to the shape of a normal distribution, then all are
// stretched towards the best, so that the differences that matter are the large ones; trials without a value
// become worse than any other, and all are shifted so that the process expects 0.
func warp(y []float64) []float64 {
	out := slices.Clone(y)
	finite := finiteOf(y)
	if len(finite) == 0 {
		for i := range out {
			out[i] = -1
		}
		return out
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
	if finite[0] == finite[len(finite)-1] {
		for i := range out {
			out[i] -= finite[0]
		}
	} else {
		halfRank(out, finite)
		stretch(out)
	}
	shiftInfeasible(out)
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
// values above the median lie from it.
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

// stretch maps the range to [-0.5, 0.5] logarithmically, finest at the best value.
func stretch(y []float64) {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, v := range y {
		if !math.IsNaN(v) {
			lo, hi = math.Min(lo, v), math.Max(hi, v)
		}
	}
	const offset = 1.5
	for i, v := range y {
		if hi > lo {
			y[i] = 0.5 - math.Log1p((offset-1)*(hi-v)/(hi-lo))/math.Log(offset)
		} else {
			y[i] = v - hi
		}
	}
}

// shiftInfeasible gives trials without a value one below all others, and moves everything so that the mean
// of what is known and what may still fail is 0.
func shiftInfeasible(y []float64) {
	finite := finiteOf(y)
	if len(finite) == len(y) {
		shift(y, mean(finite))
		return
	}
	lo, hi := slices.Min(finite), slices.Max(finite)
	bad := lo - (0.5*(hi-lo) + 1)
	p := (0.5 + float64(len(finite))) / (1 + float64(len(y)))
	for i, v := range y {
		if math.IsNaN(v) {
			y[i] = bad
		}
	}
	shift(y, mean(finite)*p+bad*(1-p))
}

func shift(y []float64, by float64) {
	for i := range y {
		y[i] -= by
	}
}

func mean(y []float64) float64 {
	sum := 0.0
	for _, v := range y {
		sum += v
	}
	return sum / float64(len(y))
}
