package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/hone-tuner/hone"
)

// importLine is what a line of JSON may hold: all that an export writes, of which a part is used.
type importLine struct {
	Parameters map[string]hone.Value `json:"parameters"`
	Metrics    map[string]hone.Float `json:"metrics"`
	Value      *hone.Float           `json:"value"`
	State      string                `json:"state"`

	Name         json.RawMessage `json:"name"`
	Trial        json.RawMessage `json:"trial"`
	Rank         json.RawMessage `json:"rank"`
	Number       json.RawMessage `json:"number"`
	Attempt      json.RawMessage `json:"attempt"`
	Retries      json.RawMessage `json:"retries"`
	Stopping     json.RawMessage `json:"stopping"`
	Reason       json.RawMessage `json:"reason"`
	Message      json.RawMessage `json:"message"`
	StartTime    json.RawMessage `json:"startTime"`
	EndTime      json.RawMessage `json:"endTime"`
	Duration     json.RawMessage `json:"duration"`
	Finished     json.RawMessage `json:"finished"`
	Origin       json.RawMessage `json:"origin"`
	Imported     json.RawMessage `json:"imported"`
	Labels       json.RawMessage `json:"labels"`
	Parent       json.RawMessage `json:"parent"`
	Fidelity     json.RawMessage `json:"fidelity"`
	Measurements json.RawMessage `json:"measurements"`
	Curve        json.RawMessage `json:"curve"`
}

// parseLines reads trials from JSON lines.
func parseLines(spec hone.Spec, r io.Reader) ([]hone.ImportedTrial, int, error) {
	p := &importer{spec: spec}
	in := bufio.NewReader(r)
	for number := 1; ; number++ {
		text, err := in.ReadBytes('\n')
		if text = bytes.TrimSpace(text); len(text) > 0 {
			p.line(number, text)
		}
		if errors.Is(err, io.EOF) {
			return p.result()
		}
		if err != nil {
			return nil, 0, err
		}
	}
}

func (p *importer) line(number int, text []byte) {
	var in importLine
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&in); err != nil {
		p.mistake(number, "", "is not a trial in JSON: "+strings.TrimPrefix(err.Error(), "json: "))
		return
	}
	if dec.More() {
		p.mistake(number, "", "holds more than one object: each line is one trial")
		return
	}
	state, ok := parseState(in.State)
	if !ok {
		p.mistake(number, "state", "there is no state "+in.State)
		return
	}
	if len(in.Parameters) == 0 {
		p.mistake(number, "parameters", "is missing")
		return
	}
	for name := range in.Parameters {
		if !p.knows(name) {
			p.mistake(number, "parameters."+name, "there is no such parameter"+p.near(name))
			return
		}
	}
	objective := p.spec.Objective.Metric
	if _, given := in.Metrics[objective]; !given && in.Value != nil {
		if in.Metrics == nil {
			in.Metrics = map[string]hone.Float{}
		}
		in.Metrics[objective] = *in.Value
	}
	p.add(hone.ImportedTrial{Parameters: in.Parameters, Metrics: in.Metrics, State: state})
}

func (p *importer) knows(name string) bool { return p.parameter(name) != nil }

func (p *importer) parameter(name string) *hone.Parameter {
	for i := range p.spec.Parameters {
		if p.spec.Parameters[i].Name == name {
			return &p.spec.Parameters[i]
		}
	}
	return nil
}

// near suggests the parameter that was meant.
func (p *importer) near(name string) string {
	names := make([]string, len(p.spec.Parameters))
	for i, x := range p.spec.Parameters {
		names[i] = x.Name
	}
	if near := hone.Nearest(name, names); near != "" {
		return `; did you mean "` + near + `"?`
	}
	return "; there are " + strings.Join(names, ", ")
}
