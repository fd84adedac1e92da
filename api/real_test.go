package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/api"
	"github.com/hone-tuner/hone/client"
	"github.com/hone-tuner/hone/embedded"
	"github.com/stretchr/testify/require"
)

// realServer is a server with a service that does what it says, and a client of it.
func realServer(t *testing.T) (http.Handler, *client.Client) {
	service, err := embedded.Open("", embedded.Options{})
	require.NoError(t, err)
	h := api.NewHandler(service, api.Options{})
	c := client.New(client.Options{BaseURL: start(t, h).URL})
	t.Cleanup(func() { c.Close(); require.NoError(t, service.Close()) })
	return h, c
}

// file is an experiment file.
func file(name string) string {
	return `{"apiVersion": "hone.dev/v1beta1", "kind": "Experiment", "metadata": {"name": "` + name + `"}, "spec": {
		"objective": {"metric": "accuracy", "goal": "maximize"}, "parameters": [{"name": "lr", "type": "double", "min": 0, "max": 1}],
		"algorithm": {"name": "random", "seed": 1}, "budget": {"trials": 100}}}`
}

func TestLongListsComePageByPage(t *testing.T) {
	h, c := realServer(t)
	const experiments, trials = 60, 2500
	for i := range experiments {
		require.Equal(t, http.StatusCreated, do(h, http.MethodPost, "/api/v1/experiments", file(fmt.Sprintf("e%03d", i))).Code)
	}
	var rows []hone.ImportedTrial
	for i := range trials {
		rows = append(rows, hone.ImportedTrial{Parameters: map[string]hone.Value{"lr": hone.Number(float64(i) / trials)},
			Metrics: map[string]hone.Float{"accuracy": hone.Float(i)}})
	}
	n, err := c.Import(t.Context(), hone.Name{Name: "e007"}, rows)
	require.NoError(t, err)
	require.Equal(t, trials, n)

	seen := 0
	for trial, err := range c.AllTrials(t.Context(), hone.Name{Name: "e007"}, hone.TrialFilter{}) {
		require.NoError(t, err)
		seen++
		require.Equal(t, seen, trial.Number)
	}
	require.Equal(t, trials, seen)
	for query, want := range map[string]int{"": 1000, "?limit=0": 1000, "?limit=99999999": 1000, "?limit=7": 7, "?cursor=2400": 100, "?cursor=2500": 0} {
		var page struct {
			Trials []json.RawMessage
			Cursor string
		}
		w := do(h, http.MethodGet, "/api/v1/namespaces/default/experiments/e007/trials"+query, "")
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &page))
		require.Len(t, page.Trials, want, query)
		require.Equal(t, !strings.Contains(query, "cursor"), page.Cursor != "", query)
	}

	var names []string
	for cursor, pages := "", 0; pages == 0 || cursor != ""; pages++ {
		page, err := c.ListExperiments(t.Context(), hone.ExperimentFilter{Limit: 7, Cursor: cursor})
		require.NoError(t, err)
		for _, e := range page.Experiments {
			names = append(names, e.Name)
		}
		cursor = page.Cursor
	}
	require.Len(t, names, experiments)
	require.IsIncreasing(t, names)
	for _, cursor := range []string{"x", "%20", "-1", "ZQ==%00"} {
		w := do(h, http.MethodGet, "/api/v1/experiments?cursor="+cursor, "")
		require.Equal(t, http.StatusBadRequest, w.Code, cursor)
		require.Equal(t, hone.InvalidArgument, problem(t, w).Code)
	}
}

func TestOfManyChangesAtOnceOneWinsOrAllAreMade(t *testing.T) {
	h, c := realServer(t)
	require.Equal(t, http.StatusCreated, do(h, http.MethodPost, "/api/v1/experiments", file("digits")).Code)
	e, err := c.GetExperiment(t.Context(), hone.Name{Name: "digits"})
	require.NoError(t, err)
	var won, lost atomic.Int32
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			_, err := c.UpdateExperiment(context.Background(), hone.Name{Name: "digits"},
				hone.Patch{Spec: []byte(`{"budget": {"trials": ` + strconv.Itoa(200+i) + `}}`), UID: e.UID, Events: e.Status.Events})
			switch hone.KindOf(err) {
			case hone.Conflict:
				lost.Add(1)
			default:
				if err == nil {
					won.Add(1)
				}
			}
		})
	}
	all.Wait()
	require.Equal(t, []int32{1, 19}, []int32{won.Load(), lost.Load()})
	_, err = c.UpdateExperiment(t.Context(), hone.Name{Name: "digits"}, hone.Patch{Spec: []byte(`{"parallelism": 3}`), UID: "another", Events: e.Status.Events + 1})
	require.ErrorContains(t, err, "is another one than the one of that name before")

	for _, body := range []string{`{"budget": {"failures": 5}}`, `{"parallelism": 7}`, `{"stop": {"plateau": {"trials": 9}}}`} {
		all.Go(func() { do(h, http.MethodPatch, digits, body) })
	}
	all.Wait()
	e, err = c.GetExperiment(t.Context(), hone.Name{Name: "digits"})
	require.NoError(t, err)
	require.Equal(t, 5, *e.Spec.Budget.Failures)
	require.Equal(t, 7, e.Spec.Parallelism)
	require.Equal(t, 9, e.Spec.Stop.Plateau.Trials)
	require.GreaterOrEqual(t, e.Spec.Budget.Trials, 200)
}

func TestWhatIsWrongLeavesNothingHalfDone(t *testing.T) {
	h, _ := realServer(t)
	const depth = 20_000
	for _, body := range []string{"", "{", "[]", "kind: Experiment", strings.Repeat("[", depth), strings.Repeat("a: {", depth), strings.Repeat("- ", depth),
		file("Digits"), strings.Replace(file("digits"), `"max": 1`, `"max": -1`, 1), "\x00\xff", strings.Repeat("x", 1<<20+1)} {
		w := do(h, http.MethodPost, "/api/v1/experiments", body)
		require.Contains(t, []int{http.StatusBadRequest, http.StatusRequestEntityTooLarge}, w.Code)
		problem(t, w)
	}
	require.JSONEq(t, `{"experiments": []}`, do(h, http.MethodGet, "/api/v1/experiments", "").Body.String())

	require.Equal(t, http.StatusCreated, do(h, http.MethodPost, "/api/v1/experiments", file("digits")).Code)
	before := do(h, http.MethodGet, digits, "").Header().Get("ETag")
	for _, c := range [][3]string{
		{"PATCH", "", `{"budget": {"trials": -1}}`}, {"PATCH", "", `{"parallelism": "x"}`}, {"PATCH", "", "null"}, {"PATCH", "", ""},
		{"PATCH", "", strings.Repeat(`{"budget":`, depth)}, {"PATCH", "", `{"budget":` + strings.Repeat(`{"a":`, depth) + "1" + strings.Repeat("}", depth) + "}"},
		{"POST", "/import", `{"trials": [{"parameters": {"lr": 0.5}, "metrics": {"accuracy": 1}}, {"parameters": {"lr": 7}}]}`},
		{"POST", "/import", `{"trials": [{"parameters": {"lr": 0.5}, "metrics": {"accuracy": null}}]}`},
		{"POST", "/enqueue", `{"parameters": {"lr": 7}}`}, {"POST", "/ask", `{"count": 1001}`}, {"POST", "/ask", `{"count": 1, "lease": "1ms"}`},
	} {
		w := do(h, c[0], digits+c[1], c[2])
		require.Equal(t, http.StatusBadRequest, w.Code, "%s %s: %s", c[0], c[1], w.Body)
		problem(t, w)
	}
	require.Equal(t, before, do(h, http.MethodGet, digits, "").Header().Get("ETag"), "nothing has happened")
}
