package main

import (
	"cmp"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
)

// cell is what stands in one place of a listing.
type cell struct {
	short string // in a table; full unless set
	full  string // everywhere else
	style style
	// order sorts cells that are numbers or times, when isNumber.
	order    float64
	isNumber bool
	// unit is what a bare number means that is compared with the cell, where that is not 1: seconds.
	unit float64
}

func (c cell) shown() string {
	if c.short != "" {
		return c.short
	}
	return c.full
}

// compareCells orders numbers before texts, and nothing after everything.
func compareCells(a, b cell) int {
	switch {
	case a.full == "" || b.full == "":
		return cmp.Compare(emptiness(a), emptiness(b))
	case a.isNumber && b.isNumber:
		return cmp.Compare(a.order, b.order)
	case a.isNumber != b.isNumber:
		if a.isNumber {
			return -1
		}
		return 1
	}
	return strings.Compare(a.full, b.full)
}

func emptiness(c cell) int {
	if c.full == "" {
		return 1
	}
	return 0
}

func textCell(s string) cell { return cell{full: s} }

func intCell(n int) cell {
	return cell{full: strconv.Itoa(n), order: float64(n), isNumber: true}
}

// floatCell shows six digits in a table.
func floatCell(f hone.Float) cell {
	return cell{short: digits(float64(f)), full: f.String(), order: float64(f), isNumber: !math.IsNaN(float64(f))}
}

func floatPointerCell(f *hone.Float) cell {
	if f == nil {
		return cell{}
	}
	return floatCell(*f)
}

func valueCell(v hone.Value) cell {
	switch v.Kind() {
	case hone.NumberValue:
		return floatCell(hone.Float(v.Float()))
	case hone.NoValue:
		return cell{}
	}
	return textCell(v.String())
}

// digits writes a number with up to six significant digits.
func digits(x float64) string {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return hone.Float(x).String()
	}
	if x == math.Trunc(x) && math.Abs(x) < 1e15 {
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	return strconv.FormatFloat(x, 'g', 6, 64)
}

func timeCell(t *time.Time) cell {
	if t == nil || t.IsZero() {
		return cell{}
	}
	u := t.UTC()
	return cell{full: u.Format(time.RFC3339Nano), short: u.Format("2006-01-02 15:04:05"),
		order: float64(u.UnixNano()), isNumber: true}
}

// durationCell shows how long something took or takes.
func durationCell(d time.Duration) cell {
	if d <= 0 {
		return cell{}
	}
	return cell{full: wire.Duration(d), order: float64(d), isNumber: true, unit: float64(time.Second)}
}

// clock is a duration that goes on, as wire.Duration writes it: in whole seconds once there is one, so that
// it does not flicker.
func clock(d time.Duration) string {
	if d >= time.Second {
		d = d.Truncate(time.Second)
	}
	return wire.Duration(d)
}

// stateCell shows a state with its reason, coloured.
func stateCell(state string, reason hone.Reason) cell {
	c := cell{full: state, style: stateStyle(state)}
	if reason != "" && reason != hone.Reason(state) {
		c.short = state + " (" + string(reason) + ")"
	}
	return c
}

func stateStyle(state string) style {
	switch state {
	case string(hone.TrialSucceeded):
		return green
	case string(hone.TrialFailed):
		return red
	case string(hone.TrialEarlyStopped), string(hone.TrialStopped), string(hone.ExperimentPaused):
		return yellow
	case string(hone.TrialRunning):
		return cyan
	}
	return plain
}
