package api_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/api"
	"github.com/hone-tuner/hone/internal/wire/wiretest"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/stretchr/testify/require"
)

// counted is an engine with numbers in it.
type counted struct{ err error }

func (c counted) Statistics(context.Context) (hone.Statistics, error) {
	return hone.Statistics{
		Experiments: map[hone.ExperimentState]int{hone.ExperimentRunning: 3},
		Driven:      2, Loaded: 4, Askers: 5, SuggestionFailures: 6,
		Trials: hone.Counts{Succeeded: 7},
		Ends: map[hone.TrialEnd]int64{{State: hone.TrialFailed, Reason: hone.OutOfMemory}: 8,
			{State: hone.TrialFailed, Reason: "secret-1"}: 9, {State: hone.TrialFailed, Reason: "secret-2"}: 1},
		Places:      hone.Places{Used: 10, Limit: 11, Waiting: 12, Namespaces: map[string]hone.NamespacePlaces{"secret": {}}},
		Suggestions: hone.Histogram{Bounds: []float64{0.1, 1}, Counts: []uint64{2, 3, 4}, Sum: 20},
		Appends:     hone.Histogram{Bounds: []float64{0.1}, Counts: []uint64{1, 0}, Sum: 0.05},
	}, c.err
}

// scrape reads all metrics through a handler.
func scrape(t *testing.T, h http.Handler) string {
	w := do(h, http.MethodGet, "/metrics", "")
	require.Equal(t, http.StatusOK, w.Code)
	require.Contains(t, w.Header().Get("Content-Type"), "text/plain; version=0.0.4")
	require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	return w.Body.String()
}

func TestMetricsCountWhatHappens(t *testing.T) {
	rec := &wiretest.Recorder{Reply: func(_ context.Context, c wiretest.Call) (any, error) {
		switch c.Method {
		case "Ask":
			return hone.AskReply{Trials: make([]hone.Trial, 3)}, nil
		case "GetTrial":
			return nil, hone.Errorf(hone.NotFound, "no")
		}
		return nil, nil
	}}
	m := api.NewMetrics(api.MetricsOptions{Statistics: counted{}, Version: "v1.2", StoreSize: func() (int64, error) { return 4096, nil }})
	h := api.NewHandler(rec, api.Options{Metrics: m})
	do(h, http.MethodPost, digits+"/ask", "")
	do(h, http.MethodGet, digits+"/trials/digits-0001", "")
	do(h, http.MethodGet, "/api/v1/secret-path", "")
	do(h, http.MethodPost, digits+"/trials/digits-0001/measurements", `{"measurements": [{"metric": "a", "value": 1}, {"metric": "a", "value": 2}]}`)
	do(h, http.MethodPost, digits+"/trials/digits-0001/measurements", `{"measurements": [{"metric": "a"}]}`)
	push := api.NewPushHandler(rec, func(context.Context, hone.Name, int, string) error { return nil }, api.Options{Metrics: m})
	do(push, http.MethodPost, digits+"/trials/digits-0001/measurements", `{"measurements": [{"metric": "a", "value": 1}]}`, "Authorization", "Bearer x")
	text := scrape(t, h)
	for _, line := range []string{
		`hone_build_info{version="v1.2"} 1`,
		`hone_http_requests_total{code="200",operation="Ask"} 1`,
		`hone_http_requests_total{code="404",operation="GetTrial"} 1`,
		`hone_http_requests_total{code="404",operation="none"} 1`,
		`hone_http_requests_total{code="200",operation="Measure"} 2`,
		`hone_http_requests_total{code="400",operation="Measure"} 1`,
		`hone_http_request_duration_seconds_count{operation="Measure"} 3`,
		`hone_http_requests_in_flight 1`,
		`hone_measurements_received_total 3`,
		`hone_trials_asked_total 3`,
		`hone_experiments{state="Running"} 3`, `hone_experiments{state="Failed"} 0`,
		`hone_experiments_driven 2`, `hone_experiments_loaded 4`, `hone_asks_in_flight 5`, `hone_suggestion_failures_total 6`,
		`hone_trials{state="Succeeded"} 7`, `hone_trials{state="Pending"} 0`,
		`hone_trials_ended_total{reason="OutOfMemory",state="Failed"} 8`, `hone_trials_ended_total{reason="Other",state="Failed"} 10`,
		`hone_places_used 10`, `hone_places_limit 11`, `hone_places_waiting 12`,
		`hone_suggestion_duration_seconds_bucket{le="0.1"} 2`, `hone_suggestion_duration_seconds_bucket{le="1"} 5`,
		`hone_suggestion_duration_seconds_bucket{le="+Inf"} 9`, `hone_suggestion_duration_seconds_sum 20`,
		`hone_append_duration_seconds_count 1`, `hone_store_size_bytes 4096`, `hone_statistics_available 1`,
	} {
		require.Contains(t, text, line+"\n")
	}
	require.Contains(t, text, "go_goroutines ")
	require.Contains(t, text, "process_cpu_seconds_total ")
	require.NotContains(t, text, "secret")
	require.NotContains(t, text, "digits")
}

func TestMetricsAreNamedAsPrometheusWantsAndDescribed(t *testing.T) {
	m := api.NewMetrics(api.MetricsOptions{Statistics: counted{}, StoreSize: func() (int64, error) { return 1, nil }})
	h := api.NewHandler(newFeed(1).service(), api.Options{Metrics: m})
	do(h, http.MethodGet, digits+"/events?follow=false", "")
	text := scrape(t, h)
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	require.NoError(t, err)
	require.Empty(t, problems)
	page, err := os.ReadFile("../docs/api.md")
	require.NoError(t, err)
	for line := range strings.Lines(text) {
		if fields := strings.Fields(line); fields[0] == "#" && fields[1] == "TYPE" && strings.HasPrefix(fields[2], "hone_") {
			require.Contains(t, string(page), "`"+fields[2]+"`")
		}
	}
}

func TestMetricsSayWhenTheEngineCannotBeCounted(t *testing.T) {
	m := api.NewMetrics(api.MetricsOptions{Statistics: counted{err: errors.New("closed")}, StoreSize: func() (int64, error) { return 0, errors.New("gone") }})
	text := scrape(t, api.NewHandler(&wiretest.Recorder{}, api.Options{Metrics: m}))
	require.Contains(t, text, "hone_statistics_available 0\n")
	require.NotContains(t, text, "hone_experiments")
	require.NotContains(t, text, "hone_store_size_bytes")
	require.Contains(t, text, "go_goroutines")
}

func TestOpenMetricsIsSpokenToThoseWhoAsk(t *testing.T) {
	w := do(handlerOf(&wiretest.Recorder{}), http.MethodGet, "/metrics", "", "Accept", "application/openmetrics-text;version=1.0.0")
	require.Contains(t, w.Header().Get("Content-Type"), "application/openmetrics-text")
	require.True(t, bytes.HasSuffix(w.Body.Bytes(), []byte("# EOF\n")))
}

func TestWithoutMetricsNothingIsServed(t *testing.T) {
	w := do(api.NewHandler(&wiretest.Recorder{}, api.Options{}), http.MethodGet, "/metrics", "")
	require.Equal(t, http.StatusNotImplemented, w.Code)
	require.Equal(t, hone.Unimplemented, problem(t, w).Code)
}

func TestStreamsAreCountedWhileTheyLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := api.NewMetrics(api.MetricsOptions{})
		h := api.NewHandler(newFeed(1).service(), api.Options{Metrics: m})
		ctx, cancel := context.WithCancel(t.Context())
		go func() { do(h, http.MethodGet, digits+"/trials/digits-0001", "") }()
		go func() { serve(h, request(ctx, digits+"/events")) }()
		time.Sleep(time.Minute)
		require.Contains(t, scrape(t, h), `hone_http_streams{operation="Events"} 1`)
		cancel()
		synctest.Wait()
		text := scrape(t, h)
		require.Contains(t, text, `hone_http_streams{operation="Events"} 0`)
		require.Contains(t, text, `hone_http_requests_total{code="200",operation="Events"} 1`)
		require.NotContains(t, text, `hone_http_request_duration_seconds_count{operation="Events"}`)
	})
}
