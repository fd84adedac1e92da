package spec_test

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/spec"
)

func compileSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(spec.Schema()))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource("schema.json", document))
	s, err := c.Compile("schema.json")
	require.NoError(t, err)
	return s
}

// instance reads a YAML document the way an editor hands it to a schema.
func instance(t *testing.T, document string) any {
	t.Helper()
	var x any
	require.NoError(t, yaml.Load([]byte(document), &x))
	data, err := json.Marshal(x)
	require.NoError(t, err)
	out, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	require.NoError(t, err)
	return out
}

func TestTheSchemaTakesWhatTheDecoderTakes(t *testing.T) {
	s := compileSchema(t)
	for name, document := range map[string]string{
		"every field": full(t), "the least": minimal(""), "the example": string(spec.Example("digits")),
		"a manifest":                        minimal("  trial: {manifest: {apiVersion: batch/v1, kind: Job, spec: {a: [1, ~]}}}\n"),
		"a single value in a condition":     minimal("    - {name: a, type: int, min: 0, max: 1, when: {optimizer: sgd}}\n"),
		"an absolute improvement":           minimal("  stop: {plateau: {trials: 5, minImprovement: 0.1}}\n"),
		"a duration of several parts":       minimal("  budget: {duration: 1h30m0.5s}\n  trial: {command: [a], grace: 0s}\n"),
		"a quantity that is a number":       minimal("  trial: {image: i, command: [a], cpu: 2}\n"),
		"a discrete and a mixed categorial": minimal("    - {name: a, type: discrete, values: [1, 2.5]}\n    - {name: b, type: categorical, values: [1, x, true]}\n"),
	} {
		t.Run(name, func(t *testing.T) {
			decode(t, document)
			require.NoError(t, s.Validate(instance(t, document)))
		})
	}
}

func TestTheSchemaRefusesWhatTheDecoderRefuses(t *testing.T) {
	s := compileSchema(t)
	for name, document := range map[string]string{
		"an unknown field":               minimal("  paralelism: 3\n"),
		"a wrong type":                   minimal("  parallelism: four\n"),
		"a zero that makes no sense":     minimal("  parallelism: 0\n"),
		"a zero step":                    minimal("    - {name: a, type: double, min: 0, max: 1, step: 0}\n"),
		"a negative count":               minimal("  budget: {failures: -1}\n"),
		"a missing field":                minimal("  stop: {plateau: {minImprovement: 1}}\n"),
		"a double without max":           minimal("    - {name: a, type: double, min: 1}\n"),
		"a categorical with min":         minimal("    - {name: a, type: categorical, min: 1, values: [a]}\n"),
		"an int with values":             minimal("    - {name: a, type: int, min: 1, max: 2, values: [1]}\n"),
		"a word that is not one of them": minimal("  metrics: {source: stdin}\n"),
		"another kind":                   strings.Replace(minimal(""), "Experiment", "Experimnt", 1),
		"a list of objectives":           minimal("  objectives: []\n"),
		"a number for a text":            minimal("  trial: {command: [a, 3]}\n"),
		"a number for a duration":        minimal("  trial: {command: [a], timeout: 30}\n"),
		"a duration without a unit":      minimal("  trial: {command: [a], timeout: \"30\"}\n"),
		"a list as a value":              minimal("  initial: [{lr: [1]}]\n"),
		"too many trials":                minimal("  budget: {trials: 1000000000}\n"),
		"a name in capitals":             strings.Replace(minimal(""), "digits", "Digits", 1),
		"a list for the whole":           "[1]",
	} {
		t.Run(name, func(t *testing.T) {
			complaints(t, document)
			require.Error(t, s.Validate(instance(t, document)))
		})
	}
}

// TestTheTableHasTheFieldsOfTheRoot: a field that is added to hone.Spec and not to the table could never be
// set, and one that is only in the table would be lost in silence.
func TestTheTableHasTheFieldsOfTheRoot(t *testing.T) {
	var schema map[string]any
	require.NoError(t, json.Unmarshal(spec.Schema(), &schema))
	at := func(names ...string) []string {
		here := schema
		for _, name := range names {
			if name == "[]" {
				here = here["items"].(map[string]any)
				continue
			}
			here = here["properties"].(map[string]any)[name].(map[string]any)
		}
		var fields []string
		for name := range here["properties"].(map[string]any) {
			fields = append(fields, name)
		}
		slices.Sort(fields)
		return fields
	}
	require.Equal(t, jsonFields(reflect.TypeFor[hone.Spec]()), at("spec"))
	require.Equal(t, jsonFields(reflect.TypeFor[hone.Objective]()), at("spec", "objective"))
	require.Equal(t, jsonFields(reflect.TypeFor[hone.AlgorithmSpec]()), at("spec", "algorithm"))
	require.Equal(t, jsonFields(reflect.TypeFor[hone.EarlyStoppingSpec]()), at("spec", "earlyStopping"))
	require.Equal(t, jsonFields(reflect.TypeFor[hone.Budget]()), at("spec", "budget"))
	require.Equal(t, jsonFields(reflect.TypeFor[hone.StopRules]()), at("spec", "stop"))
	require.Equal(t, jsonFields(reflect.TypeFor[hone.Plateau]()), at("spec", "stop", "plateau"))
	require.Equal(t, jsonFields(reflect.TypeFor[hone.MetricsSpec]()), at("spec", "metrics"))
	require.Equal(t, jsonFields(reflect.TypeFor[hone.TrialTemplate]()), at("spec", "trial"))
	require.Equal(t, []string{"max", "min", "name", "scale", "step", "type", "values", "when"}, at("spec", "parameters", "[]"))
	require.Equal(t, []string{"labels", "name", "namespace"}, at("metadata"))
}

func jsonFields(t reflect.Type) (names []string) {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			names = append(names, jsonFields(f.Type)...)
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func TestTheSchemaHelpsEditors(t *testing.T) {
	var schema map[string]any
	require.NoError(t, json.Unmarshal(spec.Schema(), &schema))
	require.Equal(t, "https://json-schema.org/draft/2020-12/schema", schema["$schema"])
	undescribed(t, "", schema)
	parallelism := schema["properties"].(map[string]any)["spec"].(map[string]any)["properties"].(map[string]any)["parallelism"].(map[string]any)
	require.InDelta(t, 1, parallelism["default"], 0)
	require.Equal(t, spec.Schema(), spec.Schema(), "it is the same every time")
}

// undescribed finds fields that editors could say nothing about.
func undescribed(t *testing.T, at string, schema map[string]any) {
	if properties, ok := schema["properties"].(map[string]any); ok {
		for name, property := range properties {
			p := property.(map[string]any)
			require.NotEmpty(t, p["description"], at+"."+name)
			undescribed(t, at+"."+name, p)
		}
	}
	if items, ok := schema["items"].(map[string]any); ok {
		undescribed(t, at+"[]", items)
	}
}

func TestTheExampleDecodes(t *testing.T) {
	d := decode(t, string(spec.Example("first-try")))
	require.Equal(t, "first-try", d.Experiment.Name)
	require.Empty(t, d.Warnings)
	require.Len(t, d.Experiment.Spec.Parameters, 6)
}

// TestTheExamplesCommentsAreRight uncomments everything that is left out in the example.
func TestTheExamplesCommentsAreRight(t *testing.T) {
	var lines []string
	for _, line := range strings.Split(string(spec.Example("digits")), "\n") {
		trimmed := strings.TrimLeft(line, " ")
		rest, isComment := strings.CutPrefix(trimmed, "# ")
		first, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
		if isComment && (strings.HasSuffix(first, ":") || strings.HasPrefix(rest, "  - ")) && !strings.HasPrefix(rest, "An ") && !strings.HasPrefix(rest, "Conditional:") {
			line = strings.Repeat(" ", len(line)-len(trimmed)) + rest
		}
		lines = append(lines, line)
	}
	s := decode(t, strings.Join(lines, "\n")).Experiment.Spec
	require.NotNil(t, s.Objective.Target)
	require.Len(t, s.Constraints, 1)
	require.NotNil(t, s.Algorithm.Seed)
	require.Len(t, s.Initial, 1)
	require.NotNil(t, s.Budget.Failures)
	require.NotNil(t, s.Stop.Plateau)
	require.Equal(t, "median", s.EarlyStopping.Name)
	require.Equal(t, []string{"loss"}, s.Metrics.Record)
	require.Equal(t, 1, s.Trial.GPUs)
}

// TestThePublishedSchemaIsTheOneOfTheCode keeps a copy for review: a change of the file format shows here.
func TestThePublishedSchemaIsTheOneOfTheCode(t *testing.T) {
	const golden = "testdata/schema.json"
	if os.Getenv("UPDATE_GOLDEN") != "" {
		require.NoError(t, os.WriteFile(golden, spec.Schema(), 0o600))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), string(spec.Schema()), "run the test with UPDATE_GOLDEN=1 when the change is meant")
}
