package controller_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/controller"
	"github.com/hone-tuner/hone/storage/bolt"
)

// BenchmarkResume is a start of a service with 500 experiments that ran.
func BenchmarkResume(b *testing.B) {
	const experiments = 500
	f := newFleet(b, controller.Limits{Trials: 32})
	store, err := bolt.Open(filepath.Join(b.TempDir(), "hone.db"), bolt.Options{})
	require.NoError(b, err)
	defer func() { require.NoError(b, store.Close()) }()
	f.store, f.length = store, func(hone.Launch) time.Duration { return time.Hour }
	c := f.controller(store)
	f.create(c, squad("a", experiments, 100, 1)...)
	c.Close()
	for b.Loop() {
		c := f.controller(store)
		require.NoError(b, c.Resume(b.Context()))
		c.Close()
	}
	b.ReportMetric(experiments*float64(b.N)/b.Elapsed().Seconds(), "experiments/s")
}
