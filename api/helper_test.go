package api_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/api"
	"github.com/hone-tuner/hone/internal/wire"
	"github.com/hone-tuner/hone/internal/wire/wiretest"
	"github.com/stretchr/testify/require"
)

const digits = "/api/v1/namespaces/default/experiments/digits"

// do sends one request to a handler.
func do(h http.Handler, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Host = "localhost"
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return serve(h, r)
}

func serve(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// problem reads the body of an error and checks that the answer looks like one.
func problem(t require.TestingT, w *httptest.ResponseRecorder) wire.ErrorDetail {
	require.GreaterOrEqual(t, w.Code, 400)
	require.Equal(t, "application/json", w.Header().Get("Content-Type"))
	var b wire.ErrorBody
	dec := json.NewDecoder(w.Body)
	dec.DisallowUnknownFields()
	require.NoError(t, dec.Decode(&b))
	require.NotEmpty(t, b.Error.Message)
	require.Contains(t, hone.Kinds(), b.Error.Code)
	return b.Error
}

// failing is a service whose every method fails.
func failing(err error) *wiretest.Recorder {
	return &wiretest.Recorder{Reply: func(context.Context, wiretest.Call) (any, error) { return nil, err }}
}

// start serves a handler on a real port until the test ends.
func start(t *testing.T, h http.Handler) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	server.Config = api.NewServer(h, api.Options{})
	server.Start()
	t.Cleanup(server.Close)
	return server
}

// target fills in a route with an experiment digits and a trial of it.
func target(t require.TestingT, r wire.Route) string {
	path, err := r.Target(hone.Name{Name: "digits"}, "digits-0017")
	require.NoError(t, err)
	return path
}

// good are bodies that the routes take.
func good(op wire.Operation) string {
	return map[wire.Operation]string{
		wire.CreateExperiment: "kind: Experiment",
		wire.RunExperiment:    `{"document": "YQ==", "directory": "/", "environment": []}`,
		wire.UpdateExperiment: `{"parallelism": 2}`,
		wire.Enqueue:          `{"parameters": {}}`,
		wire.Import:           `{"trials": []}`,
		wire.Measure:          `{"measurements": []}`,
		wire.Tell:             `{"state": "Failed"}`,
		wire.Ask:              `{"count": 1}`,
		wire.CreateToken:      `{"name": "ci", "role": "viewer"}`,
	}[op]
}

// quiet makes a request for events end at once.
func quiet(r wire.Route) string {
	if r.Operation == wire.Events {
		return "?follow=false"
	}
	return ""
}

// everything are the options of a server that has all there is to have.
func everything(rec *wiretest.Recorder) api.Options {
	return api.Options{Tokens: rec, Backup: rec, Metrics: api.NewMetrics(api.MetricsOptions{})}
}

// handlerOf serves a recorder, tokens too.
func handlerOf(rec *wiretest.Recorder) http.Handler {
	return api.NewHandler(rec, everything(rec))
}

var errBroken = io.ErrClosedPipe
