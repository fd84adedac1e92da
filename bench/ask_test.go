package bench

import (
	"context"
	"fmt"
	"net/http/httptest"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/algorithms"
	"github.com/hone-tuner/hone/api"
	"github.com/hone-tuner/hone/client"
	"github.com/hone-tuner/hone/controller"
	"github.com/hone-tuner/hone/spec"
	"github.com/hone-tuner/hone/storage/bolt"
	"github.com/hone-tuner/hone/suggest"
)

// workers is how many clients ask and tell at once.
const workers = 32

var asked = hone.Name{Namespace: "default", Name: "asked"}

// BenchmarkAskTell has 32 clients that ask for a trial and tell its end, over HTTP and without, on disk and in
// memory; with 2,000 further trials that run meanwhile, too. One operation is such a pair, durable at the end of each of its
// calls. p99-ms is that of the single calls; cpu-µs/pair is for clients and service together.
func BenchmarkAskTell(b *testing.B) {
	for _, place := range places(b) {
		for _, way := range []string{"http", "inprocess"} {
			for _, live := range []int{0, 2000} {
				b.Run(fmt.Sprintf("%s/%s/live=%d", place.name, way, live), func(b *testing.B) { askTell(b, place.dir, way == "http", live) })
			}
		}
	}
}

func askTell(b *testing.B, dir string, http bool, live int) {
	ballast := make([]byte, 32<<20) // as the command has, so that the garbage collector takes its time
	defer runtime.KeepAlive(ballast)
	c := newController(b, filepath.Join(dir, fmt.Sprintf("%d.db", time.Now().UnixNano())))
	_, err := c.CreateExperiment(b.Context(), []byte(`{"apiVersion": "hone.dev/v1beta1", "kind": "Experiment", "metadata": {"name": "asked"},
		"spec": {"objective": {"metric": "accuracy", "goal": "maximize"}, "budget": {"trials": 10000000}, "algorithm": {"name": "random", "seed": 1},
			"parameters": [{"name": "lr", "type": "double", "min": 0.00001, "max": 0.1, "scale": "log"}, {"name": "layers", "type": "int", "min": 1, "max": 8},
				{"name": "optimizer", "type": "categorical", "values": ["sgd", "adam"]}]}}`))
	require.NoError(b, err)
	var service hone.AskService = c
	if http {
		server := httptest.NewServer(api.NewHandler(c, api.Options{}))
		b.Cleanup(server.Close)
		service = client.New(client.Options{BaseURL: server.URL})
	}
	for given := 0; given < live; given += hone.AskLimit {
		_, err := service.Ask(b.Context(), asked, hone.AskRequest{Count: min(hone.AskLimit, live-given), Client: fmt.Sprint("idle", given)})
		require.NoError(b, err)
	}
	calls := make([][]time.Duration, workers)
	var left atomic.Int64
	left.Store(int64(b.N))
	var all sync.WaitGroup
	before := processorTime(b)
	b.ResetTimer()
	for i := range workers {
		all.Go(func() {
			for left.Add(-1) >= 0 {
				took, err := pair(b.Context(), service, fmt.Sprint("worker-", i))
				if err != nil {
					b.Error(err)
					return
				}
				calls[i] = append(calls[i], took...)
			}
		})
	}
	all.Wait()
	b.ReportMetric((processorTime(b)-before).Seconds()*1e6/float64(b.N), "cpu-µs/pair")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "pairs/s")
	times := slices.Concat(calls...)
	slices.Sort(times)
	b.ReportMetric(float64(times[len(times)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(float64(times[len(times)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(0, "ns/op")
}

// pair asks for a trial and tells its end.
func pair(ctx context.Context, service hone.AskService, worker string) ([]time.Duration, error) {
	begin := time.Now()
	reply, err := service.Ask(ctx, asked, hone.AskRequest{Client: worker})
	if err != nil || len(reply.Trials) != 1 {
		return nil, fmt.Errorf("%+v: %w", reply, err)
	}
	between := time.Now()
	trial := reply.Trials[0]
	_, err = service.Tell(ctx, asked, trial.Number, hone.TellRequest{Attempt: trial.Attempt, State: hone.TrialSucceeded,
		Metrics: map[string]hone.Float{"accuracy": hone.Float(trial.Number%997) / 997, "loss": 0.25}})
	return []time.Duration{between.Sub(begin), time.Since(between)}, err
}

func newController(b *testing.B, path string) *controller.Controller {
	store, err := bolt.Open(path, bolt.Options{})
	require.NoError(b, err)
	factories, catalog := map[string]suggest.Factory{}, hone.Catalog{EarlyStopping: []hone.Choice{{Name: "none"}}}
	for name, entry := range algorithms.Builtin() {
		factories[name] = entry.New
		catalog.Algorithms = append(catalog.Algorithms, entry.Choice)
	}
	c := controller.New(controller.Options{Store: store, Suggester: suggest.New(factories, hclog.NewNullLogger()), Decoder: spec.New(catalog),
		Catalog: catalog, Clock: time.Now, NewUID: func() string { return "uid" }, NewSeed: func() uint64 { return 1 }})
	b.Cleanup(func() { // after the server
		c.Close()
		require.NoError(b, store.Close())
	})
	return c
}
