package collector_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/collector"
)

// BenchmarkCollect reads the output of an ended trial, in bytes a second.
func BenchmarkCollect(b *testing.B) {
	for _, c := range []struct {
		name string
		spec hone.MetricsSpec
		line string
	}{
		{"prose", hone.MetricsSpec{}, "The quick brown fox jumps over the lazy dog and runs away from all of the hounds\n"},
		{"log", hone.MetricsSpec{}, "2024-01-02 10:11:12,123 INFO trainer.loop: processed sample 123456 of shard 7 in worker 3\n"},
		{"settings", hone.MetricsSpec{}, "lr=0.001 batch=32 momentum=0.9 time: 0.31 s, memory: 1234 MB, gpu: 0, worker: 3, shard=7\n"},
		{"readings", hone.MetricsSpec{}, "Epoch 3/10 - 2s - 2ms/step - accuracy: 0.9167 - loss: 0.2910 - val_accuracy: 0.9563\n"},
		{"colours", hone.MetricsSpec{}, "\x1b[2m2024-01-02T10:11:12Z\x1b[0m [\x1b[32minfo\x1b[0m] \x1b[1mprocessed a sample\x1b[0m \x1b[36mshard\x1b[0m=\x1b[35m7\x1b[0m\n"},
		{"bars", hone.MetricsSpec{}, " 33%|███▎      | 100/300 [00:10<00:20,  9.9it/s]\r"},
		{"zeros", hone.MetricsSpec{}, strings.Repeat("\x00", 100)},
		{"json", hone.MetricsSpec{Format: hone.FormatJSON}, `{"step": 100, "loss": 0.291, "accuracy": 0.9167, "lr": 0.001, "msg": "a text of some length"}` + "\n"},
		{"pattern without a match", hone.MetricsSpec{Pattern: `(?P<name>\w+) is (?P<value>\S+)`}, "2024-01-02 10:11:12,123 INFO trainer.lop: processed sample 123456 of shard 7\n"},
		{"pattern", hone.MetricsSpec{Pattern: `(?P<name>\w+) is (?P<value>\S+)`}, "2024-01-02 10:11:12,123 INFO trainer.loop: processed sample 123456, the loss is 0.3\n"},
	} {
		b.Run(c.name, func(b *testing.B) {
			const size = 32 << 20
			path := write(b, strings.Repeat(c.line, size/len(c.line)))
			what := spec("loss", c.spec)
			what.Emission.Stdout = path
			col := collector.New(collector.Options{})
			b.SetBytes(size)
			b.ReportAllocs()
			began := processorTime(b)
			for b.Loop() {
				_, err := col.Collect(context.Background(), what, closed(), discard)
				require.NoError(b, err)
			}
			b.ReportMetric(float64(b.N)*size/1e6/(processorTime(b)-began).Seconds(), "MB/cpu-s")
		})
	}
}

// processorTime is what this process has used: it says more than the clock where others are busy too.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func discard(context.Context, string, []byte, []hone.Measurement) error { return nil }

// BenchmarkShortTrial collects from a program that printed one line and has ended.
func BenchmarkShortTrial(b *testing.B) {
	what := spec("loss", hone.MetricsSpec{})
	what.Emission.Stdout = filepath.Join(b.TempDir(), "stdout")
	require.NoError(b, os.WriteFile(what.Emission.Stdout, []byte("loss=0.3\n"), 0o600))
	col := collector.New(collector.Options{Clock: func() time.Time { return epoch }})
	ended := closed()
	b.ReportAllocs()
	began := processorTime(b)
	for b.Loop() {
		_, err := col.Collect(context.Background(), what, ended, discard)
		require.NoError(b, err)
	}
	b.ReportMetric(float64((processorTime(b)-began).Nanoseconds())/float64(b.N), "cpu-ns/op")
}
