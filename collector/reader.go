package collector

import (
	"github.com/hone-tuner/hone"
)

// reader makes measurements of lines, one after the other.
type reader struct {
	format
	state
	clock   hone.Clock
	says    said
	names   names
	scratch []byte
	out     []hone.Measurement
}

func newReader(c hone.Collection, clock hone.Clock) (*reader, error) {
	f, err := newFormat(c)
	if err != nil {
		return nil, err
	}
	r := &reader{format: f, clock: clock, names: names{objective: c.Objective}}
	r.says.names = &r.names
	return r, nil
}

// newFormat chooses how lines are read.
func newFormat(c hone.Collection) (format, error) {
	w := newWanted(c)
	switch {
	case c.Spec.Pattern != "":
		return newPattern(w, c.Spec.Pattern)
	case c.Spec.Format == hone.FormatJSON:
		return &jsonLines{w}, nil
	case c.Spec.Format == hone.FormatText, c.Spec.Format == "":
		return &text{w}, nil
	}
	return nil, hone.Errorf(hone.InvalidArgument, "spec.metrics.format must be %s or %s, not %q", hone.FormatText, hone.FormatJSON, c.Spec.Format)
}

// line returns the measurements of the next line. They are good until the next call.
func (r *reader) line(raw []byte) []hone.Measurement {
	if len(raw) == 0 {
		return nil
	}
	var cleaned []byte
	cleaned, r.scratch = clean(raw, r.scratch)
	r.says.reset()
	r.read(cleaned, &r.says)
	if len(r.says.readings) == 0 && r.says.step.rank == noStep {
		return nil
	}
	r.out = r.join(&r.says, r.clock(), r.out[:0])
	return r.out
}
