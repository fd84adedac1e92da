package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/api"
	"github.com/hone-tuner/hone/internal/wire"
	"github.com/hone-tuner/hone/internal/wire/wiretest"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// description is the OpenAPI document that a handler serves, ready to check bodies against it.
type description struct {
	tree     map[string]any
	compiler *jsonschema.Compiler
	compiled map[string]*jsonschema.Schema
}

func describe(t *testing.T) *description {
	w := do(handlerOf(&wiretest.Recorder{}), http.MethodGet, "/api/v1/openapi.json", "")
	require.Equal(t, http.StatusOK, w.Code)
	require.Equal(t, "application/json", w.Header().Get("Content-Type"))
	tree, err := jsonschema.UnmarshalJSON(w.Body)
	require.NoError(t, err)
	d := &description{tree: tree.(map[string]any), compiler: jsonschema.NewCompiler(), compiled: map[string]*jsonschema.Schema{}}
	d.compiler.AssertFormat()
	require.NoError(t, d.compiler.AddResource("doc.json", tree))
	return d
}

// schema compiles what stands at a place of the document.
func (d *description) schema(t require.TestingT, path ...string) *jsonschema.Schema {
	pointer := "doc.json#"
	for _, part := range path {
		pointer += "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(part)
	}
	if s := d.compiled[pointer]; s != nil {
		return s
	}
	s, err := d.compiler.Compile(pointer)
	require.NoError(t, err)
	d.compiled[pointer] = s
	return s
}

// at finds a part of the document; nil if there is none.
func (d *description) at(path ...string) any {
	var node any = d.tree
	for _, part := range path {
		tree, _ := node.(map[string]any)
		node = tree[part]
	}
	return node
}

// check holds an answer against what the document says of the route.
func (d *description) check(t require.TestingT, r wire.Route, w *httptest.ResponseRecorder) {
	status := strconv.Itoa(w.Code)
	response := []string{"paths", r.Path, strings.ToLower(r.Method), "responses", status}
	require.NotNil(t, d.at(response...), "%s answers %s: %s", r.Operation, status, w.Body)
	if target, isRef := d.at(append(response, "$ref")...).(string); isRef {
		response = strings.Split(strings.TrimPrefix(target, "#/"), "/")
	}
	content, _ := d.at(append(response, "content")...).(map[string]any)
	if content == nil {
		require.Empty(t, w.Body.String(), "%s %s", r.Operation, status)
		return
	}
	contentType, _, _ := strings.Cut(w.Header().Get("Content-Type"), ";")
	require.Contains(t, content, contentType, "%s %s", r.Operation, status)
	if contentType != "application/json" {
		return
	}
	body, err := jsonschema.UnmarshalJSON(bytes.NewReader(w.Body.Bytes()))
	require.NoError(t, err)
	schema := d.schema(t, append(response, "content", contentType, "schema")...)
	require.NoError(t, schema.Validate(body), "%s %s: %s", r.Operation, status, w.Body)
}

// results are the types of what the methods of the services answer, by name.
func results() map[string]reflect.Type {
	out := map[string]reflect.Type{}
	for _, service := range []reflect.Type{reflect.TypeFor[hone.Service](), reflect.TypeFor[hone.TokenService]()} {
		for i := range service.NumMethod() {
			if m := service.Method(i); m.Type.NumOut() == 2 {
				out[m.Name] = m.Type.Out(0)
			}
		}
	}
	return out
}

// TestAnswersAreAsTheDocumentSays has each route answer with anything that its method may return, and with any
// error.
func TestAnswersAreAsTheDocumentSays(t *testing.T) {
	d := describe(t)
	var drawing *rapid.T
	rec := &wiretest.Recorder{Reply: func(_ context.Context, c wiretest.Call) (any, error) {
		typ, found := results()[c.Method]
		if !found || typ == reflect.TypeFor[io.ReadCloser]() {
			return nil, nil
		}
		result := reflect.New(typ).Elem()
		result.Set(wiretest.Value(drawing, typ, "result"))
		fill(result, 0)
		return result.Interface(), nil
	}}
	h := handlerOf(rec)
	tried := map[reflect.Type]bool{}
	for _, r := range wire.Routes() {
		t.Run(string(r.Operation), func(t *testing.T) {
			try := func(t *rapid.T) {
				drawing = t
				w := do(h, r.Method, target(t, r)+quiet(r), good(r.Operation))
				require.Less(t, w.Code, 300, "%s", w.Body)
				d.check(t, r, w)
			}
			// Many routes answer with an experiment or a trial: what is true of one of them is so of all.
			if typ := results()[string(r.Operation)]; tried[typ] {
				rapid.Custom(func(t *rapid.T) bool { try(t); return rapid.Bool().Draw(t, "any") }).Example(1)
			} else {
				tried[typ] = true
				rapid.Check(t, try)
			}
		})
	}
}

// fill makes lists and dictionaries that are never nil empty where they were drawn as nil: all but the lists that an
// answer consists of.
func fill(v reflect.Value, depth int) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i), depth+1)
			}
		}
	case reflect.Pointer:
		if !v.IsNil() {
			fill(v.Elem(), depth+1)
		}
	case reflect.Map:
		if v.IsNil() {
			v.Set(reflect.MakeMap(v.Type()))
		}
	case reflect.Slice:
		if v.IsNil() && depth > 1 && v.Type().Elem().Kind() != reflect.Uint8 {
			v.Set(reflect.MakeSlice(v.Type(), 0, 0))
		}
		for i := range v.Len() {
			fill(v.Index(i), depth+1)
		}
	}
}

func TestErrorsAreAsTheDocumentSays(t *testing.T) {
	d := describe(t)
	var says error
	rec := &wiretest.Recorder{Reply: func(context.Context, wiretest.Call) (any, error) { return nil, says }}
	h := handlerOf(rec)
	for _, r := range wire.Routes() {
		d.check(t, r, do(h, r.Method, target(t, r)+"?nonsense=1", good(r.Operation)))
		if r.BodyLimit > 0 && r.BodyLimit < 10<<20 {
			d.check(t, r, do(h, r.Method, target(t, r), strings.Repeat(" ", int(r.BodyLimit)+1)))
		}
		if r.Needs == "" {
			continue
		}
		for _, kind := range []hone.Kind{hone.InvalidArgument, hone.PermissionDenied, hone.Unauthenticated, hone.ResourceExhausted,
			hone.Unavailable, hone.DeadlineExceeded, hone.DataLoss, hone.Internal} {
			says = hone.Errorf(kind, "no way")
			d.check(t, r, do(h, r.Method, target(t, r), good(r.Operation)))
		}
	}
}

// checking is a service that refuses what the root does not allow, and takes everything else.
func checking() *wiretest.Recorder {
	return &wiretest.Recorder{Reply: func(_ context.Context, c wiretest.Call) (any, error) {
		for _, trial := range imported(c) {
			if !trial.State.Ended() && trial.State != "" {
				return nil, hone.Errorf(hone.InvalidArgument, "%s is no end", trial.State)
			}
		}
		if request, ok := c.Args[len(c.Args)-1].(interface{ Validate() error }); ok {
			return nil, request.Validate()
		}
		return nil, nil
	}}
}

func imported(c wiretest.Call) []hone.ImportedTrial {
	trials, _ := c.Args[len(c.Args)-1].([]hone.ImportedTrial)
	return trials
}

// TestBodiesThatTheDocumentAllowsAreTakenAndOthersAreNot changes good bodies here and there: a value of another
// type, a field less, a field more. Server and schema must be of one mind.
func TestBodiesThatTheDocumentAllowsAreTakenAndOthersAreNot(t *testing.T) {
	d := describe(t)
	for op, body := range map[wire.Operation]string{
		wire.Ask:  `{"count": 1, "client": "w", "lease": "5m"}`,
		wire.Tell: `{"attempt": 1, "state": "Succeeded", "metrics": {"accuracy": 0.5, "loss": "NaN"}, "message": "m"}`,
		wire.Measure: `{"attempt": 1, "source": "s", "sequence": 3, "cursor": "YQ==", "measurements": [
			{"metric": "a", "value": 1, "step": 1, "time": "2026-01-02T03:04:05.5Z"}, {"metric": "a", "value": "Infinity"}]}`,
		wire.Enqueue:     `{"parameters": {"lr": 0.5, "layers": 2, "optimizer": "adam", "nesterov": true}}`,
		wire.Import:      `{"trials": [{"parameters": {"lr": 0.5}, "metrics": {"accuracy": "-Infinity"}, "state": "Failed"}]}`,
		wire.CreateToken: `{"name": "ci", "role": "editor", "namespaces": ["a", "b"], "expires": "720h"}`,
	} {
		route := wire.RouteOf(op)
		schema := d.schema(t, "paths", route.Path, strings.ToLower(route.Method), "requestBody", "content", "application/json", "schema")
		t.Run(string(op), func(t *testing.T) {
			taken, refused := 0, 0
			rapid.Check(t, func(t *rapid.T) {
				tree, err := jsonschema.UnmarshalJSON(strings.NewReader(body))
				require.NoError(t, err)
				for range rapid.IntRange(0, 2).Draw(t, "changes") {
					tree = change(t, tree)
				}
				data, err := json.Marshal(tree)
				require.NoError(t, err)
				rec := checking()
				w := do(api.NewHandler(rec, api.Options{Tokens: rec}), route.Method, target(t, route), string(data))
				if wrong := schema.Validate(tree); wrong == nil {
					taken++
					require.Less(t, w.Code, 300, "%s: the schema allows %s, but: %s", op, data, w.Body)
				} else {
					refused++
					require.Equal(t, http.StatusBadRequest, w.Code, "%s takes %s, but: %v", op, data, wrong)
				}
			})
			require.NotZero(t, taken)
			require.NotZero(t, refused)
		})
	}
}

// change changes one thing somewhere in a JSON value.
func change(t *rapid.T, node any) any {
	switch x := node.(type) {
	case map[string]any:
		keys := slices.Sorted(maps.Keys(x))
		switch deep := rapid.IntRange(0, 5).Draw(t, "deep"); {
		case deep == 0:
			x["surplus"] = other(t)
		case deep == 1 && len(keys) > 0:
			delete(x, rapid.SampledFrom(keys).Draw(t, "without"))
		case deep > 2 && len(keys) > 0:
			key := rapid.SampledFrom(keys).Draw(t, "in")
			x[key] = change(t, x[key])
		default:
			return other(t)
		}
		return x
	case []any:
		if i := rapid.IntRange(-1, len(x)-1).Draw(t, "item"); i >= 0 {
			x[i] = change(t, x[i])
			return x
		}
	}
	return other(t)
}

// other is a JSON value of any type, near the borders of what may be said.
func other(t *rapid.T) any {
	return rapid.SampledFrom([]any{nil, true, json.Number("0"), json.Number("1"), json.Number("-1"), json.Number("0.5"), json.Number("2.0"), json.Number("1001"),
		json.Number("9223372036854775807"), json.Number("9223372036854775808"), "", "x", "1h", "90", "NaN", "Failed", "Running", "viewer", "YQ==", "Y",
		"2026-01-02T03:04:05Z", "2026-01-02", []any{}, []any{nil}, []any{"a"}, map[string]any{}, map[string]any{"a": json.Number("1")}}).Draw(t, "other")
}
