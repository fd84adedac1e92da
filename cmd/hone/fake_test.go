package main

import (
	"bytes"
	"context"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hone-tuner/hone"
	"github.com/stretchr/testify/require"
)

// began is when everything happens in these tests.
var began = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// fakeService keeps one experiment in memory. What is not written here panics: no command may need it.
type fakeService struct {
	hone.Service
	mu         sync.Mutex
	experiment hone.Experiment
	trials     []hone.Trial
	events     []hone.Event
	changed    chan struct{}
	readings   map[int][]hone.Measurement
	logs       string
	clock      time.Time
	pid        int
	self       bool
	closed     bool
	lingers    time.Duration // until it is closed

	// What was asked of it.
	request     hone.RunRequest
	patch       string
	imported    []hone.ImportedTrial
	interrupted chan struct{}
	calls       []string
	// onLogs is called by Logs, onEvents by Events: an error is its answer.
	onLogs   func(hone.LogQuery) (io.ReadCloser, error)
	onEvents func() error
	// onRun is called by RunExperiment.
	onRun func(hone.RunRequest) (hone.RunReply, error)
}

// newFake makes the service of an experiment with this spec that is Running.
func newFake(t *testing.T, spec hone.Spec) *fakeService {
	t.Helper()
	f := &fakeService{changed: make(chan struct{}), readings: map[int][]hone.Measurement{}, clock: began, pid: 4711,
		interrupted: make(chan struct{}, 1)}
	f.experiment = hone.Experiment{UID: "0b5e", Name: "digits", Namespace: "default", Directory: "/data/digits", Spec: spec.WithDefaults()}
	f.record(t, hone.Event{Type: hone.EventCreated}, hone.Event{Type: hone.EventAttached})
	return f
}

// digitsSpec is the experiment of these tests.
func digitsSpec() hone.Spec {
	seed, target := uint64(7), 0.995
	return hone.Spec{
		Objective: hone.Objective{Metric: "accuracy", Goal: hone.Maximize, Target: &target},
		SearchSpace: hone.NewSpace(
			hone.Double("lr", 1e-5, 1e-1).Log(),
			hone.Categorical("optimizer", "sgd", "adam"),
			hone.Double("momentum", 0, 0.99).When("optimizer", "sgd"),
			hone.Int("layers", 1, 4),
		),
		Algorithm:   hone.AlgorithmSpec{Name: "sobol", Seed: &seed},
		Parallelism: 2,
		Budget:      hone.Budget{Trials: 8},
		Metrics:     hone.MetricsSpec{Record: []string{"loss"}},
		Trial:       &hone.TrialTemplate{Command: []string{"python3", "train.py", "--lr=${parameters.lr}"}},
	}
}

func adam(lr float64, layers int) hone.Assignments {
	return hone.Assignments{{Parameter: "lr", Value: hone.Number(lr)}, {Parameter: "optimizer", Value: hone.String("adam")},
		{Parameter: "layers", Value: hone.Number(float64(layers))}}
}

func sgd(lr, momentum float64, layers int) hone.Assignments {
	return hone.Assignments{{Parameter: "lr", Value: hone.Number(lr)}, {Parameter: "optimizer", Value: hone.String("sgd")},
		{Parameter: "momentum", Value: hone.Number(momentum)}, {Parameter: "layers", Value: hone.Number(float64(layers))}}
}

func float(x float64) *hone.Float { f := hone.Float(x); return &f }

// record folds events one second apart from each other.
func (f *fakeService) record(t *testing.T, events ...hone.Event) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, ev := range events {
		ev.Sequence = f.experiment.Status.Events + 1
		ev.Time = f.clock
		f.clock = f.clock.Add(time.Second)
		var trial hone.Trial
		if ev.Trial > 0 && ev.Trial <= len(f.trials) {
			trial = f.trials[ev.Trial-1]
		}
		var err error
		f.experiment, trial, err = hone.Fold(f.experiment, trial, ev)
		require.NoError(t, err)
		switch {
		case ev.Trial > len(f.trials):
			f.trials = append(f.trials, trial)
		case ev.Trial > 0:
			f.trials[ev.Trial-1] = trial
		}
		f.events = append(f.events, ev)
	}
	close(f.changed)
	f.changed = make(chan struct{})
}

// start creates and starts a trial.
func (f *fakeService) start(t *testing.T, a hone.Assignments) int {
	t.Helper()
	number := len(f.trials) + 1
	f.record(t, hone.Event{Type: hone.EventTrialCreated, Trial: number, Parameters: a},
		hone.Event{Type: hone.EventTrialStarted, Trial: number, Attempt: 1})
	return number
}

func (f *fakeService) succeed(t *testing.T, number int, value float64) {
	t.Helper()
	f.record(t, hone.Event{Type: hone.EventTrialEnded, Trial: number, Attempt: 1, State: "Succeeded", Value: float(value),
		Metrics: map[string]hone.Float{"accuracy": hone.Float(value), "loss": hone.Float(1 - value)}})
}

func (f *fakeService) fail(t *testing.T, number int, reason hone.Reason, message string) {
	t.Helper()
	f.record(t, hone.Event{Type: hone.EventTrialEnded, Trial: number, Attempt: 1, State: "Failed", Reason: reason, Message: message})
}

func (f *fakeService) end(t *testing.T, state hone.ExperimentState, reason hone.Reason) {
	t.Helper()
	f.record(t, hone.Event{Type: hone.EventEnded, State: string(state), Reason: reason})
}

func (f *fakeService) Close(context.Context) error {
	f.closed = true
	time.Sleep(f.lingers)
	return nil
}
func (f *fakeService) Owner() (int, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.pid, f.self
}

func (f *fakeService) call(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, name)
}

func (f *fakeService) GetExperiment(ctx context.Context, n hone.Name) (hone.Experiment, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if n.Name != f.experiment.Name || n.Namespace != f.experiment.Namespace {
		return hone.Experiment{}, hone.Errorf(hone.NotFound, "there is no experiment %q", n)
	}
	return f.experiment, ctx.Err()
}

func (f *fakeService) ListExperiments(ctx context.Context, q hone.ExperimentFilter) (hone.ExperimentPage, error) {
	f.mu.Lock()
	name := nameOf(f.experiment)
	f.mu.Unlock()
	e, err := f.GetExperiment(ctx, name)
	if q.State != "" && q.State != e.Status.State {
		return hone.ExperimentPage{}, nil
	}
	// Pages of one, to see that all of them are fetched.
	if q.Cursor == "" {
		return hone.ExperimentPage{Experiments: []hone.Experiment{e}, Cursor: "more"}, err
	}
	e.Name, e.Namespace = "faces", "vision"
	return hone.ExperimentPage{Experiments: []hone.Experiment{e}}, err
}

func (f *fakeService) GetTrial(_ context.Context, _ hone.Name, number int) (hone.Trial, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if number > len(f.trials) {
		return hone.Trial{}, hone.Errorf(hone.NotFound, "experiment %q has no trial %d", f.experiment.Name, number)
	}
	return f.trials[number-1], nil
}

func (f *fakeService) ListTrials(_ context.Context, _ hone.Name, q hone.TrialFilter) (page hone.TrialPage, _ error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, t := range f.trials {
		if t.Number > q.After && (len(q.States) == 0 || slices.Contains(q.States, t.State)) {
			if len(page.Trials) == 2 { // small pages, to see that all of them are fetched
				page.Cursor = "more"
				break
			}
			page.Trials = append(page.Trials, t)
		}
	}
	return page, nil
}

func (f *fakeService) Leaderboard(_ context.Context, n hone.Name, q hone.LeaderboardQuery) (hone.Leaderboard, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	e := f.experiment
	b := hone.Leaderboard{Experiment: e.Name, Namespace: n.Namespace, State: e.Status.State, Reason: e.Status.Reason,
		Objective: e.Spec.Objective, Counts: e.Status.Counts, Trials: []hone.RankedTrial{}}
	sorted := slices.Clone(f.trials)
	slices.SortStableFunc(sorted, func(x, y hone.Trial) int {
		switch {
		case x.Ranked() && (!y.Ranked() || e.Spec.Objective.Better(float64(*x.Value), float64(*y.Value))):
			return -1
		case y.Ranked() && (!x.Ranked() || e.Spec.Objective.Better(float64(*y.Value), float64(*x.Value))):
			return 1
		}
		return 0
	})
	for i, t := range sorted {
		r := hone.RankedTrial{Trial: t.Name(), State: t.State, Reason: t.Reason, Value: t.Value, Metrics: t.Metrics,
			Parameters: t.Parameters, StartTime: t.StartTime, EndTime: t.EndTime, Attempt: t.Attempt, Client: t.Client}
		if t.Ranked() {
			r.Rank = i + 1
		}
		if t.EndTime != nil {
			r.Duration = hone.Duration(t.Duration(began)).String()
		}
		if q.Curves {
			for _, m := range f.readings[t.Number] {
				r.Curve = append(r.Curve, m.Value)
			}
		}
		if q.Top == 0 || i < q.Top {
			b.Trials = append(b.Trials, r)
		}
	}
	return b, nil
}

func (f *fakeService) Measurements(_ context.Context, _ hone.Name, number int, metric string) (out []hone.Measurement, _ error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, m := range f.readings[number] {
		if metric == "" || metric == m.Metric {
			out = append(out, m)
		}
	}
	return out, nil
}

func (f *fakeService) Events(ctx context.Context, _ hone.Name, after int64, wait bool) ([]hone.Event, error) {
	if f.onEvents != nil {
		if err := f.onEvents(); err != nil {
			return nil, err
		}
	}
	for {
		f.mu.Lock()
		events, changed := slices.Clone(f.events[min(int(after), len(f.events)):]), f.changed
		f.mu.Unlock()
		if len(events) > 0 || !wait {
			return events, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-changed:
		}
	}
}

func (f *fakeService) RunExperiment(_ context.Context, r hone.RunRequest) (hone.RunReply, error) {
	f.call("run")
	f.request = r
	if f.onRun != nil {
		return f.onRun(r)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return hone.RunReply{Experiment: f.experiment, Created: true, Warnings: []string{"budget.trials is not given: 100"}}, nil
}

func (f *fakeService) InterruptExperiment(context.Context, hone.Name) error {
	f.call("interrupt")
	f.interrupted <- struct{}{}
	return nil
}

func (f *fakeService) UpdateExperiment(_ context.Context, _ hone.Name, p hone.Patch) (hone.Experiment, error) {
	f.patch = string(p.Spec)
	f.experiment.Status.Seen = began.Add(time.Minute) // an event, which looks like a sign of life
	return f.experiment, nil
}

func (f *fakeService) Import(_ context.Context, _ hone.Name, trials []hone.ImportedTrial) (int, error) {
	f.imported = trials
	return len(trials), nil
}

func (f *fakeService) Enqueue(_ context.Context, _ hone.Name, point map[string]hone.Value) (hone.Assignments, error) {
	space, err := f.experiment.Spec.SearchSpace.Compile(nil)
	if err != nil {
		return nil, err
	}
	return space.Complete(point, nil)
}

func (f *fakeService) Logs(_ context.Context, _ hone.Name, number int, q hone.LogQuery) (io.ReadCloser, error) {
	if number > len(f.trials) {
		return nil, hone.Errorf(hone.NotFound, "no such trial")
	}
	if f.onLogs != nil {
		return f.onLogs(q)
	}
	return io.NopCloser(strings.NewReader(f.logs + q.Stream)), nil
}

func (f *fakeService) PauseExperiment(context.Context, hone.Name) (hone.Experiment, error) {
	f.call("pause")
	return f.experiment, nil
}

func (f *fakeService) StopExperiment(_ context.Context, _ hone.Name, drain bool) (hone.Experiment, error) {
	f.call(map[bool]string{true: "drain", false: "stop"}[drain])
	f.experiment.Status.Draining = drain
	return f.experiment, nil
}

func (f *fakeService) DeleteExperiment(context.Context, hone.Name) error {
	f.call("delete")
	return nil
}

// terminal is what a command was given, and what it wrote.
type terminal struct {
	app            *app
	stdin          *strings.Reader
	stdout, stderr *bytes.Buffer
}

// newTerminal makes an app that is connected to a service, with outputs that are no terminals.
func newTerminal(t *testing.T, s connection, stdin string) *terminal {
	t.Helper()
	x := &terminal{stdin: strings.NewReader(stdin), stdout: &bytes.Buffer{}, stderr: &bytes.Buffer{}}
	x.app = newApp(x.stdin, x.stdout, x.stderr)
	x.app.getenv = func(name string) string {
		return map[string]string{"LANG": "C.UTF-8", "HONE_DATA": t.TempDir()}[name]
	}
	x.app.environ = func() []string { return []string{"A=1"} }
	x.app.look = look{unicode: true}
	x.app.now = func() time.Time { return began.Add(time.Minute) }
	x.app.connect = func(context.Context) (connection, error) { return s, nil }
	x.app.glance = func(context.Context) (lister, func(), error) { return s, func() {}, nil }
	return x
}

func (x *terminal) run(t *testing.T, args ...string) int {
	t.Helper()
	return x.app.run(t.Context(), args)
}

// ranked is an experiment with two finished trials, a failed one and a running one.
func ranked(t *testing.T) *fakeService {
	t.Helper()
	f := newFake(t, digitsSpec())
	first := f.start(t, adam(0.00083121, 2))
	second := f.start(t, sgd(0.1, 0.9, 3))
	f.succeed(t, first, 0.9871)
	f.succeed(t, second, 0.75)
	third := f.start(t, adam(0.0001, 4))
	f.fail(t, third, hone.NonZeroExit, "exit status 3\nTraceback: \x1b[31mboom")
	f.start(t, adam(0.01, 1))
	for i := range 4 {
		step := int64(i + 1)
		f.readings[first] = append(f.readings[first], hone.Measurement{Metric: "accuracy", Value: hone.Float(0.9 + float64(i)*0.029), Step: &step, Time: began})
	}
	return f
}
