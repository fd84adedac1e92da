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
	return cell{full: wire.Duration(d), short: shortDuration(d), order: float64(d), isNumber: true}
}

// shortDuration is a duration in the one or two units that matter: 340ms, 6.2s, 4m10s, 2h5m, 3d4h.
func shortDuration(d time.Duration) string {
	switch {
	case d < time.Second:
		return strconv.FormatInt(d.Milliseconds(), 10) + "ms"
	case d < 10*time.Second:
		return strconv.FormatFloat(math.Floor(d.Seconds()*10)/10, 'f', -1, 64) + "s"
	case d < time.Minute:
		return strconv.Itoa(int(d.Seconds())) + "s"
	case d < time.Hour:
		return units(int(d.Minutes()), "m", int(d.Seconds())%60, "s")
	case d < 24*time.Hour:
		return units(int(d.Hours()), "h", int(d.Minutes())%60, "m")
	}
	return units(int(d.Hours())/24, "d", int(d.Hours())%24, "h")
}

func units(big int, bigUnit string, small int, smallUnit string) string {
	s := strconv.Itoa(big) + bigUnit
	if small > 0 {
		s += strconv.Itoa(small) + smallUnit
	}
	return s
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
