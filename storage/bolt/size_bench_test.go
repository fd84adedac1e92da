package bolt_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/storage/bolt"
)

// BenchmarkSize tells how many bytes of the file a trial with its three events takes, and a measurement with a step
// and a time of its own, in batches of 1, 10 and 100. Compacted is what is left when nothing in the file is free.
func BenchmarkSize(b *testing.B) {
	for range b.N {
		trials := sized(b, func(s *bolt.Store) {
			r := newRecorder(b, s)
			for number := 1; number <= 20_000; {
				var events []hone.Event
				for range 10 {
					events = append(events, life(number)...)
					number++
				}
				require.NoError(b, r.record(events...))
			}
		})
		b.ReportMetric(trials/20_000, "bytes/trial")
		for _, size := range []int{1, 10, 100} {
			readings := sized(b, func(s *bolt.Store) {
				r := newRecorder(b, s)
				require.NoError(b, r.record(life(1)...))
				var g errgroup.Group
				for sender := range 8 {
					g.Go(func() error {
						for i := range 1000 {
							batch := hone.Batch{Number: 1, Attempt: 1, Source: fmt.Sprint(sender), Received: at(int64(i)), Measurements: curve(i*size, size)}
							if _, err := s.Append(context.Background(), "bench", batch); err != nil {
								return err
							}
						}
						return nil
					})
				}
				require.NoError(b, g.Wait())
			})
			b.ReportMetric(readings/float64(8000*size), fmt.Sprintf("bytes/reading-of-%d", size))
		}
	}
	b.ReportMetric(0, "ns/op")
}

// sized fills a store and tells how many bytes of its file are used.
func sized(b *testing.B, fill func(s *bolt.Store)) float64 {
	path := filepath.Join(b.TempDir(), "hone.db")
	s, err := bolt.Open(path, bolt.Options{})
	require.NoError(b, err)
	fill(s)
	require.NoError(b, s.Close())
	report := check(b, path)
	require.Empty(b, report.Findings)
	return float64(report.Size - report.Free)
}

// BenchmarkBackup copies a store of 1 GB to nowhere while writers go on, checks it, and compacts it. grown-MB is what
// its file grew by meanwhile.
func BenchmarkBackup(b *testing.B) {
	path := filepath.Join(b.TempDir(), "hone.db")
	s, err := bolt.Open(path, bolt.Options{})
	require.NoError(b, err)
	r := newRecorder(b, s)
	require.NoError(b, r.record(life(1)...))
	for i := 0; sizeOf(b, path) < 1<<30; i++ {
		_, err := s.Append(b.Context(), "bench", hone.Batch{Number: 1, Attempt: 1, Received: at(9), Measurements: curve(i*10_000, 10_000)})
		require.NoError(b, err)
	}
	b.ResetTimer()
	for range b.N {
		before := sizeOf(b, path)
		ctx, stop := context.WithCancel(b.Context())
		var g errgroup.Group
		written := 0
		g.Go(func() error {
			for ; ctx.Err() == nil; written++ {
				if err := r.record(hone.Event{Type: hone.EventNote, Message: "while a backup is read"}); err != nil {
					return err
				}
			}
			return nil
		})
		begin := time.Now()
		require.NoError(b, s.Backup(b.Context(), io.Discard))
		took := time.Since(begin)
		stop()
		require.NoError(b, g.Wait())
		b.ReportMetric(float64(before)/took.Seconds()/1e6, "MB/s")
		b.ReportMetric(float64(sizeOf(b, path)-before)/1e6, "grown-MB")
		b.ReportMetric(float64(written)/took.Seconds(), "transactions/s")
	}
	b.StopTimer()
	require.NoError(b, s.Close())
	begin := time.Now()
	require.Empty(b, check(b, path).Findings)
	b.ReportMetric(float64(sizeOf(b, path))/time.Since(begin).Seconds()/1e6, "checked-MB/s")
	begin = time.Now()
	_, _, err = bolt.Compact(b.Context(), path)
	require.NoError(b, err)
	b.ReportMetric(time.Since(begin).Seconds(), "compact-s")
	b.ReportMetric(0, "ns/op")
}

func sizeOf(b *testing.B, path string) int64 {
	info, err := os.Stat(path)
	require.NoError(b, err)
	return info.Size()
}
