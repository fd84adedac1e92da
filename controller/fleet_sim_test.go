package controller_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/controller"
	"github.com/hone-tuner/hone/storage/memory"
)

// fleet is a world of many experiments: a store, and programs that outlive controllers. Its runner checks that
// there are never more of them than the limits allow.
type fleet struct {
	t      testing.TB
	store  hone.Store
	limits controller.Limits
	uids   atomic.Int64
	length func(l hone.Launch) time.Duration // how long a program runs; nil for up to a second
	real   *realWorld                        // runs real programs instead

	mu      sync.Mutex
	progs   map[hone.AttemptID]*program
	alive   map[string]int // by namespace, "" for all
	most    int            // that were alive at once
	refs    map[string]int // starts by namespace/name
	goal    int            // starts after which reached is closed
	reached chan struct{}
}

// program is one attempt of the fleet.
type program struct {
	namespace string
	value     float64
	stop      chan struct{}
	once      sync.Once
	done      chan struct{}
	exit      hone.Exit
}

func newFleet(t testing.TB, l controller.Limits) *fleet {
	f := &fleet{t: t, store: memory.New(), limits: l, progs: map[hone.AttemptID]*program{}, alive: map[string]int{}, refs: map[string]int{}}
	t.Cleanup(func() {
		for id, p := range f.progs {
			_ = f.Stop(context.Background(), id, 0)
			<-p.done
		}
	})
	return f
}

// controller makes a service of the fleet.
func (f *fleet) controller(store hone.Store) *controller.Controller {
	runner, collector := hone.Runner(f), hone.Collector(f)
	if f.real != nil {
		runner, collector = f.real.Runner, f.real.Collector
	}
	return controller.New(controller.Options{Store: store, Suggester: drawer{}, Runner: runner, Collector: collector, Decoder: files{},
		Clock: time.Now, NewUID: func() string { return fmt.Sprintf("uid-%d", f.uids.Add(1)) }, NewSeed: func() uint64 { return 7 },
		Secret: []byte("secret"), Limits: f.limits, Service: true, Directory: "/srv", Environment: []string{"A=1"}})
}

// file is an experiment file of the fleet.
type file struct {
	Namespace, Name     string
	Trials, Parallelism int
	External, Broken    bool
	Command             []string
}

func (d file) document(t testing.TB) []byte {
	data, err := json.Marshal(d)
	require.NoError(t, err)
	return data
}

func (d file) name() hone.Name { return hone.Name{Namespace: d.Namespace, Name: d.Name} }

// files decodes them.
type files struct{}

func (files) Decode(document []byte, _ hone.Overrides) (hone.Document, error) {
	var d file
	if err := json.Unmarshal(document, &d); err != nil {
		return hone.Document{}, err
	}
	e := digits(func(s *hone.Spec) {
		s.Budget.Trials, s.Parallelism = d.Trials, d.Parallelism
		if d.Command != nil {
			s.Trial.Command = d.Command
		}
		if d.External {
			s.Trial = nil
		}
		if d.Broken {
			s.Constraints = []string{"broken"}
		}
	}).experiment
	e.Namespace, e.Name = d.Namespace, d.Name
	e.Spec = e.Spec.WithDefaults()
	return hone.Document{Experiment: e}, nil
}

func (files) CompileConstraint(string, []hone.Parameter) (hone.Constraint, error) {
	return nil, hone.Errorf(hone.InvalidArgument, "no constraints here")
}

// create creates experiments at the service, which starts them.
func (f *fleet) create(c *controller.Controller, ds ...file) {
	for _, d := range ds {
		_, err := c.CreateExperiment(context.Background(), d.document(f.t))
		require.NoError(f.t, err)
	}
}

// Start implements hone.Runner.
func (f *fleet) Start(_ context.Context, l hone.Launch) (hone.Emission, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	emission := hone.Emission{Dir: l.ID().String()}
	if _, known := f.progs[l.ID()]; known {
		return emission, nil
	}
	ns := l.Experiment.Namespace
	f.alive[""]++
	f.alive[ns]++
	f.most = max(f.most, f.alive[""])
	f.refs[ns+"/"+l.Experiment.Name]++
	if n, limit := f.alive[""], f.limits.Trials; limit > 0 && n > limit {
		f.t.Errorf("%d trials live at once; the limit is %d", n, limit)
	}
	if n, limit := f.alive[ns], f.limits.PerNamespace; limit > 0 && n > limit {
		f.t.Errorf("%d trials of namespace %s live at once; the limit is %d", n, ns, limit)
	}
	rng := rand.New(rand.NewPCG(uint64(l.Trial.Number), uint64(len(f.progs))))
	p := &program{namespace: ns, value: rng.Float64(), stop: make(chan struct{}), done: make(chan struct{})}
	length := time.Duration(rng.IntN(1000)) * time.Millisecond
	if f.length != nil {
		length = f.length(l)
	}
	if rng.IntN(40) == 0 {
		p.exit = hone.Exit{Reason: hone.Killed, Message: "killed by signal 9", Code: -1}
	}
	f.progs[l.ID()] = p
	if len(f.progs) == f.goal {
		close(f.reached)
	}
	go f.run(p, length)
	return emission, nil
}

func (f *fleet) run(p *program, length time.Duration) {
	timer := time.NewTimer(length)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-p.stop:
		p.exit = hone.Exit{Requested: true, Reason: hone.Killed, Message: "killed by signal 15"}
	}
	f.mu.Lock()
	f.alive[""]--
	f.alive[p.namespace]--
	f.mu.Unlock()
	close(p.done)
}

func (f *fleet) program(id hone.AttemptID) *program {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.progs[id]
}

// Wait implements hone.Runner.
func (f *fleet) Wait(ctx context.Context, id hone.AttemptID) (hone.Exit, error) {
	p := f.program(id)
	if p == nil {
		return hone.Exit{Reason: hone.Lost}, nil
	}
	select {
	case <-p.done:
		return p.exit, nil
	case <-ctx.Done():
		return hone.Exit{}, ctx.Err()
	}
}

// Stop implements hone.Runner.
func (f *fleet) Stop(_ context.Context, id hone.AttemptID, _ time.Duration) error {
	if p := f.program(id); p != nil {
		p.once.Do(func() { close(p.stop) })
	}
	return nil
}

// Collect implements hone.Collector: every program has one reading, when it ends.
func (f *fleet) Collect(ctx context.Context, c hone.Collection, ended <-chan struct{}, sink hone.Sink) (hone.Seen, error) {
	seen := len(c.Resume("stdout")) > 0
	select {
	case <-ended:
	case <-ctx.Done():
		return hone.Seen{}, ctx.Err()
	}
	if seen {
		return hone.Seen{}, nil
	}
	var id hone.AttemptID
	if _, err := fmt.Sscanf(strings.ReplaceAll(c.Emission.Dir, "/", " "), "%s %d %d", &id.UID, &id.Number, &id.Attempt); err != nil {
		return hone.Seen{}, err
	}
	value := hone.Float(f.program(id).value)
	return hone.Seen{}, sink(ctx, "stdout", []byte{1}, []hone.Measurement{{Metric: c.Objective, Value: value}})
}

// get is how an experiment stands.
func (f *fleet) get(n hone.Name) hone.Experiment {
	e, err := f.store.Experiment(context.Background(), n.Namespace, n.Name)
	require.NoError(f.t, err)
	return e
}

// reaches returns a channel that is closed once there have been so many starts.
func (f *fleet) reaches(starts int) <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.goal, f.reached = starts, make(chan struct{})
	if len(f.progs) >= starts {
		close(f.reached)
	}
	return f.reached
}

// starts counts the attempts of every experiment.
func (f *fleet) starts() map[string]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.refs)
}

// check verifies an experiment that has ended: every trial is there once and has ended, every attempt was
// started once, and its events make up its status.
func (f *fleet) check(d file) {
	e, ctx := f.get(d.name()), context.Background()
	require.Equal(f.t, hone.BudgetSpent, e.Status.Reason, "%s is %s: %s", d.Name, e.Status.State, e.Status.Message)
	require.Equal(f.t, d.Trials, e.Status.Created)
	trials, err := f.store.Trials(ctx, e.UID, hone.TrialFilter{})
	require.NoError(f.t, err)
	require.Len(f.t, trials, d.Trials)
	starts := 0
	for i, trial := range trials {
		require.Equal(f.t, i+1, trial.Number)
		require.True(f.t, trial.State.Ended(), "%s is %s", trial.Name(), trial.State)
		starts += trial.Attempt
	}
	if !d.External && f.real == nil {
		f.mu.Lock()
		require.Equal(f.t, starts, f.refs[d.Namespace+"/"+d.Name], "attempts of %s", d.Name)
		f.mu.Unlock()
	}
	events, err := f.store.Events(ctx, e.UID, 0, 1_000_000)
	require.NoError(f.t, err)
	require.EqualValues(f.t, len(events), e.Status.Events)
	again := hone.Experiment{UID: e.UID, Name: e.Name, Namespace: e.Namespace, Spec: e.Spec}
	folded := map[int]hone.Trial{}
	for _, ev := range events {
		var trial hone.Trial
		again, trial, err = hone.Fold(again, folded[ev.Trial], ev)
		require.NoError(f.t, err)
		folded[ev.Trial] = trial
	}
	require.Equal(f.t, e.Status, again.Status)
}

// thinker is an algorithm that takes its time.
type thinker struct {
	drawer
	think func(ctx context.Context, r hone.Request) error
}

func (d thinker) Suggest(ctx context.Context, uid string, a hone.AlgorithmSpec, r hone.Request) ([]hone.Suggestion, error) {
	if err := d.think(ctx, r); err != nil {
		return nil, err
	}
	return d.drawer.Suggest(ctx, uid, a, r)
}
