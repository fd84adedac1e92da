package api_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"
	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/api"
	"github.com/hone-tuner/hone/internal/wire"
	"github.com/hone-tuner/hone/internal/wire/wiretest"
	"github.com/stretchr/testify/require"
)

// TestEveryPathAnswersEveryMethod walks over all paths and methods: what the table has is answered well, what
// it does not have is a JSON 405 that says what is allowed.
func TestEveryPathAnswersEveryMethod(t *testing.T) {
	h := handlerOf(&wiretest.Recorder{})
	allowed := map[string][]string{}
	for _, r := range wire.Routes() {
		allowed[r.Path] = append(allowed[r.Path], r.Method)
		if r.Method == http.MethodGet {
			allowed[r.Path] = append(allowed[r.Path], http.MethodHead)
		}
	}
	methods := []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
		http.MethodOptions, http.MethodTrace, "NONSENSE"}
	for _, r := range wire.Routes() {
		for _, method := range methods {
			w := do(h, method, target(t, r)+quiet(r), bodyFor(r.Path, method))
			if slices.Contains(allowed[r.Path], method) {
				require.Less(t, w.Code, 300, "%s %s: %s", method, r.Path, w.Body)
				continue
			}
			require.Equal(t, http.StatusMethodNotAllowed, w.Code, "%s %s", method, r.Path)
			require.ElementsMatch(t, allowed[r.Path], strings.Split(w.Header().Get("Allow"), ", "), "%s %s", method, r.Path)
			require.Equal(t, hone.Unimplemented, problem(t, w).Code)
		}
	}
}

func bodyFor(path, method string) string {
	for _, r := range wire.Routes() {
		if r.Path == path && r.Method == method {
			return good(r.Operation)
		}
	}
	return ""
}

func TestEveryErrorOfTheServiceIsAnsweredByItsKind(t *testing.T) {
	for _, r := range wire.Routes() {
		switch r.Operation {
		case wire.Healthz, wire.Readyz, wire.OpenAPI, wire.Metrics: // no service is asked
			continue
		}
		for _, kind := range hone.Kinds() {
			err := hone.Errorf(kind, "no way: %w", errBroken)
			w := do(handlerOf(failing(err)), r.Method, target(t, r), good(r.Operation))
			require.Equal(t, wire.StatusOf(kind), w.Code, "%s", r.Operation)
			p := problem(t, w)
			require.Equal(t, kind, p.Code)
			require.Equal(t, err.Error(), p.Message)
		}
	}
}

func TestUnknownPathsAreJSON404(t *testing.T) {
	h := handlerOf(&wiretest.Recorder{})
	for _, path := range []string{"/", "/api", "/api/v1", "/api/v1/", "/api/v2/experiments", "/api/v1/experiments/", "//api/v1/experiments",
		"/api/v1/./experiments", "/api/v1/x/../experiments", digits + "/", digits + "/nonsense",
		digits + "/trials/digits-0017/", "/api/v1/openapi", "/metrics/", "/healthz/", "/api/v1/namespaces//experiments/digits"} {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
			w := do(h, method, path, "")
			require.Equal(t, http.StatusNotFound, w.Code, "%s %s", method, path)
			require.Contains(t, problem(t, w).Message, "there is nothing at "+method+" "+path)
		}
	}
}

func TestStatusOfWhatEndsWell(t *testing.T) {
	created := &wiretest.Recorder{Reply: func(_ context.Context, c wiretest.Call) (any, error) {
		if c.Method == "RunExperiment" {
			return hone.RunReply{Created: true}, nil
		}
		return nil, nil
	}}
	for op, status := range map[wire.Operation]int{wire.CreateExperiment: 201, wire.RunExperiment: 201, wire.DeleteExperiment: 204,
		wire.InterruptExperiment: 204, wire.StopExperiment: 200, wire.GetTrial: 200} {
		r := wire.RouteOf(op)
		w := do(api.NewHandler(created, api.Options{}), r.Method, target(t, r), good(op))
		require.Equal(t, status, w.Code, "%s", op)
	}
	r := wire.RouteOf(wire.RunExperiment)
	require.Equal(t, 200, do(handlerOf(&wiretest.Recorder{}), r.Method, r.Path, good(r.Operation)).Code)
}

func TestEmptyListsAreListsAndNotNull(t *testing.T) {
	h := handlerOf(&wiretest.Recorder{})
	for target, want := range map[string]string{
		"/api/v1/experiments":                        `{"experiments": []}`,
		digits + "/trials":                           `{"trials": []}`,
		digits + "/trials/digits-0017/measurements":  `{"trial": "digits-0017", "measurements": []}`,
		digits + "/trials/digits-12345/measurements": `{"trial": "digits-12345", "measurements": []}`,
		"/api/v1/algorithms":                         `{"algorithms": [], "earlyStopping": []}`,
		digits + "/leaderboard":                      `{"experiment": "", "namespace": "", "state": "", "objective": {"metric": "", "goal": ""}, "counts": {}, "trials": []}`,
		"/healthz":                                   `{"status": "ok"}`,
		"/readyz":                                    `{"status": "ok"}`,
	} {
		w := do(h, http.MethodGet, target, "")
		require.Equal(t, http.StatusOK, w.Code)
		require.JSONEq(t, want, w.Body.String(), target)
	}
}

func TestReadinessSaysWhyNot(t *testing.T) {
	h := api.NewHandler(&wiretest.Recorder{}, api.Options{Ready: func(context.Context) error { return errors.New("still adopting trials") }})
	w := do(h, http.MethodGet, "/readyz", "")
	require.Equal(t, http.StatusServiceUnavailable, w.Code)
	require.Equal(t, "not ready: still adopting trials", problem(t, w).Message)
	require.Equal(t, http.StatusOK, do(h, http.MethodGet, "/healthz", "").Code)
}

func TestPanicsAreAnsweredAndLogged(t *testing.T) {
	var log bytes.Buffer
	o := api.Options{Logger: hclog.New(&hclog.LoggerOptions{Output: &log, Level: hclog.Debug})}
	h := api.NewHandler(&wiretest.Recorder{Reply: func(context.Context, wiretest.Call) (any, error) { panic([]int{42}) }}, o)
	w := do(h, http.MethodGet, digits, "")
	require.Equal(t, http.StatusInternalServerError, w.Code)
	p := problem(t, w)
	require.Equal(t, hone.Internal, p.Code)
	require.NotContains(t, p.Message, "42")
	require.Contains(t, log.String(), "[42]")
	require.Contains(t, log.String(), "api_test.go", "the stack")
	require.Regexp(t, `\[ERROR\].*request: method=GET path=`+digits+` status=500 bytes=\d+ duration=`, log.String())
	require.Contains(t, p.Message, "at request "+w.Header().Get("X-Request-ID"))
}

func TestRequestsAreLoggedAndMistakesOfTheProgramAreErrors(t *testing.T) {
	for kind, wanted := range map[hone.Kind]bool{hone.Internal: true, hone.DataLoss: true, hone.NotFound: false} {
		var log bytes.Buffer
		o := api.Options{Logger: hclog.New(&hclog.LoggerOptions{Output: &log, Level: hclog.Debug})}
		do(api.NewHandler(failing(hone.Errorf(kind, "oh no")), o), http.MethodGet, digits, "")
		require.Contains(t, log.String(), fmt.Sprintf("status=%d", wire.StatusOf(kind)))
		require.Equal(t, wanted, strings.Contains(log.String(), "[ERROR]"), "%s", kind)
		require.Contains(t, log.String(), `error="oh no"`)
	}
}

func TestWhatJSONCannotCarryIsAnErrorAndNotHalfAnAnswer(t *testing.T) {
	target := math.Inf(1) // an infinite target was never valid
	h := api.NewHandler(&wiretest.Recorder{Reply: func(context.Context, wiretest.Call) (any, error) {
		return hone.Experiment{Spec: hone.Spec{Objective: hone.Objective{Target: &target}}}, nil
	}}, api.Options{})
	w := do(h, http.MethodGet, digits, "")
	require.Equal(t, http.StatusInternalServerError, w.Code)
	require.Contains(t, problem(t, w).Message, "cannot write the answer as JSON")
}

func TestNothingCutsALongAnswer(t *testing.T) {
	server := api.NewServer(http.NotFoundHandler(), api.Options{})
	require.Zero(t, server.WriteTimeout)
	require.Zero(t, server.ReadTimeout)
	require.NotZero(t, server.ReadHeaderTimeout)
	require.NotZero(t, server.IdleTimeout)
}
