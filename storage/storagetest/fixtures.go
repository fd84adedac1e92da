package storagetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
)

// epoch is the time of the first event.
func epoch() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 123456789, time.UTC) }

func ptr[T any](v T) *T { return &v }

// sample is an experiment in which everything is set that can be set.
func sample(name string) hone.Experiment {
	return hone.Experiment{
		UID: "uid-" + name, Name: name, Namespace: hone.DefaultNamespace, Directory: "/data",
		Labels: map[string]string{"team": "vision"},
		Spec: hone.Spec{
			Objective: hone.Objective{Metric: "accuracy", Goal: hone.Maximize, Target: ptr(0.99), Reduce: hone.ReduceBest},
			SearchSpace: hone.SearchSpace{
				Parameters: []hone.Parameter{
					{Name: "lr", Type: hone.DoubleType, Min: 1e-5, Max: 0.1, Scale: hone.LogScale},
					{Name: "optimizer", Type: hone.CategoricalType, Values: []hone.Value{hone.String("sgd"), hone.String("adam")}},
					{Name: "momentum", Type: hone.DoubleType, Max: 1, Conditions: []hone.Condition{{Parameter: "optimizer", Values: []hone.Value{hone.String("sgd")}}}},
				},
				Constraints: []string{"lr < 0.05"},
			},
			Algorithm:     hone.AlgorithmSpec{Name: "random", Seed: ptr(uint64(1<<63 + 7)), Settings: map[string]hone.Value{"points": hone.Number(3)}},
			Initial:       []map[string]hone.Value{{"lr": hone.Number(0.001)}},
			Parallelism:   4,
			Budget:        hone.Budget{Trials: 1000, Failures: ptr(5), Duration: hone.Duration(time.Hour)},
			Stop:          hone.StopRules{Plateau: &hone.Plateau{Trials: 20, MinImprovement: hone.Improvement{Amount: 0.001}}},
			EarlyStopping: hone.EarlyStoppingSpec{Name: "median", Settings: map[string]hone.Value{"startTrials": hone.Number(5)}},
			Metrics:       hone.MetricsSpec{Source: hone.SourceFile, Format: hone.FormatJSON, Path: "m.jsonl", Record: []string{"loss"}},
			Trial: &hone.TrialTemplate{Command: []string{"sh", "-c", "echo <a> & b"}, Env: map[string]string{"A": "1"},
				Grace: ptr(hone.Duration(time.Second)), Retries: ptr(2), Manifest: []byte(`{"a":"<b>"}`)},
			OnLost: "retry",
		},
	}
}

// point is the point of a trial.
func point(number int) hone.Assignments {
	return hone.Assignments{{Parameter: "lr", Value: hone.Number(float64(number) / 1000)}, {Parameter: "optimizer", Value: hone.String("adam")}}
}

// driver writes to one experiment of a store and keeps count of its events.
type driver struct {
	t     require.TestingT
	store hone.Store
	uid   string
	last  hone.Experiment
}

func begin(t *testing.T, s hone.Store, name string) *driver { return beginAs(t, s, sample(name)) }

func beginAs(t require.TestingT, s hone.Store, e hone.Experiment) *driver {
	created, err := s.CreateExperiment(context.Background(), e, hone.Event{Sequence: 1, Time: epoch(), Type: hone.EventCreated})
	require.NoError(t, err)
	d := &driver{t: t, store: s, uid: e.UID, last: created}
	d.record(hone.Event{Type: hone.EventAttached})
	return d
}

// number gives events their sequence numbers and times, from the last one on.
func (d *driver) number(events ...hone.Event) []hone.Event {
	for i := range events {
		events[i].Sequence = d.last.Status.Events + int64(i) + 1
		events[i].Time = epoch().Add(time.Duration(events[i].Sequence) * time.Second)
	}
	return events
}

func (d *driver) try(events ...hone.Event) error {
	e, err := d.store.Record(context.Background(), d.uid, d.number(events...)...)
	if err == nil {
		d.last = e
	}
	return err
}

func (d *driver) record(events ...hone.Event) { require.NoError(d.t, d.try(events...)) }

// start creates a trial and starts it.
func (d *driver) start() int {
	number := d.last.Status.Trials() + 1
	d.record(hone.Event{Type: hone.EventTrialCreated, Trial: number, Parameters: point(number), Labels: map[string]string{"rung": "1"}},
		hone.Event{Type: hone.EventTrialStarted, Trial: number, Attempt: 1})
	return number
}

// end ends a trial; without a value it has failed.
func (d *driver) end(number, attempt int, value *hone.Float) {
	d.record(ended(number, attempt, value))
}

func ended(number, attempt int, value *hone.Float) hone.Event {
	ev := hone.Event{Type: hone.EventTrialEnded, Trial: number, Attempt: attempt, State: string(hone.TrialFailed), Reason: hone.NonZeroExit}
	if value != nil {
		ev.State, ev.Reason, ev.Value = string(hone.TrialSucceeded), "", value
		ev.Metrics = map[string]hone.Float{"accuracy": *value, "loss": 1}
	}
	return ev
}

// finished makes a trial with a value, from its creation to its end.
func (d *driver) finished(value float64) int {
	number := d.start()
	d.end(number, 1, ptr(hone.Float(value)))
	return number
}

// imported adds a trial from elsewhere.
func (d *driver) imported(value *hone.Float) int {
	number := d.last.Status.Trials() + 1
	ev := ended(number, 0, value)
	ev.Type, ev.Parameters = hone.EventTrialImported, point(number)
	d.record(ev)
	return number
}

func (d *driver) trial(number int) hone.Trial {
	trial, err := d.store.Trial(context.Background(), d.uid, number)
	require.NoError(d.t, err)
	return trial
}

func (d *driver) ranking(n int, imported bool) []int {
	ranking, err := d.store.Ranking(context.Background(), d.uid, n, imported)
	require.NoError(d.t, err)
	return numbers(ranking)
}

func (d *driver) order() []int {
	finished, err := d.store.Finished(context.Background(), d.uid)
	require.NoError(d.t, err)
	return numbers(finished)
}

func numbers(trials []hone.Trial) []int {
	out := make([]int, len(trials))
	for i, trial := range trials {
		out[i] = trial.Number
	}
	return out
}

// readings makes n readings of a metric, beginning at a step.
func readings(metric string, from, n int) []hone.Measurement {
	ms := make([]hone.Measurement, n)
	for i := range ms {
		ms[i] = hone.Measurement{Metric: metric, Value: hone.Float(float64(from+i) / 7), Step: ptr(int64(from + i)), Time: epoch().Add(time.Duration(from+i) * time.Millisecond)}
	}
	return ms
}

func (d *driver) append(b hone.Batch) (int64, error) {
	return d.store.Append(context.Background(), d.uid, b)
}

func (d *driver) batches(number int) []hone.Batch {
	batches, err := d.store.Batches(context.Background(), d.uid, number)
	require.NoError(d.t, err)
	return batches
}

func nameOf(i int) string { return fmt.Sprintf("e%03d", i) }
