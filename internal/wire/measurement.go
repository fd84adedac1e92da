package wire

import (
	"fmt"
	"time"

	hone "github.com/hone-tuner/hone"
)

// Batch is the body of a request that sends measurements. When it was received is not for its sender to
// say.
type Batch struct {
	Attempt  int    `json:"attempt,omitempty"`
	Source   string `json:"source,omitempty"`
	Sequence int64  `json:"sequence,omitempty"`
	// Cursor is where the source stands after the batch, in its own words; base64.
	Cursor       []byte        `json:"cursor,omitempty"`
	Measurements []Measurement `json:"measurements"`
}

// Measurement is one reading that is sent. The pointer tells a missing value from 0.
type Measurement struct {
	Metric string      `json:"metric"`
	Value  *hone.Float `json:"value"`
	Step   *int64      `json:"step,omitempty"`
	Time   *time.Time  `json:"time,omitempty"`
}

// BatchOf makes the body of a request.
func BatchOf(b hone.Batch) Batch {
	out := Batch{Attempt: b.Attempt, Source: b.Source, Sequence: b.Sequence, Cursor: b.Cursor,
		Measurements: make([]Measurement, len(b.Measurements))}
	for i := range b.Measurements {
		m := &b.Measurements[i]
		out.Measurements[i] = Measurement{Metric: m.Metric, Value: &m.Value, Step: m.Step}
		if !m.Time.IsZero() {
			out.Measurements[i].Time = &m.Time
		}
	}
	return out
}

// DecodeBatch reads the body of a request. Every reading has a metric and a value, and every mistake is
// reported, up to a hundred.
func DecodeBatch(body []byte, number int) (hone.Batch, error) {
	var in Batch
	if err := Decode(body, "", &in); err != nil {
		return hone.Batch{}, err
	}
	errs := in.check()
	out := hone.Batch{Number: number, Attempt: in.Attempt, Source: in.Source, Sequence: in.Sequence, Cursor: in.Cursor,
		Measurements: make([]hone.Measurement, len(in.Measurements))}
	const enough = 100
	for i, m := range in.Measurements {
		if errs = append(errs, m.check(fmt.Sprintf("measurements[%d]", i))...); len(errs) >= enough {
			break
		}
		out.Measurements[i] = m.reading()
	}
	return out, errs.Err()
}

func (b Batch) check() (errs hone.FieldErrors) {
	if b.Attempt < 0 {
		errs = append(errs, hone.FieldError{Path: "attempt", Message: "must not be negative"})
	}
	if b.Sequence < 0 {
		errs = append(errs, hone.FieldError{Path: "sequence", Message: "must not be negative: batches are numbered from 1"})
	}
	return errs
}

func (m Measurement) check(path string) (errs hone.FieldErrors) {
	switch {
	case m.Metric == "":
		errs = append(errs, hone.FieldError{Path: path + ".metric", Message: "is missing"})
	case len(m.Metric) > hone.MetricLimit:
		errs = append(errs, hone.FieldError{Path: path + ".metric",
			Message: fmt.Sprintf("has %d bytes; at most %d are allowed", len(m.Metric), hone.MetricLimit)})
	}
	if m.Value == nil {
		errs = append(errs, hone.FieldError{Path: path + ".value", Message: "is missing"})
	}
	return errs
}

func (m Measurement) reading() hone.Measurement {
	out := hone.Measurement{Metric: m.Metric, Step: m.Step}
	if m.Value != nil {
		out.Value = *m.Value
	}
	if m.Time != nil {
		out.Time = *m.Time
	}
	return out
}

// MeasureReply says whether the trial should end.
type MeasureReply struct {
	Stop bool `json:"stop"`
}

// Readings are the measurements of a trial.
type Readings struct {
	Trial        string             `json:"trial"`
	Measurements []hone.Measurement `json:"measurements"`
}
