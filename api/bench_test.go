package api_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/api"
	"github.com/hone-tuner/hone/internal/wire"
	"github.com/hone-tuner/hone/internal/wire/wiretest"
)

// batchBody is a batch of so many readings.
func batchBody(readings int) string {
	var b strings.Builder
	b.WriteString(`{"attempt":1,"source":"worker-3","sequence":12,"measurements":[`)
	for i := range readings {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"metric":"accuracy","value":%v,"step":%d,"time":"2026-01-02T03:04:05.123456Z"}`, 0.9+float64(i)/1234.5, i)
	}
	b.WriteString("]}")
	return b.String()
}

// BenchmarkDecodeBatch is the decoding of 100 readings alone.
func BenchmarkDecodeBatch(b *testing.B) {
	body := []byte(batchBody(100))
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := wire.DecodeBatch(body, 17); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkMeasure is what the handler itself costs for 100 readings, without a network and a store.
func BenchmarkMeasure(b *testing.B) {
	benchmark(b, http.MethodPost, digits+"/trials/digits-0017/measurements", batchBody(100), &idle{})
}

// BenchmarkGetExperiment is what the handler itself costs to show an experiment.
func BenchmarkGetExperiment(b *testing.B) {
	now := time.Unix(1_700_000_000, 0).UTC()
	e := hone.Experiment{UID: "0d5b4a5e-6a4e-4b8e-9d52-4dd4c0b8a9a1", Name: "digits", Namespace: "default", Created: now,
		Spec: hone.Spec{Objective: hone.Objective{Metric: "accuracy", Goal: hone.Maximize}, SearchSpace: hone.SearchSpace{
			Parameters: []hone.Parameter{hone.Double("lr", 1e-5, 0.1), hone.Int("layers", 1, 4), hone.Double("dropout", 0, 0.5)}}},
		Status: hone.Status{State: hone.ExperimentRunning, StartTime: &now, Events: 1234}}
	benchmark(b, http.MethodGet, digits, "", &idle{experiment: e})
}

func BenchmarkGetTrial(b *testing.B) {
	benchmark(b, http.MethodGet, digits+"/trials/digits-0017", "", &idle{})
}

// idle is a service that does nothing.
type idle struct {
	wiretest.Recorder
	experiment hone.Experiment
}

func (i *idle) GetExperiment(context.Context, hone.Name) (hone.Experiment, error) {
	return i.experiment, nil
}
func (i *idle) Measure(context.Context, hone.Name, hone.Batch) (bool, error) { return false, nil }
func (i *idle) GetTrial(context.Context, hone.Name, int) (hone.Trial, error) {
	return hone.Trial{}, nil
}

func benchmark(b *testing.B, method, target, body string, s hone.Service) {
	h := api.NewHandler(s, api.Options{Metrics: api.NewMetrics(api.MetricsOptions{})})
	b.ReportAllocs()
	for b.Loop() {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(method, target, strings.NewReader(body)))
		if w.Code != http.StatusOK {
			b.Fatal(w.Code, w.Body)
		}
	}
}
