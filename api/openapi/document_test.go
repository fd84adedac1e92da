package openapi_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/api/openapi"
	"github.com/hone-tuner/hone/internal/wire"
	"github.com/hone-tuner/hone/spec"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
)

// document is the one that a server gives.
func document(t require.TestingT) []byte {
	data, err := openapi.Document(openapi.Options{Version: "v1", Experiment: spec.Schema()})
	require.NoError(t, err)
	return data
}

// parsed is the document as a tree.
func parsed(t require.TestingT) map[string]any {
	tree, err := jsonschema.UnmarshalJSON(bytes.NewReader(document(t)))
	require.NoError(t, err)
	return tree.(map[string]any)
}

func TestTheDocumentIsOpenAPI(t *testing.T) {
	published, err := os.ReadFile("testdata/openapi-3.1-schema.json")
	require.NoError(t, err)
	tree, err := jsonschema.UnmarshalJSON(bytes.NewReader(published))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource("https://spec.openapis.org/oas/3.1/schema/2022-10-07", tree))
	schema, err := c.Compile("https://spec.openapis.org/oas/3.1/schema/2022-10-07")
	require.NoError(t, err)
	require.NoError(t, schema.Validate(parsed(t)))
	broken := parsed(t)
	delete(broken, "info")
	require.Error(t, schema.Validate(broken))
}

// TestEverySchemaIsOne compiles each schema of the document, which finds references that lead nowhere too.
func TestEverySchemaIsOne(t *testing.T) {
	doc := parsed(t)
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource("doc.json", doc))
	schemas := 0
	var walk func(path string, node any)
	walk = func(path string, node any) {
		switch x := node.(type) {
		case map[string]any:
			if target, isRef := x["$ref"].(string); isRef {
				require.NotNil(t, at(doc, target), "%s: %s", path, target)
			}
			for key, inner := range x {
				pointer := path + "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
				if key == "schema" || path == "/components/schemas" {
					_, err := c.Compile("doc.json#" + pointer)
					require.NoError(t, err)
					schemas++
				}
				walk(pointer, inner)
			}
		case []any:
			for i, inner := range x {
				walk(fmt.Sprintf("%s/%d", path, i), inner)
			}
		}
	}
	walk("", doc)
	require.Greater(t, schemas, 100)
}

// at finds what a reference within the document leads to; nil if there is nothing.
func at(doc any, reference string) any {
	for part := range strings.SplitSeq(strings.TrimPrefix(reference, "#/"), "/") {
		tree, _ := doc.(map[string]any)
		doc = tree[part]
	}
	return doc
}

func TestTheDocumentIsAlwaysTheSame(t *testing.T) {
	first := document(t)
	for range 5 {
		require.Equal(t, string(first), string(document(t)))
	}
	require.Less(t, len(first), 200<<10)
}

// TestEveryRouteIsDescribed holds the document against the table of routes.
func TestEveryRouteIsDescribed(t *testing.T) {
	doc := parsed(t)
	described := 0
	for _, item := range doc["paths"].(map[string]any) {
		described += len(item.(map[string]any))
	}
	require.Len(t, wire.Routes(), described)
	for _, r := range wire.Routes() {
		op, _ := doc["paths"].(map[string]any)[r.Path].(map[string]any)[strings.ToLower(r.Method)].(map[string]any)
		require.Equal(t, string(r.Operation), op["operationId"])
		require.NotEmpty(t, op["summary"], "%s", r.Operation)
		require.NotEqual(t, []any{""}, op["tags"], "%s", r.Operation)
		require.Equal(t, r.BodyLimit > 0, op["requestBody"] != nil, "%s", r.Operation)
		require.Equal(t, r.Needs == "", op["security"] != nil, "%s", r.Operation)
		var query []string
		for _, p := range list(op["parameters"]) {
			p := p.(map[string]any)
			require.NotEmpty(t, p["description"], "%s: %s", r.Operation, p["name"])
			require.NotEmpty(t, p["schema"], "%s: %s", r.Operation, p["name"])
			switch p["in"] {
			case "query":
				query = append(query, p["name"].(string))
			case "path":
				require.Contains(t, r.Path, "{"+p["name"].(string)+"}")
			}
		}
		require.Equal(t, r.Query, query, "%s", r.Operation)
		require.Equal(t, strings.Count(r.Path, "{"), strings.Count(text(t, op["parameters"]), `"in":"path"`))
	}
}

func list(x any) []any { all, _ := x.([]any); return all }

func text(t *testing.T, x any) string {
	data, err := json.Marshal(x)
	require.NoError(t, err)
	return string(data)
}

// TestEveryKindOfErrorHasAnAnswer holds the answers that are errors against the table of kinds.
func TestEveryKindOfErrorHasAnAnswer(t *testing.T) {
	responses := text(t, at(parsed(t), "#/components/responses"))
	codes := at(parsed(t), "#/components/schemas/ErrorDetail/properties/code/enum").([]any)
	for _, kind := range hone.Kinds() {
		require.Contains(t, responses, "`"+string(kind)+"`")
		require.True(t, slices.Contains(codes, any(string(kind))), kind)
	}
}

func TestTheSchemaOfExperimentFilesIsAPart(t *testing.T) {
	file := at(parsed(t), "#/components/schemas/ExperimentFile").(map[string]any)
	require.NotContains(t, file, "$schema")
	require.NotNil(t, at(file, "#/properties/spec/properties/objective"))
	without, err := openapi.Document(openapi.Options{})
	require.NoError(t, err)
	require.Contains(t, string(without), `"version": "dev"`)
	_, err = openapi.Document(openapi.Options{Experiment: []byte("[1]")})
	require.ErrorIs(t, err, hone.Internal)
}
