package controller_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hone-tuner/hone"
)

// world is what outlives a controller: the store, and the programs that run under the supervisor. Its
// runner checks what must hold in every interleaving.
type world struct {
	t           testing.TB
	store       hone.Store
	parallelism int

	mu    sync.Mutex
	procs map[hone.AttemptID]*proc
	runs  map[int]int // starts of each trial
}

// proc is a simulated program.
type proc struct {
	values    []float64
	pause     time.Duration // between readings
	exit      hone.Exit
	requested chan struct{}
	once      sync.Once
	done      chan struct{}
	emitted   atomic.Int64
}

func (w *world) alive() (n int) {
	for _, p := range w.procs {
		if !p.over() {
			n++
		}
	}
	return n
}

func (p *proc) over() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// Start implements hone.Runner.
func (w *world) Start(_ context.Context, l hone.Launch) (hone.Emission, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	emission := hone.Emission{Dir: l.ID().String()}
	if _, known := w.procs[l.ID()]; known {
		return emission, nil
	}
	for id, p := range w.procs {
		if id.Number == l.Trial.Number && !p.over() {
			w.t.Errorf("attempt %d of trial %d starts while attempt %d lives", l.Trial.Attempt, l.Trial.Number, id.Attempt)
		}
	}
	if n := w.alive(); n >= w.parallelism {
		w.t.Errorf("trial %d starts while %d others live; parallelism is %d", l.Trial.Number, n, w.parallelism)
	}
	if stored, err := w.store.Trial(context.Background(), l.ID().UID, l.Trial.Number); err != nil || stored.Attempt != l.Trial.Attempt {
		w.t.Errorf("trial %d attempt %d is started before it is stored: %v", l.Trial.Number, l.Trial.Attempt, err)
	}
	w.runs[l.Trial.Number]++
	p := w.program(l)
	w.procs[l.ID()] = p
	go p.run()
	return emission, nil
}

// program decides what an attempt does, from its identity.
func (w *world) program(l hone.Launch) *proc {
	rng := rand.New(rand.NewPCG(uint64(l.Trial.Number), uint64(l.Trial.Attempt)))
	p := &proc{pause: time.Duration(rng.IntN(1000)+1) * time.Millisecond, requested: make(chan struct{}), done: make(chan struct{})}
	for range rng.IntN(6) + 1 {
		p.values = append(p.values, rng.Float64())
	}
	switch rng.IntN(12) {
	case 0:
		p.exit = hone.Exit{Reason: hone.NonZeroExit, Message: "exit status 3", Code: 3}
	case 1:
		p.values = nil
	case 2:
		p.exit = hone.Exit{Reason: hone.Killed, Message: "killed by signal 9", Code: -1}
	}
	return p
}

func (p *proc) run() {
	defer close(p.done)
	for range p.values {
		select {
		case <-p.requested:
			time.Sleep(50 * time.Millisecond)
			p.exit = hone.Exit{Requested: true, Reason: hone.Killed, Message: "killed by signal 15"}
			return
		case <-time.After(p.pause):
			p.emitted.Add(1)
		}
	}
}

// Wait implements hone.Runner.
func (w *world) Wait(ctx context.Context, id hone.AttemptID) (hone.Exit, error) {
	p := w.proc(id)
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
func (w *world) Stop(_ context.Context, id hone.AttemptID, _ time.Duration) error {
	if p := w.proc(id); p != nil {
		p.once.Do(func() { close(p.requested) })
	}
	return nil
}

func (w *world) proc(id hone.AttemptID) *proc {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.procs[id]
}

// Collect implements hone.Collector: it reads what the simulated program has emitted so far.
func (w *world) Collect(ctx context.Context, c hone.Collection, ended <-chan struct{}, sink hone.Sink) (hone.Seen, error) {
	var p *proc
	w.mu.Lock()
	for id, q := range w.procs {
		if id.String() == c.Emission.Dir {
			p = q
		}
	}
	w.mu.Unlock()
	read := int64(len(c.Resume("stdout")))
	for {
		over := false
		select {
		case <-ended:
			over = true
		case <-ctx.Done():
			return hone.Seen{}, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
		var ms []hone.Measurement
		for n := p.emitted.Load(); read < n; read++ {
			ms = append(ms, hone.Measurement{Metric: c.Objective, Value: hone.Float(p.values[read])})
		}
		if len(ms) > 0 {
			if err := sink(ctx, "stdout", make([]byte, read), ms); err != nil {
				return hone.Seen{}, err
			}
		}
		if over {
			return hone.Seen{}, nil
		}
	}
}

// drawer is an algorithm that draws.
type drawer struct{ limit int }

func (d drawer) Suggest(_ context.Context, _ string, _ hone.AlgorithmSpec, r hone.Request) ([]hone.Suggestion, error) {
	var out []hone.Suggestion
	for i := range r.Count {
		if d.limit > 0 && r.Number+i > d.limit {
			break
		}
		rng := rand.New(rand.NewPCG(r.Seed, uint64(r.Number+i)))
		out = append(out, hone.Suggestion{Parameters: r.Space.Draw(rng)})
	}
	return out, nil
}

func (drawer) Forget(string) {}

// mortal is a store that stops writing at some moment, as if the process had been killed there.
type mortal struct {
	hone.Store
	left *atomic.Int64 // writes until death
}

var errDead = errors.New("the process is dead")

func (m mortal) Conclude(ctx context.Context, uid string, readings []hone.Batch, events ...hone.Event) (hone.Experiment, error) {
	if m.left.Add(-1) < 0 {
		return hone.Experiment{}, hone.Errorf(hone.Internal, "%w", errDead)
	}
	return m.Store.Conclude(ctx, uid, readings, events...)
}

func (m mortal) Append(ctx context.Context, uid string, b hone.Batch) (int64, error) {
	if m.left.Add(-1) < 0 {
		return 0, hone.Errorf(hone.Internal, "%w", errDead)
	}
	return m.Store.Append(ctx, uid, b)
}

// plain is a decoder of experiments that are in no file.
type plain struct{ experiment hone.Experiment }

func (p plain) Decode([]byte, hone.Overrides) (hone.Document, error) {
	e := p.experiment
	e.Spec = e.Spec.WithDefaults()
	return hone.Document{Experiment: e}, nil
}

func (plain) CompileConstraint(string, []hone.Parameter) (hone.Constraint, error) {
	return nil, fmt.Errorf("no constraints here")
}
