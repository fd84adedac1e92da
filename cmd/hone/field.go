package main

import (
	"time"

	"github.com/hone-tuner/hone"
)

// field is a column together with what stands in it.
type field[T any] struct {
	column
	cell func(T) cell
}

// shownTrial is a trial as listings show it.
type shownTrial struct {
	hone.Trial
	rank  int          // in the leaderboard; 0 without one
	curve []hone.Float // of the objective, where it was asked for
}

// rankedTrial is a line of a leaderboard as a trial.
func rankedTrial(e string, r hone.RankedTrial) shownTrial {
	_, number, _ := hone.ParseTrialName(r.Trial)
	t := shownTrial{rank: r.Rank, curve: r.Curve, Trial: hone.Trial{Experiment: e, Number: number, Attempt: r.Attempt, State: r.State,
		Reason: r.Reason, Parameters: r.Parameters, Value: r.Value, Metrics: r.Metrics, StartTime: r.StartTime, EndTime: r.EndTime, Client: r.Client}}
	if r.Imported {
		t.Origin = hone.OriginImported
	}
	return t
}

// Names of columns that listings of trials may have, besides those of parameters and metrics. The marks stand for
// all metrics and all parameters.
const (
	allMetrics    = "metrics"
	allParameters = "parameters"
)

func leaderboardColumns() []string {
	return []string{"rank", "trial", "state", "reason", objectiveColumn, allMetrics, allParameters, "attempt", "client", "startTime",
		"endTime", "duration", "curve"}
}

func trialColumns() []string {
	return []string{"trial", "number", "attempt", "state", "reason", objectiveColumn, allMetrics, allParameters, "client", "origin",
		"startTime", "endTime", "duration", "message"}
}

// trialFields are the columns with these names; metrics are the names of the metrics that the trials have.
func trialFields(spec hone.Spec, metrics []string, names []string, k look, now func() time.Time) []field[shownTrial] {
	known := plainTrialFields(spec, k, now)
	point := newPointColumns(spec, metrics, names...)
	var out []field[shownTrial]
	for _, name := range names {
		switch name {
		case allMetrics:
			out = append(out, point.metricFields()...)
		case allParameters:
			out = append(out, point.parameterFields()...)
		default:
			f := known[name]
			f.name = name
			out = append(out, f)
		}
	}
	return out
}

func plainTrialFields(spec hone.Spec, k look, now func() time.Time) map[string]field[shownTrial] {
	return map[string]field[shownTrial]{
		"rank": {column{right: true}, func(t shownTrial) cell {
			if t.rank == 0 {
				return cell{}
			}
			return intCell(t.rank)
		}},
		"trial":  {column{}, func(t shownTrial) cell { return textCell(t.Name()) }},
		"number": {column{wide: true, right: true}, func(t shownTrial) cell { return intCell(t.Number) }},
		"attempt": {column{wide: true, right: true}, func(t shownTrial) cell {
			if t.Attempt == 0 {
				return cell{}
			}
			return intCell(t.Attempt)
		}},
		"state":  {column{}, func(t shownTrial) cell { return stateCell(string(t.State), t.Reason) }},
		"reason": {column{wide: true}, func(t shownTrial) cell { return textCell(string(t.Reason)) }},
		objectiveColumn: {objectiveColumnOf(spec.Objective), func(t shownTrial) cell {
			return trialValueCell(spec.Objective, t.State, t.Value, t.Metrics, k)
		}},
		"client":    {column{wide: !spec.External()}, func(t shownTrial) cell { return textCell(t.Client) }},
		"origin":    {column{wide: true}, func(t shownTrial) cell { return textCell(string(t.Origin)) }},
		"startTime": {column{title: "START", also: []string{"start"}, wide: true}, func(t shownTrial) cell { return timeCell(t.StartTime) }},
		"endTime":   {column{title: "END", also: []string{"end"}, wide: true}, func(t shownTrial) cell { return timeCell(t.EndTime) }},
		"duration":  {column{right: true}, func(t shownTrial) cell { return durationCell(t.Duration(now())) }},
		"message":   {column{wide: true}, func(t shownTrial) cell { return textCell(t.Message) }},
		"curve":     {column{quiet: true}, func(t shownTrial) cell { return textCell(sparkline(t.curve, curveWidth, k.unicode)) }},
	}
}

// metricsOf lists the metrics that some trials have.
func metricsOf(trials []shownTrial) []string {
	names := map[string]bool{}
	for _, t := range trials {
		for name := range t.Metrics {
			names[name] = true
		}
	}
	return sortedNames(names)
}

// fill makes the columns and rows of a listing.
func fill(l listing, fields []field[shownTrial], trials []shownTrial) listing {
	for _, f := range fields {
		l.columns = append(l.columns, f.column)
	}
	for i, t := range trials {
		r := row{key: i, cells: make([]cell, len(fields))}
		for at, f := range fields {
			r.cells[at] = f.cell(t)
		}
		l.rows = append(l.rows, r)
	}
	return l
}

// without leaves a column out.
func without(names []string, name string) []string {
	var out []string
	for _, n := range names {
		if n != name {
			out = append(out, n)
		}
	}
	return out
}
