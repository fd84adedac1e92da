package api

import (
	"context"
	"slices"
	"time"

	hone "github.com/hone-tuner/hone"
	"github.com/prometheus/client_golang/prometheus"
)

// gatherPatience is how long the engine may take to count.
const gatherPatience = 5 * time.Second

// engineCollector shows the engine's numbers as they are when they are asked for.
type engineCollector struct {
	source                                                                     hone.Statistician
	available, experiments, driven, loaded, trials, ends                       *prometheus.Desc
	placesUsed, placesLimit, waiting, askers, suggestions, unanswered, appends *prometheus.Desc
}

func newEngineCollector(source hone.Statistician) *engineCollector {
	describe := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("hone_"+name, help, labels, nil)
	}
	return &engineCollector{
		source:      source,
		available:   describe("statistics_available", "1 when the engine could be counted, 0 when its metrics are missing here."),
		experiments: describe("experiments", "Stored experiments, by state.", "state"),
		driven:      describe("experiments_driven", "Experiments that are being run."),
		loaded:      describe("experiments_loaded", "Experiments that are in memory."),
		trials:      describe("trials", "Trials of all stored experiments, by state; imported ones left out.", "state"),
		ends:        describe("trials_ended_total", "Trials that ended since the start of the process, by state and reason.", "state", "reason"),
		placesUsed:  describe("places_used", "Trials that this server runs itself and that run or are about to."),
		placesLimit: describe("places_limit", "How many trials may run at once; 0 for any number."),
		waiting:     describe("places_waiting", "Trials that would run at once if there were more places."),
		askers:      describe("asks_in_flight", "Workers whose ask is being answered."),
		suggestions: describe("suggestion_duration_seconds", "How long algorithms took to suggest."),
		unanswered:  describe("suggestion_failures_total", "Questions that algorithms did not answer."),
		appends:     describe("append_duration_seconds", "How long it took until a batch of measurements was durable."),
	}
}

// Describe is of prometheus.Collector.
func (c *engineCollector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.available, c.experiments, c.driven, c.loaded, c.trials, c.ends, c.placesUsed, c.placesLimit,
		c.waiting, c.askers, c.suggestions, c.unanswered, c.appends} {
		out <- d
	}
}

// Collect is of prometheus.Collector.
func (c *engineCollector) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), gatherPatience)
	defer cancel()
	s, err := c.source.Statistics(ctx)
	gauge := func(d *prometheus.Desc, value int, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(value), labels...)
	}
	if err != nil {
		gauge(c.available, 0)
		return
	}
	gauge(c.available, 1)
	for _, state := range hone.ExperimentStates() {
		gauge(c.experiments, s.Experiments[state], string(state))
	}
	for _, state := range hone.TrialStates() {
		gauge(c.trials, s.Trials.Of(state), string(state))
	}
	for end, n := range boundedEnds(s.Ends) {
		out <- prometheus.MustNewConstMetric(c.ends, prometheus.CounterValue, float64(n), string(end.State), string(end.Reason))
	}
	gauge(c.driven, s.Driven)
	gauge(c.loaded, s.Loaded)
	gauge(c.placesUsed, s.Places.Used)
	gauge(c.placesLimit, s.Places.Limit)
	gauge(c.waiting, s.Places.Waiting)
	gauge(c.askers, s.Askers)
	out <- prometheus.MustNewConstMetric(c.unanswered, prometheus.CounterValue, float64(s.SuggestionFailures))
	out <- histogram(c.suggestions, s.Suggestions)
	out <- histogram(c.appends, s.Appends)
}

// boundedEnds puts the reasons that Hone does not know, from a runner of somebody else's, under one label.
func boundedEnds(ends map[hone.TrialEnd]int64) map[hone.TrialEnd]int64 {
	known := []hone.Reason{"", hone.MetricsUnavailable, hone.NonFinite, hone.NonZeroExit, hone.StartFailed, hone.TimedOut, hone.OutOfMemory,
		hone.Killed, hone.Lost, hone.Preempted, hone.Evicted, hone.NodeLost, hone.ImageUnavailable, hone.Unschedulable,
		hone.Refused, hone.Interrupted, hone.StoppedEarly, hone.ExperimentEnded, hone.Cancelled}
	out := map[hone.TrialEnd]int64{}
	for end, n := range ends {
		if !slices.Contains(known, end.Reason) {
			end.Reason = "Other"
		}
		out[end] += n
	}
	return out
}

// histogram turns counts of single buckets into sums, as Prometheus has them.
func histogram(d *prometheus.Desc, h hone.Histogram) prometheus.Metric {
	buckets := make(map[float64]uint64, len(h.Bounds))
	sum := uint64(0)
	for i, bound := range h.Bounds {
		if i < len(h.Counts) {
			sum += h.Counts[i]
		}
		buckets[bound] = sum
	}
	return prometheus.MustNewConstHistogram(d, h.Count(), h.Sum, buckets)
}

// storeCollector shows how large the store is.
type storeCollector struct {
	size func() (int64, error)
}

func storeSizeDesc() *prometheus.Desc {
	return prometheus.NewDesc("hone_store_size_bytes", "What the store takes on disk.", nil, nil)
}

// Describe is of prometheus.Collector.
func (c storeCollector) Describe(out chan<- *prometheus.Desc) { out <- storeSizeDesc() }

// Collect is of prometheus.Collector. What cannot be measured is left out.
func (c storeCollector) Collect(out chan<- prometheus.Metric) {
	if n, err := c.size(); err == nil {
		out <- prometheus.MustNewConstMetric(storeSizeDesc(), prometheus.GaugeValue, float64(n))
	}
}
