package contest

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/algorithms"
	"github.com/hone-tuner/hone/suggest"
)

// own is an algorithm of Hone, asked the way the service asks it.
type own struct {
	name      string
	version   string
	algorithm hone.AlgorithmSpec
	suggester *suggest.Suggester
	runs      atomic.Int64
}

// NewOwn makes a contestant of an algorithm of Hone. The version is that of the working tree. The error is of
// kind InvalidArgument for an unknown algorithm or setting.
func NewOwn(name, version string, algorithm hone.AlgorithmSpec, logger hclog.Logger) (Contestant, error) {
	factories := map[string]suggest.Factory{}
	for name, entry := range algorithms.Builtin() {
		factories[name] = entry.New
	}
	entry, known := algorithms.Builtin()[algorithm.Name]
	if !known {
		return nil, hone.Errorf(hone.InvalidArgument, "there is no algorithm %q", algorithm.Name)
	}
	if err := entry.Choice.Check(algorithm.Settings); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &own{name: name, version: version, algorithm: algorithm, suggester: suggest.New(factories, logger)}, nil
}

// ParseOwn reads how an algorithm is written on a command line: bayesian, bayesian:start=8,
// eight=bayesian:start=8. Several settings are separated by further colons. ok is false when the text names no
// algorithm of Hone.
func ParseOwn(text string) (name string, algorithm hone.AlgorithmSpec, ok bool) {
	head, settings, _ := strings.Cut(text, ":")
	name = text
	if label, rest, labelled := strings.Cut(head, "="); labelled {
		name, head = label, rest
	}
	if _, known := algorithms.Builtin()[head]; !known {
		return "", hone.AlgorithmSpec{}, false
	}
	algorithm.Name = head
	if settings == "" {
		return name, algorithm, true
	}
	algorithm.Settings = map[string]hone.Value{}
	for _, setting := range strings.Split(settings, ":") {
		key, value, _ := strings.Cut(setting, "=")
		algorithm.Settings[key] = parseValue(value)
	}
	return name, algorithm, true
}

func parseValue(text string) hone.Value {
	if x, err := strconv.ParseFloat(text, 64); err == nil {
		return hone.Number(x)
	}
	if b, err := strconv.ParseBool(text); err == nil {
		return hone.Bool(b)
	}
	return hone.String(text)
}

func (c *own) Info() Info { return Info{Name: c.name, Own: true} }

func (c *own) Start(_ context.Context, s Setup) (Tuner, error) {
	uid := fmt.Sprintf("run-%d", c.runs.Add(1))
	return &ownTuner{contestant: c, uid: uid, request: hone.Request{
		Space:     s.Space,
		Objective: hone.Objective{Metric: "loss", Goal: hone.Minimize, Reduce: hone.ReduceBest},
		Settings:  c.algorithm.Settings,
		Seed:      s.Seed,
		Number:    1,
		Budget:    s.Trials,
		History:   hone.NewHistory(uid),
	}}, nil
}

// ownTuner keeps what the controller keeps for an experiment: the history, and what is pending.
type ownTuner struct {
	contestant *own
	uid        string
	request    hone.Request
	labels     map[int]hone.Suggestion
}

func (t *ownTuner) Version() string { return t.contestant.version }

func (t *ownTuner) Ask(ctx context.Context, count int) ([]Point, time.Duration, error) {
	t.request.Count = count
	begin := time.Now()
	got, err := t.contestant.suggester.Suggest(ctx, t.uid, t.contestant.algorithm, t.request)
	elapsed := time.Since(begin)
	if err != nil {
		return nil, elapsed, err
	}
	if t.labels == nil {
		t.labels = map[int]hone.Suggestion{}
	}
	// A new slice: the algorithm may have kept the one that it was shown.
	t.request.Pending = slices.Clone(t.request.Pending)
	points := make([]Point, len(got))
	for i, g := range got {
		points[i] = Point{ID: t.request.Number, Parameters: g.Parameters}
		t.request.Pending = append(t.request.Pending, hone.Pending{Number: t.request.Number, Parameters: g.Parameters, Labels: g.Labels})
		t.labels[t.request.Number] = g
		t.request.Number++
	}
	return points, elapsed, nil
}

func (t *ownTuner) Tell(_ context.Context, results []Result) (time.Duration, error) {
	begin := time.Now()
	pending := slices.Clone(t.request.Pending)
	for _, r := range results {
		i := slices.IndexFunc(pending, func(p hone.Pending) bool { return p.Number == r.ID })
		if i < 0 {
			return 0, hone.Errorf(hone.Internal, "trial %d is not pending", r.ID)
		}
		s := t.labels[r.ID]
		delete(t.labels, r.ID)
		o := hone.Outcome{Number: r.ID, Parameters: s.Parameters, State: hone.TrialSucceeded, Value: r.Value, Labels: s.Labels,
			Parent: s.Parent, Fidelity: s.Fidelity, Finished: t.request.History.Len() + 1}
		if !o.Feasible() {
			o.State, o.Value = hone.TrialFailed, math.NaN()
		}
		t.request.History = t.request.History.Append(o)
		pending = slices.Delete(pending, i, i+1)
	}
	t.request.Pending = pending
	return time.Since(begin), nil
}

func (t *ownTuner) Close() error {
	t.contestant.suggester.Forget(t.uid)
	return nil
}
