package collector

import (
	"time"

	"github.com/hone-tuner/hone"
)

// format says what one cleaned line means. It remembers nothing.
type format interface {
	read(line []byte, says *said)
	// whole reports whether a line makes sense only as a whole, and how long it may be.
	whole() (limit int, whole bool)
}

// said is what one line says.
type said struct {
	readings []reading
	step     step
	time     time.Time // zero when the line gives none
	names    *names    // takes the names that are not wanted
	ignored  bool      // the line is not of the format
}

// reading is a value of a wanted metric; step is its own, where it is not the line's.
type reading struct {
	metric string
	value  float64
	step   step
}

func (s *said) reset() {
	s.readings, s.step, s.time, s.ignored = s.readings[:0], step{}, time.Time{}, false
}

// step is the step that a line gives.
type step struct {
	n    int64
	rank stepRank
	// fraction: it lies between whole numbers (epoch 0.5). point: it was written with a point (epoch 1.0).
	fraction, point bool
	weak            bool // good for this line, but not for those that follow
}

// stepRank tells which of several steps on a line counts.
type stepRank int

const (
	noStep      stepRank = iota
	leadingStep          // [10] at the beginning of the line
	epochStep
	stepStep
)

// better keeps the step of the higher rank, the first of several.
func (s *step) better(o step) {
	if o.rank > s.rank {
		*s = o
	}
}

// largestStep is as far as a step can be told from its neighbours when it is read as a double.
const largestStep = 1 << 53

// newStep makes a step of a number as it was written.
func newStep(v float64, text []byte, rank stepRank) (step, bool) {
	if !(v >= -largestStep && v <= largestStep) {
		return step{}, false
	}
	s := step{n: int64(v), rank: rank}
	s.fraction = float64(s.n) != v
	for _, c := range text {
		s.point = s.point || c == '.'
	}
	return s, true
}

// state is what earlier lines mean for later ones. It is part of the cursor.
type state struct {
	step *int64 // set by a line that carried only a step
	// fractions: steps between whole numbers were seen (epoch 0.5). From then on those that were written
	// with a point are no steps, or readings in between would be written over.
	fractions bool
}

// join appends measurements of what a line says, after the lines before it.
func (st *state) join(s *said, now time.Time, ms []hone.Measurement) []hone.Measurement {
	at := st.resolve(s.step)
	if len(s.readings) == 0 {
		if at != nil && !s.step.weak {
			st.step = at
		}
		return ms
	}
	if s.step.rank == noStep {
		at = st.step
	}
	if !s.time.IsZero() {
		now = s.time
	}
	for _, r := range s.readings {
		m := hone.Measurement{Metric: r.metric, Value: hone.Float(r.value), Step: at, Time: now}
		if r.step.rank != noStep {
			m.Step = st.resolve(r.step)
		}
		ms = append(ms, m)
	}
	return ms
}

// resolve decides whether a step that was printed can be one.
func (st *state) resolve(s step) *int64 {
	st.fractions = st.fractions || s.fraction
	if s.rank == noStep || s.fraction || s.point && st.fractions {
		return nil
	}
	return &s.n
}
