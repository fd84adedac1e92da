package main

import (
	"math"
	"strings"

	"github.com/hone-tuner/hone"
)

// sparkline draws a curve in up to width characters: the lowest value as the lowest block. A longer curve
// is shown by the mean of neighbours. Terminals without UTF-8 get ASCII.
func sparkline(curve []hone.Float, width int, unicode bool) string {
	levels := []rune("▁▂▃▄▅▆▇█")
	if !unicode {
		levels = []rune("_.-:=+*#")
	}
	points := resample(curve, width)
	low, high := math.Inf(1), math.Inf(-1)
	for _, x := range points {
		low, high = min(low, x), max(high, x)
	}
	var b strings.Builder
	for _, x := range points {
		at := len(levels) / 2
		if high > low {
			// Halves, as the distance of two doubles may be no double.
			share := (x/2 - low/2) / (high/2 - low/2)
			at = min(int(share*float64(len(levels))), len(levels)-1)
		}
		b.WriteRune(levels[at])
	}
	return b.String()
}

// resample takes the means of about equally many finite values each.
func resample(curve []hone.Float, width int) []float64 {
	finite := make([]float64, 0, len(curve))
	for _, f := range curve {
		if f.Finite() {
			finite = append(finite, float64(f))
		}
	}
	if len(finite) <= width {
		return finite
	}
	out := make([]float64, width)
	for i := range out {
		from, to := i*len(finite)/width, (i+1)*len(finite)/width
		for _, x := range finite[from:to] {
			out[i] += x / float64(to-from)
		}
	}
	return out
}
