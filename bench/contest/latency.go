package contest

import "slices"

// Latency is the time that a contestant needs for one suggestion when there are a number of trials.
type Latency struct {
	// Median and P99 are in seconds.
	Median, P99 float64
	// Cholesky is the median of the runs' medians as multiples of a Cholesky factorization of that many rows, timed in
	// the same run; 0 where no run had just that budget.
	Cholesky float64
	// Count is how many suggestions were timed.
	Count int
}

// window is how many suggestions up to the number of trials are looked at in each run: enough that refits, which come
// now and then, are among them.
const window = 10

// NewLatency looks at the suggestions of a contestant up to the n-th; 0 means the last of each run.
func NewLatency(records []Record, name string, n int) Latency {
	var seconds, ratios []float64
	for _, r := range records {
		end := n
		if n == 0 {
			end = len(r.Seconds)
		}
		if r.Contestant != name || !r.Good() || len(r.Seconds) < end {
			continue
		}
		last := r.Seconds[max(0, end-window):end]
		if slices.Contains(last, 0) {
			continue // not kept
		}
		seconds = append(seconds, last...)
		if end == r.Trials && r.Cholesky > 0 {
			ratios = append(ratios, median(last)/r.Cholesky)
		}
	}
	slices.Sort(seconds)
	l := Latency{Median: quantile(seconds, 0.5), P99: quantile(seconds, 0.99), Count: len(seconds)}
	if len(ratios) > 0 {
		l.Cholesky = median(ratios)
	}
	return l
}
