package contest

import "slices"

// Latency is the time that a contestant needs for one suggestion when there are a number of trials.
type Latency struct {
	// Median and P99 are in seconds.
	Median, P99 float64
	// Cholesky is the median as a multiple of a Cholesky factorization of that many rows, timed in the same runs; 0
	// where no run had just that budget.
	Cholesky float64
	// Count is how many suggestions were timed.
	Count int
}

// window is how many suggestions up to the number of trials are looked at in each run: enough that refits, which come
// now and then, are among them.
const window = 10

// NewLatency looks at the suggestions of a contestant around the n-th.
func NewLatency(records []Record, name string, n int) Latency {
	var seconds, cholesky []float64
	for _, r := range records {
		if r.Contestant != name || !r.Good() || len(r.Seconds) < n {
			continue
		}
		seconds = append(seconds, r.Seconds[max(0, n-window):n]...)
		if r.Trials == n && r.Cholesky > 0 {
			cholesky = append(cholesky, r.Cholesky)
		}
	}
	slices.Sort(seconds)
	l := Latency{Median: quantile(seconds, 0.5), P99: quantile(seconds, 0.99), Count: len(seconds)}
	if len(cholesky) > 0 {
		l.Cholesky = l.Median / median(cholesky)
	}
	return l
}
