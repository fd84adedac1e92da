package wire

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
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
	Cursor       Bytes         `json:"cursor,omitempty"`
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

// batchShape is what the body of a request looks like, for messages.
const batchShape = `{"measurements": [{"metric": "accuracy", "value": 0.97, "step": 3}]}`

// enough mistakes of one body are reported.
const enough = 100

// DecodeBatch reads the body of a request. Every reading has a metric and a value, and every mistake is
// reported, up to a hundred.
func DecodeBatch(body []byte, number int) (hone.Batch, error) {
	if b, ok := decodePlain(body, number); ok {
		return b, nil
	}
	return decodeBatch(body, number)
}

// decodeBatch reads every form of a batch.
func decodeBatch(body []byte, number int) (hone.Batch, error) {
	var in Batch
	if err := Decode(body, "", &in); err != nil {
		return hone.Batch{}, explainBatch(body, err)
	}
	errs := in.check()
	out := hone.Batch{Number: number, Attempt: in.Attempt, Source: in.Source, Sequence: in.Sequence, Cursor: in.Cursor,
		Measurements: make([]hone.Measurement, len(in.Measurements))}
	for i, m := range in.Measurements {
		if errs = append(errs, m.check(fmt.Sprintf("measurements[%d]", i))...); len(errs) >= enough {
			break
		}
		out.Measurements[i] = m.reading()
	}
	return out, errs.Err()
}

// explainBatch reads a body that cannot be read once more, piece by piece, to find out which are wrong. Where the
// whole has another shape than a batch, the shape is shown.
func explainBatch(body []byte, err error) error {
	var whole struct {
		Attempt      int               `json:"attempt"`
		Source       string            `json:"source"`
		Sequence     int64             `json:"sequence"`
		Cursor       Bytes             `json:"cursor"`
		Measurements []json.RawMessage `json:"measurements"`
	}
	if wrong := Decode(body, "", &whole); wrong != nil {
		return shaped(fieldsOf(wrong), batchShape, "measurements", "metric", "value", "step", "time")
	}
	var errs hone.FieldErrors
	for i, raw := range whole.Measurements {
		if errs = append(errs, explainMeasurement(raw, fmt.Sprintf("measurements[%d]", i))...); len(errs) >= enough {
			break
		}
	}
	if len(errs) == 0 {
		return err
	}
	return errs
}

func explainMeasurement(raw json.RawMessage, path string) hone.FieldErrors {
	var m struct {
		Metric string          `json:"metric"`
		Value  json.RawMessage `json:"value"`
		Step   *int64          `json:"step"`
		Time   json.RawMessage `json:"time"`
	}
	if err := Decode(raw, path, &m); err != nil {
		return shaped(fieldsOf(err), `{"metric": "accuracy", "value": 0.97, "step": 3}`, path)
	}
	var errs hone.FieldErrors
	var value *hone.Float
	if err := json.Unmarshal(orNull(m.Value), &value); err != nil {
		errs = append(errs, hone.FieldError{Path: path + ".value", Message: err.Error()})
	}
	var at *time.Time
	if err := json.Unmarshal(orNull(m.Time), &at); err != nil {
		errs = append(errs, hone.FieldError{Path: path + ".time", Message: "must be a time such as 2026-01-02T03:04:05Z"})
	}
	if m.Metric == "" {
		errs = append(errs, hone.FieldError{Path: path + ".metric", Message: "is missing"})
	}
	return errs
}

// shaped adds what to write to the mistake of somebody who has another shape in mind: at one of some paths, or
// about the whole.
func shaped(errs hone.FieldErrors, shape string, paths ...string) hone.FieldErrors {
	for i := range errs {
		if slices.Contains(paths, errs[i].Path) || strings.Contains(errs[i].Message, "a JSON object") {
			errs[i].Message, _, _ = strings.Cut(errs[i].Message, "; did you mean")
			errs[i].Message += "; write " + shape
		}
	}
	return errs
}

func orNull(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return json.RawMessage("null")
	}
	return raw
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
