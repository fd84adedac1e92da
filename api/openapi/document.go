package openapi

import (
	"encoding/json"
	"net/http"
	"strings"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
)

// Options say what the document cannot know by itself.
type Options struct {
	// Version is the server's.
	Version string
	// Experiment is the JSON schema of experiment files, which only their decoder knows; empty for any object.
	Experiment json.RawMessage
}

// object is a JSON object. Its keys are written in order, so that the document is always the same.
type object = map[string]any

// Document makes the OpenAPI document, as JSON. It is the same every time. The error, of kind Internal, says
// that the schema of experiment files is none.
func Document(o Options) ([]byte, error) {
	s := newSchemas()
	if err := s.addExperimentFile(o.Experiment); err != nil {
		return nil, err
	}
	paths := object{}
	for _, r := range wire.Routes() {
		item, _ := paths[r.Path].(object)
		if item == nil {
			item = object{}
			paths[r.Path] = item
		}
		item[strings.ToLower(r.Method)] = s.operation(r)
	}
	s.named("ExperimentPatch", patchSchema())
	doc := object{
		"openapi": "3.1.0",
		"info": object{
			"title":   "Hone",
			"version": version(o.Version),
			"summary": "Hyperparameter tuning as a service",
			"description": "Experiments, their trials and what they measured. Numbers that JSON does not have are the strings " +
				`"NaN", "Infinity" and "-Infinity". Times are RFC 3339 in UTC. Unknown fields and parameters are errors.`,
			"license": object{"name": "Apache-2.0", "identifier": "Apache-2.0"},
		},
		"tags":     tags(),
		"paths":    paths,
		"security": []any{object{}, object{"bearer": []any{}}},
		"components": object{
			"schemas":   s.components,
			"responses": s.errorResponses(),
			"headers":   headers(),
			"securitySchemes": object{"bearer": object{"type": "http", "scheme": "bearer",
				"description": "A token of `hone token create`. The socket of the data directory needs none, nor does reading over " +
					"loopback while the server knows no token."}},
		},
	}
	data, err := json.MarshalIndent(doc, "", " ")
	if err != nil {
		return nil, hone.Errorf(hone.Internal, "the OpenAPI document cannot be written: %w", err)
	}
	return append(data, '\n'), nil
}

func version(v string) string {
	if v == "" {
		return "dev"
	}
	return v
}

// addExperimentFile makes the schema of experiment files a component. It speaks the dialect of the document, which it
// need not name again.
func (s *schemas) addExperimentFile(schema json.RawMessage) error {
	file := object{"type": "object"}
	if len(schema) > 0 {
		file = object{}
		if err := json.Unmarshal(schema, &file); err != nil {
			return hone.Errorf(hone.Internal, "the schema of experiment files is no JSON object: %w", err)
		}
	}
	delete(file, "$schema")
	s.named("ExperimentFile", file)
	return nil
}

func ref(kind, name string) object { return object{"$ref": "#/components/" + kind + "/" + name} }

// operation describes one route.
func (s *schemas) operation(r wire.Route) object {
	about := operations()[r.Operation]
	op := object{
		"operationId": string(r.Operation),
		"summary":     about.summary,
		"tags":        []any{about.tag},
		"responses":   s.responses(r, about),
	}
	description := about.description
	if r.Needs == "" {
		op["security"] = []any{}
	} else {
		op["x-hone-role"] = string(r.Needs)
		description = strings.TrimSpace(description + " Needs the role " + string(r.Needs) + ".")
	}
	op["description"] = description
	if all := parametersOf(r, about); len(all) > 0 {
		op["parameters"] = all
	}
	if r.BodyLimit > 0 {
		op["requestBody"] = s.body(about)
	}
	return op
}

func (s *schemas) body(about operation) object {
	media := object{"schema": s.bodySchema(about)}
	content := object{}
	for _, contentType := range about.takes {
		content[contentType] = media
	}
	return object{"required": !about.bodyOptional, "content": content}
}

func (s *schemas) bodySchema(about operation) object {
	if about.bodyNamed != "" {
		return ref("schemas", about.bodyNamed)
	}
	return s.of(about.body, requests)
}

// responses describes what is answered, well or not.
func (s *schemas) responses(r wire.Route, about operation) object {
	out := object{}
	for status, description := range about.statuses() {
		answer := object{"description": description, "headers": object{"X-Request-ID": ref("headers", "X-Request-ID")}}
		if status == http.StatusOK && about.tagged {
			answer["headers"].(object)["ETag"] = ref("headers", "ETag")
		}
		if status == http.StatusCreated && about.located {
			answer["headers"].(object)["Location"] = ref("headers", "Location")
		}
		switch {
		case status >= http.StatusBadRequest: // what is not ready says so as an error
			answer = ref("responses", errorName(status))
		case status == http.StatusNoContent || status == http.StatusNotModified:
		case about.text == wire.EventStream:
			answer["content"] = object{about.text: object{"schema": s.messageSchema()}}
		case about.text != "":
			answer["content"] = object{about.text: object{"schema": object{"type": "string"}}}
		default:
			answer["content"] = object{"application/json": object{"schema": s.of(about.answer, answers)}}
		}
		out[statusText(status)] = answer
	}
	for _, status := range errorsOf(r, about) {
		out[statusText(status)] = ref("responses", errorName(status))
	}
	return out
}

// messageSchema is that of one message of a stream, as tools that read streams take it: a stream as a whole has none.
func (s *schemas) messageSchema() object {
	data := object{"type": "string", "contentMediaType": "application/json", "contentSchema": s.of(typeOf[hone.Event](), answers)}
	return object{"type": "object", "properties": object{"id": text(), "event": text(), "data": data}}
}
