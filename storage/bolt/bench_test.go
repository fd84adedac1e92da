package bolt_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/storage/bolt"
)

// benchExperiment has a search space of a usual size.
func benchExperiment() hone.Experiment {
	space := hone.SearchSpace{Parameters: []hone.Parameter{
		{Name: "lr", Type: hone.DoubleType, Min: 1e-5, Max: 0.1, Scale: hone.LogScale},
		{Name: "dropout", Type: hone.DoubleType, Max: 0.5}, {Name: "layers", Type: hone.IntType, Min: 1, Max: 4},
		{Name: "optimizer", Type: hone.CategoricalType, Values: []hone.Value{hone.String("sgd"), hone.String("adam")}}}}
	return hone.Experiment{UID: "bench", Name: "bench", Namespace: "default", Spec: hone.Spec{SearchSpace: space,
		Objective: hone.Objective{Metric: "accuracy", Goal: hone.Maximize}, Parallelism: 64,
		Trial: &hone.TrialTemplate{Command: []string{"python3", "train.py", "--lr=${parameters.lr}"}}}}
}

// recorder gives events their numbers and times.
type recorder struct {
	store hone.Store
	last  int64
}

func newRecorder(tb testing.TB, s hone.Store) *recorder {
	_, err := s.CreateExperiment(context.Background(), benchExperiment(), hone.Event{Sequence: 1, Time: at(1), Type: hone.EventCreated})
	require.NoError(tb, err)
	r := &recorder{store: s, last: 1}
	require.NoError(tb, r.record(hone.Event{Type: hone.EventAttached}))
	return r
}

func at(i int64) time.Time {
	return time.Date(2026, 3, 1, 0, 0, 0, 123456789, time.UTC).Add(time.Duration(i) * time.Second)
}

func (r *recorder) record(events ...hone.Event) error {
	for i := range events {
		events[i].Sequence = r.last + int64(i) + 1
		events[i].Time = at(events[i].Sequence)
	}
	r.last += int64(len(events))
	_, err := r.store.Record(context.Background(), "bench", events...)
	return err
}

// life is the events of a trial from its creation to its end.
func life(number int) []hone.Event {
	x := float64(number*7919%100_003) / 100_003
	value := hone.Float(x)
	return []hone.Event{
		{Type: hone.EventTrialCreated, Trial: number, Parameters: hone.Assignments{{Parameter: "lr", Value: hone.Number(x / 10)},
			{Parameter: "dropout", Value: hone.Number(x / 2)}, {Parameter: "layers", Value: hone.Number(3)}, {Parameter: "optimizer", Value: hone.String("adam")}}},
		{Type: hone.EventTrialStarted, Trial: number, Attempt: 1},
		{Type: hone.EventTrialEnded, Trial: number, Attempt: 1, State: string(hone.TrialSucceeded), Value: &value,
			Metrics: map[string]hone.Float{"accuracy": value, "loss": 1 - value}},
	}
}

func curve(from, n int) []hone.Measurement {
	ms, steps := make([]hone.Measurement, n), make([]int64, n)
	for i := range ms {
		steps[i] = int64(from + i)
		ms[i] = hone.Measurement{Metric: "accuracy", Value: hone.Float(float64(from+i) / 3e7), Step: &steps[i],
			Time: at(0).Add(time.Duration(from+i) * 13 * time.Millisecond)}
	}
	return ms
}

// BenchmarkIngest has 8 trials send batches of 100 measurements, all of which are acknowledged as durable.
// TMPDIR says where the file is.
func BenchmarkIngest(b *testing.B) {
	for _, flight := range []int{1, 4} {
		b.Run(fmt.Sprintf("%d-in-flight", flight), func(b *testing.B) {
			s := open(b, filepath.Join(b.TempDir(), "hone.db"))
			r := newRecorder(b, s)
			for number := 1; number <= 8; number++ {
				require.NoError(b, r.record(life(number)[:2]...))
			}
			sends := make(chan int)
			b.ResetTimer()
			var g errgroup.Group
			for worker := range 8 * flight {
				g.Go(func() error {
					batch := hone.Batch{Number: worker%8 + 1, Attempt: 1, Source: strconv.Itoa(worker / 8), Received: at(9), Cursor: []byte("123456")}
					for i := range sends {
						batch.Sequence++
						batch.Measurements = curve(i*100, 100)
						if _, err := s.Append(b.Context(), "bench", batch); err != nil {
							return err
						}
					}
					return nil
				})
			}
			for i := range b.N {
				sends <- i
			}
			close(sends)
			require.NoError(b, g.Wait())
			b.ReportMetric(float64(b.N)*100/b.Elapsed().Seconds(), "measurements/s")
		})
	}
}

// BenchmarkRecord creates, starts and ends trials one after the other, in two transactions each, as a lone
// controller does.
func BenchmarkRecord(b *testing.B) {
	r := newRecorder(b, open(b, filepath.Join(b.TempDir(), "hone.db")))
	for i := 0; b.Loop(); i++ {
		events := life(i + 1)
		if r.record(events[:2]...) != nil || r.record(events[2]) != nil {
			b.Fatal("not recorded")
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "trials/s")
}

// large makes a store with 100,000 finished trials and a million measurements.
func large(b *testing.B) string {
	path := filepath.Join(b.TempDir(), "hone.db")
	s, err := bolt.Open(path, bolt.Options{})
	require.NoError(b, err)
	r := newRecorder(b, s)
	for number := 1; number <= 100_000; {
		var events []hone.Event
		for range 500 {
			events = append(events, life(number)...)
			number++
		}
		require.NoError(b, r.record(events...))
		for i := range 100 {
			_, err := s.Append(context.Background(), "bench", hone.Batch{Number: number - 1 - i, Attempt: 1, Measurements: curve(0, 50)})
			require.NoError(b, err)
		}
	}
	require.NoError(b, s.Close())
	info, err := os.Stat(path)
	require.NoError(b, err)
	b.Logf("the file has %d MB", info.Size()>>20)
	debug.FreeOSMemory()
	return path
}

// BenchmarkOpen100k opens a store with 100,000 finished trials.
func BenchmarkOpen100k(b *testing.B) {
	path := large(b)
	memory := 0.0
	for b.Loop() {
		s, err := bolt.Open(path, bolt.Options{})
		require.NoError(b, err)
		b.StopTimer()
		memory = max(memory, anonymousMB(b))
		require.NoError(b, s.Close())
		b.StartTimer()
	}
	b.ReportMetric(memory, "anon-MB")
}

// BenchmarkLeaderboard100k reads the best ten of 100,000 finished trials; and, for comparison, those that still
// run, and all in the order of finishing, as a controller does that takes an experiment up.
func BenchmarkLeaderboard100k(b *testing.B) {
	s := open(b, large(b))
	for _, question := range []struct {
		name string
		ask  func(ctx context.Context) ([]hone.Trial, error)
		want int
	}{
		{"top10", func(ctx context.Context) ([]hone.Trial, error) { return s.Ranking(ctx, "bench", 10, false) }, 10},
		{"running", func(ctx context.Context) ([]hone.Trial, error) {
			return s.Trials(ctx, "bench", hone.TrialFilter{States: []hone.TrialState{hone.TrialRunning}})
		}, 0},
		{"finished", func(ctx context.Context) ([]hone.Trial, error) { return s.Finished(ctx, "bench") }, 100_000},
	} {
		b.Run(question.name, func(b *testing.B) {
			memory := 0.0
			for b.Loop() {
				trials, err := question.ask(b.Context())
				require.NoError(b, err)
				require.Len(b, trials, question.want)
				memory = max(memory, anonymousMB(b))
			}
			b.ReportMetric(memory, "anon-MB")
		})
	}
}

// anonymousMB is the memory of this process that no file backs.
func anonymousMB(tb testing.TB) float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		tb.Skip("this system does not tell the memory of a process")
	}
	for lines := bufio.NewScanner(bytes.NewReader(status)); lines.Scan(); {
		if kb, ok := strings.CutPrefix(lines.Text(), "RssAnon:"); ok {
			n, err := strconv.Atoi(strings.Fields(kb)[0])
			require.NoError(tb, err)
			return float64(n) / 1024
		}
	}
	return 0
}
