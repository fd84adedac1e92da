package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/hone-tuner/hone"
)

// csvColumn is what a column of an imported file holds.
type csvColumn struct {
	name      string
	parameter *hone.Parameter
	metric    string
	state     bool
}

// parseCSV reads trials from CSV.
func parseCSV(spec hone.Spec, r io.Reader) ([]hone.ImportedTrial, int, error) {
	p := &importer{spec: spec}
	in := csv.NewReader(r)
	in.ReuseRecord = true
	header, err := in.Read()
	if errors.Is(err, io.EOF) {
		return nil, 0, hone.Errorf(hone.InvalidArgument, "is empty: the first line must name the columns, such as %s", p.exampleHeader())
	}
	if err != nil {
		return nil, 0, csvError(err)
	}
	columns := p.header(header)
	if len(p.errs) > 0 {
		return p.result()
	}
	for {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			return p.result()
		}
		if err != nil {
			return nil, 0, csvError(err)
		}
		at, _ := in.FieldPos(0)
		p.record(at, columns, record)
	}
}

func csvError(err error) error {
	var wrong *csv.ParseError
	if errors.As(err, &wrong) {
		return hone.FieldErrors{{Line: wrong.Line, Message: "is not CSV: " + wrong.Err.Error()}}
	}
	return err
}

func (p *importer) exampleHeader() string {
	if len(p.spec.Parameters) == 0 {
		return p.spec.Objective.Metric
	}
	return p.spec.Parameters[0].Name + "," + p.spec.Objective.Metric
}

// header finds out what the columns hold.
func (p *importer) header(names []string) []csvColumn {
	columns := make([]csvColumn, len(names))
	seen := map[string]bool{}
	for i, name := range names {
		name = strings.TrimSpace(name)
		c := p.column(name)
		columns[i] = c
		key := "metric:" + c.metric
		switch {
		case c.parameter != nil:
			key = parameterPrefix + c.parameter.Name
		case c.metric == "":
			key = name
		}
		if seen[key] {
			p.mistake(1, "", fmt.Sprintf("the column %q stands there twice", name))
		}
		seen[key] = true
	}
	if !slices.ContainsFunc(columns, func(c csvColumn) bool { return c.parameter != nil }) && len(p.errs) == 0 {
		p.mistake(1, "", "no column is named like a parameter; it must look like "+p.exampleHeader())
	}
	return columns
}

func (p *importer) column(name string) csvColumn {
	c := csvColumn{name: name}
	bare, qualified := strings.CutPrefix(name, parameterPrefix)
	metric, isMetric := strings.CutPrefix(name, metricPrefix)
	switch {
	case qualified && p.knows(bare):
		c.parameter = p.parameter(bare)
	case isMetric && metric != "":
		c.metric = metric
	case name == "state":
		c.state = true
	case name == objectiveColumn && !p.knows(name):
		c.metric = p.spec.Objective.Metric
	case slices.Contains(exportColumns(), name):
		// Told by an export, and of no use here. A parameter of that name is written param:NAME.
	case p.knows(name):
		c.parameter = p.parameter(name)
	case slices.Contains(reservedColumns(), name):
	case name == p.spec.Objective.Metric:
		c.metric = name
	default:
		p.mistake(1, "", fmt.Sprintf("there is no parameter %q%s; a metric is written %s%s", name, p.near(bare), metricPrefix, bare))
	}
	return c
}

// record makes a trial of a line.
func (p *importer) record(number int, columns []csvColumn, record []string) {
	t := hone.ImportedTrial{Parameters: map[string]hone.Value{}, Metrics: map[string]hone.Float{}}
	for i, c := range columns {
		text := strings.TrimSpace(record[i])
		switch {
		case c.state:
			state, ok := parseState(text)
			if !ok {
				p.mistake(number, "state", fmt.Sprintf("there is no state %q", text))
				return
			}
			t.State = state
		case c.metric != "" && text != "":
			f, err := parseFloat(text)
			if err != nil {
				p.mistake(number, c.name, err.Error())
				return
			}
			t.Metrics[c.metric] = f
		case c.parameter != nil && record[i] != "":
			v, err := parseValue(*c.parameter, record[i])
			if err != nil {
				p.mistake(number, c.name, err.Error())
				return
			}
			t.Parameters[c.parameter.Name] = v
		}
	}
	p.emptyTexts(&t)
	p.add(t)
}

// emptyTexts gives active parameters whose cell was empty the empty text, where that is one of their values.
func (p *importer) emptyTexts(t *hone.ImportedTrial) {
	for _, x := range p.spec.Parameters {
		if _, given := t.Parameters[x.Name]; given || !x.Contains(hone.String("")) || x.Type != hone.CategoricalType {
			continue
		}
		active := true
		for _, c := range x.Conditions {
			v, ok := t.Parameters[c.Parameter]
			active = active && ok && slices.Contains(c.Values, v)
		}
		if active {
			t.Parameters[x.Name] = hone.String("")
		}
	}
}
