package api

import (
	"bytes"
	"context"
	"net/http"
	"strconv"
	"time"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/common/expfmt"
)

// MetricsOptions say where numbers come from. The zero value will do.
type MetricsOptions struct {
	// Statistics are the engine's; nil for none.
	Statistics hone.Statistician
	// StoreSize tells how many bytes the store takes; nil for nothing about it.
	StoreSize func() (int64, error)
	// Version is the server's.
	Version string
}

// Metrics counts what handlers do, and shows it with the engine's numbers, for Prometheus. It is safe for concurrent
// use, and a nil Metrics counts nothing. No label ever holds a name that a user chose.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	inFlight prometheus.Gauge
	streams  *prometheus.GaugeVec
	readings prometheus.Counter
	asked    prometheus.Counter
}

// NewMetrics makes a registry of its own.
func NewMetrics(o MetricsOptions) *Metrics {
	m := &Metrics{
		registry: prometheus.NewPedanticRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "hone_http_requests_total",
			Help: "Requests answered, by operation and status; code is broken where the connection was broken off."}, []string{"operation", "code"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "hone_http_request_duration_seconds",
			Help:    "How long requests took, streams left out.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}}, []string{"operation"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{Name: "hone_http_requests_in_flight", Help: "Requests that are being answered."}),
		streams: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "hone_http_streams",
			Help: "Events and logs that are being sent."}, []string{"operation"}),
		readings: prometheus.NewCounter(prometheus.CounterOpts{Name: "hone_measurements_received_total",
			Help: "Readings that were sent and acknowledged, those that were sent again too."}),
		asked: prometheus.NewCounter(prometheus.CounterOpts{Name: "hone_trials_asked_total", Help: "Trials that were handed out to those who ask."}),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{Name: "hone_build_info", Help: "Always 1; the label tells the version.",
		ConstLabels: prometheus.Labels{"version": o.Version}})
	build.Set(1)
	m.registry.MustRegister(m.requests, m.seconds, m.inFlight, m.streams, m.readings, m.asked, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if o.Statistics != nil {
		m.registry.MustRegister(newEngineCollector(o.Statistics))
	}
	if o.StoreSize != nil {
		m.registry.MustRegister(storeCollector{size: o.StoreSize})
	}
	return m
}

// begin notes a request, end how it was answered.
func (m *Metrics) begin() {
	if m != nil {
		m.inFlight.Inc()
	}
}

func (m *Metrics) end(rec *recorder, duration time.Duration) {
	if m == nil {
		return
	}
	m.inFlight.Dec()
	operation, code := string(rec.operation), strconv.Itoa(rec.status)
	if operation == "" {
		operation = "none"
	}
	if rec.broken {
		code = "broken"
	}
	m.requests.WithLabelValues(operation, code).Inc()
	switch rec.operation {
	case wire.Events, wire.Logs, wire.Backup:
	default:
		m.seconds.WithLabelValues(operation).Observe(duration.Seconds())
	}
}

// streaming counts the streams that begin (1) and end (-1).
func (m *Metrics) streaming(op wire.Operation, n float64) {
	if m != nil {
		m.streams.WithLabelValues(string(op)).Add(n)
	}
}

func (m *Metrics) measured(readings int) {
	if m != nil {
		m.readings.Add(float64(readings))
	}
}

func (m *Metrics) handedOut(trials int) {
	if m != nil {
		m.asked.Add(float64(trials))
	}
}

// metricsRequest chooses the format that the scraper understands best.
func metricsRequest(r *http.Request) (expfmt.Format, error) {
	return expfmt.NegotiateAccept(r.Header, expfmt.DefaultOpenMetricsAcceptedFormats()...), nil
}

// exposition are all metrics, written down.
type exposition struct {
	format expfmt.Format
	text   []byte
}

func (h *handler) metrics(_ context.Context, format expfmt.Format) (exposition, error) {
	m := h.options.Metrics
	if m == nil {
		return exposition{}, hone.Errorf(hone.Unimplemented, "there are no metrics here: hone serve has them")
	}
	families, err := m.registry.Gather()
	if err != nil {
		return exposition{}, hone.Errorf(hone.Internal, "cannot gather the metrics: %w", err)
	}
	var out bytes.Buffer
	enc := expfmt.NewEncoder(&out, format)
	for _, family := range families {
		if err := enc.Encode(family); err != nil {
			return exposition{}, hone.Errorf(hone.Internal, "cannot write the metrics: %w", err)
		}
	}
	if end, ok := enc.(expfmt.Closer); ok {
		if err := end.Close(); err != nil {
			return exposition{}, hone.Errorf(hone.Internal, "cannot end the metrics: %w", err)
		}
	}
	return exposition{format: format, text: out.Bytes()}, nil
}

func encodeMetrics(_ context.Context, w http.ResponseWriter, e exposition) error {
	w.Header().Set("Content-Type", string(e.format))
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(e.text) // fails when the scraper has gone
	return nil
}
