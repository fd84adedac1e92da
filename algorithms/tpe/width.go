package tpe

import "math"

// leastWidth is the least width of one of n kernels.
func leastWidth(n int) float64 { return 1 / min(100, 1+float64(n)) }

// gapWidths sets the width of each kernel in a column to the distance to the farther of its two neighbours; the
// outermost have only one (Bergstra et al. 2011, section 4.2, whose outermost look to the border). It goes
// through the rows in the order of their coordinates; where parts are given, through the bad ones.
func gapWidths(u []float64, order []int32, part []uint8, least float64, set func(row int32, width float64)) {
	last, before := int32(-1), math.Inf(1) // the row whose width is not set yet, and the one before it
	for _, row := range order {
		if part != nil && part[row] != bad {
			continue
		}
		if last >= 0 {
			width := u[row] - u[last]
			if before <= 1 {
				width = max(width, u[last]-before)
			}
			set(last, min(max(width, least), 1))
			before = u[last]
		}
		last = row
	}
	if last < 0 {
		return
	}
	width := max(u[last], 1-u[last])
	if before <= 1 {
		width = u[last] - before
	}
	set(last, min(max(width, least), 1))
}

// evenWidth is the same width for all of n kernels in some dimensions, which gets smaller with their number as in
// Scott's rule.
func (t tuning) evenWidth(n, dimensions int) float64 {
	return max(t.even*math.Pow(float64(n), -1/float64(dimensions+4)), leastWidth(n))
}

// normaliser is the logarithm of the factor that makes exp(-(x-u)²/2σ²) a density over [0, 1].
func normaliser(u, sigma float64) float64 {
	s := sigma * math.Sqrt2
	return -math.Log(0.5 * math.Sqrt(2*math.Pi) * sigma * (math.Erf((1-u)/s) + math.Erf(u/s)))
}

// tableOf returns the rows of an ordered column of few values: for each value of a candidate, the logarithm of
// what a normal distribution around each value of a kernel gives to its bin, beside the width of the bin; and a 0.
func tableOf(c *column, sigma float64, table [][]float64) [][]float64 {
	if table == nil {
		all := make([]float64, c.values*(c.values+1))
		for range c.values {
			table, all = append(table, all[:c.values+1]), all[c.values+1:]
		}
	}
	s := sigma * math.Sqrt2
	for a := range c.values {
		u := c.middle(a)
		total := math.Erf((1-u)/s) + math.Erf(u/s)
		before := -math.Erf(u / s)
		for b := range c.values {
			after := math.Erf((c.edges[b+1] - u) / s)
			mass := max((after-before)/total, 1e-12)
			table[b][a] = math.Log(mass / (c.edges[b+1] - c.edges[b]))
			before = after
		}
	}
	return table
}

// category returns the logarithms of what a kernel gives to its own category and to each other one of some, beside an
// even share. With more kernels they become more certain.
func category(values, kernels int) (same, other float64) {
	n, v := float64(kernels), float64(values)
	return math.Log((n + 1) / (n + v) * v), math.Log(v / (n + v))
}
