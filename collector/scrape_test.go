package collector_test

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
)

// exporter is a program that shows one page after the other to those who scrape it, and ends with the last.
type exporter struct {
	*httptest.Server
	mu    sync.Mutex
	pages []string
	ended chan struct{}
}

func newExporter(t *testing.T, pages ...string) *exporter {
	x := &exporter{pages: pages, ended: make(chan struct{})}
	x.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x.mu.Lock()
		defer x.mu.Unlock()
		if len(x.pages) == 0 {
			http.Error(w, "it is over", http.StatusServiceUnavailable)
			return
		}
		page := x.pages[0]
		if x.pages = x.pages[1:]; len(x.pages) == 0 {
			close(x.ended)
		}
		if page == "" {
			http.Error(w, "not yet", http.StatusServiceUnavailable)
			return
		}
		_, _ = w.Write([]byte(page))
	}))
	t.Cleanup(x.Close)
	return x
}

func (x *exporter) collect(t *testing.T, objective string, record ...string) (*store, hone.Seen) {
	c := spec(objective, hone.MetricsSpec{Source: hone.SourcePrometheus, Path: x.URL, Interval: hone.Duration(time.Millisecond), Record: record})
	s := &store{}
	c.Resume = s.resume
	seen, err := newCollector().Collect(t.Context(), c, x.ended, s.sink)
	require.NoError(t, err)
	return s, seen
}

func TestGaugesAreReadWhenTheyChange(t *testing.T) {
	x := newExporter(t, "", "loss 0.5\nstep 1\n", "loss 0.5\nstep 1\n", "loss 0.5\nstep 2\n", "loss NaN\nstep 3\n", "loss NaN\nstep 3\n", "loss 0.1\nepoch 1\nstep 3\n")
	s, _ := x.collect(t, "loss")
	require.Equal(t, []plain{{"loss", "0.5", 1}, {"loss", "0.5", 2}, {"loss", "NaN", 3}, {"loss", "0.1", 3}}, plainly(s.readings()))
	require.Equal(t, hone.SourcePrometheus, s.batches[0].source)
}

func TestWithoutAStepOnlyNewValuesAreReadings(t *testing.T) {
	x := newExporter(t, "loss 1\n", "loss 1\n", "loss 2\n", "loss 1\n")
	s, _ := x.collect(t, "loss")
	require.Equal(t, []plain{{"loss", "1", -1}, {"loss", "2", -1}, {"loss", "1", -1}}, plainly(s.readings()))
}

func TestSeriesAreNamedByTheirLabels(t *testing.T) {
	const page = `loss{phase="train",run="7"} 1
loss{phase="val",run="7"} 2
accuracy{run="7"} 3
requests_total{code="200"} 4
requests_total{code="500"} 5
train:loss 6
lr 7
`
	for metric, want := range map[string]string{
		"loss_phase_val_run_7": "2", "loss_phase_train": "1", "accuracy": "3", "accuracy_run_7": "3", "requests_total_code_500": "5", "train:loss": "6", "lr": "7",
		"loss": "", "loss_run_7": "", "requests_total": "", "los": "", "loss_phase": "",
	} {
		s, seen := newExporter(t, page).collect(t, metric)
		got := ""
		for _, p := range plainly(s.readings()) {
			got = p.value
		}
		require.Equal(t, want, got, metric)
		if metric == "loss" {
			require.Subset(t, seen.Names, []string{"loss_phase_train_run_7", "loss_phase_val_run_7"}, "they say what to write instead")
		}
	}
}

func TestAnAddressThatNeverAnswersIsTold(t *testing.T) {
	c := spec("loss", hone.MetricsSpec{Source: hone.SourcePrometheus, Path: "http://127.0.0.1:1/metrics"})
	s := &store{}
	seen, err := newCollector().Collect(t.Context(), c, closed(), s.sink)
	require.NoError(t, err)
	_, hint := seen.Look()
	require.Contains(t, hint, "http://127.0.0.1:1/metrics was never scraped")
	require.Contains(t, hint, "refused")
}

func TestAScraperThatStartsAgainRepeatsNothing(t *testing.T) {
	first := newExporter(t, "loss 1\nstep 1\n")
	c := spec("loss", hone.MetricsSpec{Source: hone.SourcePrometheus, Path: first.URL, Interval: hone.Duration(time.Millisecond)})
	s := &store{}
	c.Resume = s.resume
	_, err := newCollector().Collect(t.Context(), c, first.ended, s.sink)
	require.NoError(t, err)
	second := newExporter(t, "loss 1\nstep 1\n", "loss 1\nstep 2\n")
	c.Spec.Path = second.URL
	_, err = newCollector().Collect(t.Context(), c, second.ended, s.sink)
	require.NoError(t, err)
	require.Equal(t, []plain{{"loss", "1", 1}, {"loss", "1", 2}}, plainly(s.readings()))
}

func TestAProgramInAPodIsNotScrapedFromHere(t *testing.T) {
	x := newExporter(t, "loss 0.5\n")
	c := spec("loss", hone.MetricsSpec{Source: hone.SourcePrometheus, Path: x.URL})
	c.Emission.Late = true
	s := &store{}
	_, err := newCollector().Collect(t.Context(), c, closed(), s.sink)
	require.NoError(t, err)
	require.Empty(t, s.batches)
	require.Len(t, x.pages, 1, "nobody has asked")
}
