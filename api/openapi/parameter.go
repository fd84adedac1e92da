package openapi

import (
	"math"
	"strings"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
)

// trialName matches the names of trials: a number from 1 with at least four digits.
const trialName = `^[a-z][a-z0-9-]{0,39}-([0-9]{3}[1-9]|[0-9]{2}[1-9][0-9]|[0-9][1-9][0-9]{2}|[1-9][0-9]{3,14})$`

// parameter describes what stands in a path, behind the ? or in a header.
type parameter struct {
	description string
	schema      object
	example     any
}

func natural() object {
	return object{"type": "integer", "format": "int64", "minimum": 0, "maximum": int64(math.MaxInt64)}
}

func flag(standard bool) object { return object{"type": "boolean", "default": standard} }

// nameSchema is that of the names of experiments and namespaces.
func nameSchema() object {
	return object{"type": "string", "pattern": "^[a-z][a-z0-9-]*$", "maxLength": 40}
}

func text() object { return object{"type": "string"} }

// pathParameters are the wildcards of the routes.
func pathParameters() map[string]parameter {
	name := nameSchema()
	return map[string]parameter{
		"ns":    {"Namespace.", name, hone.DefaultNamespace},
		"name":  {"Name of the experiment.", name, "digits"},
		"trial": {"Name of the trial.", object{"type": "string", "pattern": trialName}, "digits-0001"},
		"token": {"ID of the token.", object{"type": "string", "minLength": 1, "pattern": "^[A-Za-z0-9_-]+$", "maxLength": 100}, nil},
	}
}

// queryParameters are those behind the ?, by name, or by operation and name where they differ.
func queryParameters() map[string]parameter {
	return map[string]parameter{
		"namespace":                   {"Only experiments of this namespace.", text(), nil},
		"state":                       {"Only experiments in this state.", object{"type": "string", "enum": experimentStates()}, nil},
		"ListTrials.state":            {"Only trials in one of these states.", object{"type": "array", "minItems": 1, "items": object{"type": "string", "enum": trialStates()}}, nil},
		"limit":                       {"At most so many. A page has at most 1000, also with a larger limit, 0 or none.", natural(), nil},
		"ListExperiments.cursor":      {"The cursor of the page before.", text(), nil},
		"ListTrials.cursor":           {"The cursor of the page before.", natural(), nil},
		"drain":                       {"Let the running trials finish.", flag(false), nil},
		"top":                         {"Only the first so many; 0 for all.", natural(), nil},
		"imported":                    {"Rank imported trials too.", flag(false), nil},
		"curves":                      {"With the objective's readings.", flag(false), nil},
		"after":                       {"Only events behind this sequence number.", natural(), nil},
		"Events.follow":               {"Go on until the client leaves.", flag(true), nil},
		"Logs.follow":                 {"Go on until the attempt ends.", flag(false), nil},
		"wait":                        {"With follow=false: end not before there is an event.", flag(false), nil},
		"attempt":                     {"Which attempt; the latest without it.", natural(), nil},
		"stream":                      {"Which output; both without it.", object{"type": "string", "enum": []string{"stdout", "stderr"}}, nil},
		"offset":                      {"Leave out so many bytes at the beginning of the stream, which must be given.", natural(), nil},
		"tail":                        {"Begin with the last so many lines of each stream; goes over offset.", natural(), nil},
		"metric":                      {"Only the readings of this metric.", text(), nil},
		"header:If-Match":             {"Make the change only while this ETag, which a GET gave, is the experiment's.", object{"type": "string", "pattern": `^(\*|"[0-9]+(-[!#-~]*)?")$`}, nil},
		"header:If-None-Match":        {"Answer 304 while one of these ETags is that of the answer.", text(), nil},
		"Events.header:Last-Event-ID": {"The sequence number of the last event that was seen; goes over `after`.", natural(), nil},
	}
}

// parametersOf lists the parameters of a route.
func parametersOf(r wire.Route, about operation) (all []any) {
	for part := range strings.SplitSeq(r.Path, "/") {
		if wildcard, ok := strings.CutPrefix(part, "{"); ok {
			wildcard = strings.TrimSuffix(wildcard, "}")
			all = append(all, pathParameters()[wildcard].in("path", wildcard))
		}
	}
	for _, name := range r.Query {
		all = append(all, find(r.Operation, name).in("query", name))
	}
	if about.tagged {
		all = append(all, find(r.Operation, "header:If-None-Match").in("header", "If-None-Match"))
	}
	for _, name := range about.headers {
		all = append(all, find(r.Operation, "header:"+name).in("header", name))
	}
	return all
}

func find(op wire.Operation, name string) parameter {
	table := queryParameters()
	if p, ok := table[string(op)+"."+name]; ok {
		return p
	}
	return table[name]
}

func (p parameter) in(place, name string) object {
	out := object{"name": name, "in": place, "description": p.description, "schema": p.schema}
	if place == "path" {
		out["required"] = true
	}
	if p.example != nil {
		out["example"] = p.example
	}
	if p.schema["type"] == "array" { // several are written with commas
		out["style"], out["explode"] = "form", false
	}
	return out
}
