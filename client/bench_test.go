package client_test

import (
	"context"
	"path/filepath"
	"testing"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/api"
	"github.com/hone-tuner/hone/client"
	"github.com/hone-tuner/hone/internal/unixsock"
	"github.com/hone-tuner/hone/internal/wire/wiretest"
	"github.com/stretchr/testify/require"
)

// BenchmarkMeasureOverTheSocket sends batches of 100 readings to a service that forgets them.
func BenchmarkMeasureOverTheSocket(b *testing.B) {
	path := filepath.Join(b.TempDir(), "hone.sock")
	listener, err := unixsock.Listen(path)
	require.NoError(b, err)
	var service forgetful
	server := api.NewServer(api.NewHandler(service, api.Options{}), api.Options{})
	go func() { _ = server.Serve(listener) }()
	defer func() { _ = server.Close() }()
	c := client.New(client.Options{HTTP: client.Socket(path)})
	batch := hone.Batch{Number: 17, Attempt: 1, Sequence: 1, Measurements: make([]hone.Measurement, 100)}
	for i := range batch.Measurements {
		step := int64(i)
		batch.Measurements[i] = hone.Measurement{Metric: "accuracy", Value: hone.Float(1 / float64(i+1)), Step: &step}
	}
	for b.Loop() {
		if _, err := c.Measure(b.Context(), digits, batch); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(100*b.N)/b.Elapsed().Seconds(), "readings/s")
}

// forgetful is a service that keeps nothing.
type forgetful struct{ *wiretest.Recorder }

func (forgetful) Measure(_ context.Context, _ hone.Name, _ hone.Batch) (bool, error) {
	return false, nil
}
