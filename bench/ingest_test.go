package bench

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/api"
	"github.com/hone-tuner/hone/client"
)

// batchSize is how many measurements a batch has.
const batchSize = 100

// BenchmarkIngest has trials send batches of 100 measurements over HTTP, each waiting until its batch is acknowledged
// as durable before it sends the next one. Each trial has one sender, or 8 that do not number their batches, as the
// ranks of a distributed training. The senders run in this process, on the same cores.
func BenchmarkIngest(b *testing.B) {
	for _, place := range places(b) {
		for _, trials := range []int{1, 8, 64} {
			b.Run(fmt.Sprintf("%s/trials=%d", place.name, trials), func(b *testing.B) { ingest(b, place.dir, trials, 1) })
		}
		b.Run(fmt.Sprintf("%s/trials=1/senders=8", place.name), func(b *testing.B) { ingest(b, place.dir, 1, 8) })
	}
}

func ingest(b *testing.B, dir string, trials, senders int) {
	c := newController(b, filepath.Join(dir, fmt.Sprintf("%d.db", time.Now().UnixNano())))
	_, err := c.CreateExperiment(b.Context(), []byte(`{"apiVersion": "hone.dev/v1beta1", "kind": "Experiment", "metadata": {"name": "asked"},
		"spec": {"objective": {"metric": "accuracy", "goal": "maximize"}, "algorithm": {"name": "random", "seed": 1},
			"parameters": [{"name": "lr", "type": "double", "min": 0.00001, "max": 0.1, "scale": "log"}]}}`))
	require.NoError(b, err)
	reply, err := c.Ask(b.Context(), asked, hone.AskRequest{Count: trials})
	require.NoError(b, err)
	require.Len(b, reply.Trials, trials)
	server := httptest.NewServer(api.NewHandler(c, api.Options{}))
	b.Cleanup(server.Close)
	transport := &http.Transport{MaxIdleConnsPerHost: trials * senders}
	b.Cleanup(transport.CloseIdleConnections)
	service := client.New(client.Options{BaseURL: server.URL, HTTP: &http.Client{Transport: transport}})

	times := make([][]time.Duration, trials*senders)
	var left atomic.Int64
	left.Store(int64(b.N))
	var all sync.WaitGroup
	b.ResetTimer()
	before := processorTime(b)
	for i := range times {
		all.Go(func() {
			s := sender{service: service, number: reply.Trials[i%trials].Number, numbered: senders == 1}
			for left.Add(-1) >= 0 {
				begin := time.Now()
				if err := s.send(b.Context()); err != nil {
					b.Error(err)
					return
				}
				times[i] = append(times[i], time.Since(begin))
			}
		})
	}
	all.Wait()
	b.ReportMetric((processorTime(b)-before).Seconds()*1e6/float64(b.N*batchSize), "cpu-µs/measurement")
	b.ReportMetric(float64(b.N)*batchSize/b.Elapsed().Seconds(), "measurements/s")
	took := slices.Concat(times...)
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(0, "ns/op")
}

// processorTime is how long this process has kept cores busy, which tells more than the clock where others do so too.
func processorTime(b *testing.B) time.Duration {
	var use syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &use))
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}

// sender sends the readings of a trial.
type sender struct {
	service  hone.MeasurementService
	number   int
	numbered bool
	sequence int64
}

func (s *sender) send(ctx context.Context) error {
	s.sequence++
	batch := hone.Batch{Number: s.number, Attempt: 1, Measurements: make([]hone.Measurement, batchSize)}
	if s.numbered {
		batch.Sequence = s.sequence
	}
	now, steps := time.Now().UTC(), make([]int64, batchSize)
	for i := range batch.Measurements {
		steps[i] = s.sequence*batchSize/2 + int64(i/2)
		metric := [2]string{"accuracy", "loss"}[i%2]
		batch.Measurements[i] = hone.Measurement{Metric: metric, Value: hone.Float(float64(steps[i]) / 3e6), Step: &steps[i], Time: now}
	}
	_, err := s.service.Measure(ctx, asked, batch)
	return err
}
