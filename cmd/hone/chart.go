package main

import (
	"fmt"
	"math"
	"strings"

	"github.com/hone-tuner/hone"
	"github.com/jedib0t/go-pretty/v6/text"
)

// dots is a picture in points, 2 wide and 4 high in each character of braille, or one in each without UTF-8.
type dots struct {
	width, height int // in characters
	unicode       bool
	on            map[[2]int]bool
}

func (d dots) scale() (x, y int) {
	if d.unicode {
		return 2, 4
	}
	return 1, 1
}

// line draws from one point to another, y from below.
func (d dots) line(x0, y0, x1, y1 int) {
	steps := max(x1-x0, x0-x1, y1-y0, y0-y1, 1)
	for i := range steps + 1 {
		share := float64(i) / float64(steps)
		x := x0 + int(math.Round(share*float64(x1-x0)))
		y := y0 + int(math.Round(share*float64(y1-y0)))
		d.on[[2]int{x, y}] = true
	}
}

// row draws a line of characters, from above.
func (d dots) row(n int) string {
	var b strings.Builder
	sx, sy := d.scale()
	base := (d.height - 1 - n) * sy
	for c := range d.width {
		if !d.unicode {
			b.WriteString(map[bool]string{true: "*", false: " "}[d.on[[2]int{c, base}]])
			continue
		}
		// The bits of braille go down the left column, then the right one; the lowest row came later.
		bits := [2][4]rune{{0x40, 0x04, 0x02, 0x01}, {0x80, 0x20, 0x10, 0x08}}
		r := rune(0)
		for x := range 2 {
			for y := range 4 {
				if d.on[[2]int{c*sx + x, base + y}] {
					r |= bits[x][y]
				}
			}
		}
		if r == 0 {
			b.WriteByte(' ')
		} else {
			b.WriteRune(0x2800 + r)
		}
	}
	return b.String()
}

// chart draws readings of one metric by their steps, with the extremes at the left and the steps below. What is not
// finite is left out.
func chart(readings []hone.Measurement, width, height int, k look) []string {
	points := chartPoints(readings)
	if len(points) == 0 || height < 2 || width < 16 {
		return nil
	}
	low, high := points[0], points[0]
	for _, p := range points {
		low, high = [2]float64{min(low[0], p[0]), min(low[1], p[1])}, [2]float64{max(high[0], p[0]), max(high[1], p[1])}
	}
	top, bottom := digits(high[1]), digits(low[1])
	label := max(text.StringWidthWithoutEscSequences(top), text.StringWidthWithoutEscSequences(bottom))
	d := dots{width: width - label - 2, height: height - 1, unicode: k.unicode, on: map[[2]int]bool{}}
	if d.width < 4 {
		return nil
	}
	sx, sy := d.scale()
	place := func(v, from, to float64, size int) int {
		if to <= from {
			return size / 2
		}
		share := (v/2 - from/2) / (to/2 - from/2) // halves, as the distance of two doubles may be no double
		return min(max(int(math.Round(share*float64(size-1))), 0), size-1)
	}
	lastX, lastY := -1, 0
	for _, p := range points {
		x, y := place(p[0], low[0], high[0], d.width*sx), place(p[1], low[1], high[1], d.height*sy)
		if lastX < 0 {
			lastX, lastY = x, y
		}
		d.line(lastX, lastY, x, y)
		lastX, lastY = x, y
	}
	return chartLines(d, label, top, bottom, low[0], high[0], k)
}

func chartLines(d dots, label int, top, bottom string, from, to float64, k look) []string {
	bar := "│"
	if !k.unicode {
		bar = "|"
	}
	lines := make([]string, 0, d.height+1)
	for n := range d.height {
		left := ""
		switch n {
		case 0:
			left = top
		case d.height - 1:
			left = bottom
		}
		lines = append(lines, pad(left, label, true)+" "+k.paint(dim, bar)+k.paint(cyan, strings.TrimRight(d.row(n), " ")))
	}
	first, last := fmt.Sprintf("step %s", digits(from)), digits(to)
	if gap := d.width - len(first) - len(last); gap > 0 && to > from {
		first += strings.Repeat(" ", gap) + last
	}
	return append(lines, k.paint(dim, strings.Repeat(" ", label+2)+cut(first, d.width, k)))
}

// chartPoints are the finite readings with their steps.
func chartPoints(readings []hone.Measurement) [][2]float64 {
	points := make([][2]float64, 0, len(readings))
	for i, m := range readings {
		if !m.Value.Finite() {
			continue
		}
		x := float64(i)
		if m.Step != nil {
			x = float64(*m.Step)
		}
		points = append(points, [2]float64{x, float64(m.Value)})
	}
	return points
}
