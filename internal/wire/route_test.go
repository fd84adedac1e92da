package wire_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"testing"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestEveryMethodOfTheServiceHasOneRoute(t *testing.T) {
	seen := map[wire.Operation]bool{}
	for _, r := range wire.Routes() {
		require.False(t, seen[r.Operation], "%s stands twice", r.Operation)
		seen[r.Operation] = true
		require.Equal(t, r, wire.RouteOf(r.Operation))
	}
	methods := 0
	for _, service := range []reflect.Type{reflect.TypeFor[hone.Service](), reflect.TypeFor[hone.TokenService]()} {
		methods += service.NumMethod()
		for i := range service.NumMethod() {
			require.True(t, seen[wire.Operation(service.Method(i).Name)], "%s has no route", service.Method(i).Name)
		}
	}
	require.Len(t, seen, methods+5, "the methods, /openapi.json, /backup, /metrics, /healthz and /readyz")
	require.Zero(t, wire.RouteOf("Nonsense"))
}

func TestDocumentationListsEveryRoute(t *testing.T) {
	text, err := os.ReadFile("../../docs/api.md")
	require.NoError(t, err)
	for _, r := range wire.Routes() {
		require.Contains(t, string(text), "`"+r.Method+" "+r.Path+"`")
		for _, parameter := range r.Query {
			require.Contains(t, string(text), "`"+parameter, "%s takes %s", r.Operation, parameter)
		}
	}
}

func TestTargetsAreFoundByTheirRoute(t *testing.T) {
	mux := http.NewServeMux()
	type match struct {
		op              wire.Operation
		ns, name, trial string
	}
	var got match
	for _, r := range wire.Routes() {
		mux.HandleFunc(r.Pattern(), func(_ http.ResponseWriter, q *http.Request) {
			got = match{r.Operation, q.PathValue("ns"), q.PathValue("name"), q.PathValue("trial")}
		})
	}
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.OneOf(rapid.SampledFrom([]string{"digits", "a/b", "%2F", "...", "?", "#", "a b", "{ns}", "{trial}", "é\x00"}),
			rapid.StringN(1, 10, -1).Filter(func(s string) bool { return s != "." && s != ".." && s != "/" }))
		route := rapid.SampledFrom(wire.Routes()).Draw(t, "route")
		n := hone.Name{Namespace: word.Draw(t, "namespace"), Name: word.Draw(t, "name")}
		trial := word.Draw(t, "trial")
		target, err := route.Target(n, trial)
		require.NoError(t, err)
		got = match{}
		mux.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(route.Method, target, nil))
		require.Equal(t, route.Operation, got.op)
		for _, part := range [][2]string{{got.ns, n.Namespace}, {got.name, n.Name}, {got.trial, trial}} {
			if part[0] != "" {
				require.Equal(t, part[1], part[0])
			}
		}
	})
}

func TestNamesThatCannotStandInAPathAreRefused(t *testing.T) {
	route := wire.RouteOf(wire.GetTrial)
	for _, n := range []struct {
		name  hone.Name
		trial string
		says  string
	}{
		{hone.Name{Name: ""}, "x-0001", "the name of the experiment is missing"},
		{hone.Name{Name: ".."}, "x-0001", `".." cannot be the name of the experiment`},
		{hone.Name{Name: "x", Namespace: "."}, "x-0001", `"." cannot be the name of the namespace`},
		{hone.Name{Name: "x"}, "", "the name of the trial is missing"},
	} {
		_, err := route.Target(n.name, n.trial)
		require.ErrorIs(t, err, hone.InvalidArgument)
		require.EqualError(t, err, n.says)
	}
	target, err := route.Target(hone.Name{Name: "x"}, "x-0001")
	require.NoError(t, err)
	require.Equal(t, "/api/v1/namespaces/default/experiments/x/trials/x-0001", target)
}
