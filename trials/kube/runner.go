package kube

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/rest"

	"github.com/hone-tuner/hone"
)

// manager is what the API server notes as the one who changes objects.
const manager = "hone"

// Options are what a Runner works with. Config, Image, Compiler and Dir must be set.
type Options struct {
	// Config says where the cluster is and who this is. Its QPS and Burst are the limits of all requests.
	Config *rest.Config
	// Instance tells the objects of this service from those of another one in the same cluster; a label value.
	Instance string
	// Namespaces are those in which trials may run; empty for all.
	Namespaces []string
	// Image is the image of the collector, and PullPolicy how it is pulled: IfNotPresent when empty.
	Image      string
	PullPolicy string
	// Compiler compiles the expressions of `success`, `failure` and the constraints.
	Compiler Compiler
	// Dir is a folder for the logs of ended attempts.
	Dir string
	// Live says whether an attempt is on record as running; objects of attempts that are not are removed.
	Live func(ctx context.Context, id hone.AttemptID) (bool, error)
	// ImageLimit and ScheduleLimit are how long an image may fail to be pulled, and a pod may wait for a node,
	// until the trial fails: 20 seconds and 30 minutes when zero, for ever when negative. SealLimit is how long
	// the collector of a pod that has ended may take for its last words: a minute when zero.
	ImageLimit, ScheduleLimit, SealLimit time.Duration
	Clock                                hone.Clock
	Logger                               hclog.Logger
}

// Compiler compiles what an experiment says in CEL. spec has one.
type Compiler interface {
	hone.ConstraintCompiler
	hone.ObjectConditionCompiler
}

// Runner runs trials as objects of a cluster. It is safe for concurrent use.
type Runner struct {
	Options
	cluster *cluster
	builder builder
	logs    *archive

	ctx    context.Context //nolint:containedctx // the life of the loops, ended by Close
	cancel context.CancelFunc
	loops  sync.WaitGroup

	mu       sync.Mutex
	attempts map[hone.AttemptID]*attempt
	watches  map[place]*watch
	judges   map[[2]string]conditions
	slots    chan struct{} // for removals that go on at once

	complaints complaints
}

var (
	_ hone.Runner    = (*Runner)(nil)
	_ hone.Checker   = (*Runner)(nil)
	_ hone.Releaser  = (*Runner)(nil)
	_ hone.Describer = (*Runner)(nil)
	_ hone.Cleaner   = (*Runner)(nil)
	_ hone.LogOpener = (*Runner)(nil)
)

// New makes a Runner. It does not speak to the cluster yet.
func New(o Options) (*Runner, error) {
	if o.Logger == nil {
		o.Logger = hclog.NewNullLogger()
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	o.ImageLimit = cmp.Or(o.ImageLimit, 20*time.Second)
	o.ScheduleLimit = cmp.Or(o.ScheduleLimit, 30*time.Minute)
	o.SealLimit = cmp.Or(o.SealLimit, time.Minute)
	c, err := connect(o.Config)
	if err != nil {
		return nil, err
	}
	const removals = 16
	r := &Runner{Options: o, cluster: c, builder: builder{image: o.Image, pullPolicy: corev1.PullPolicy(o.PullPolicy)},
		logs: &archive{dir: o.Dir}, attempts: map[hone.AttemptID]*attempt{}, watches: map[place]*watch{},
		judges: map[[2]string]conditions{}, slots: make(chan struct{}, removals),
		complaints: complaints{of: map[string]*complaint{}}}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	r.loops.Go(r.sweep)
	return r, nil
}

// Close ends watching. What runs goes on running; another Runner adopts it.
func (r *Runner) Close() error {
	r.cancel()
	r.loops.Wait()
	return nil
}

// attempt finds an attempt that was started or adopted; nil when there is none.
func (r *Runner) attempt(id hone.AttemptID) *attempt {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.attempts[id]
}

// Wait implements hone.Runner.
func (r *Runner) Wait(ctx context.Context, id hone.AttemptID) (hone.Exit, error) {
	a := r.attempt(id)
	if a == nil {
		now := r.Clock()
		return hone.Exit{Reason: hone.Lost, Code: -1, Message: "nothing is known of the attempt: it was not started here", Start: now, End: now}, nil
	}
	select {
	case <-ctx.Done():
		return hone.Exit{}, ctx.Err()
	case <-r.ctx.Done():
		return hone.Exit{}, hone.Errorf(hone.Unavailable, "the runner is closed")
	case <-a.done:
		return a.exit, nil
	}
}

// Stop implements hone.Runner.
func (r *Runner) Stop(_ context.Context, id hone.AttemptID, grace time.Duration) error {
	if a := r.attempt(id); a != nil {
		a.stop(grace)
	}
	return nil
}

// Describe implements hone.Describer.
func (r *Runner) Describe(id hone.AttemptID) string {
	a := r.attempt(id)
	if a == nil {
		return ""
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.detail
}

// serves says why trials cannot run in a namespace, or nil.
func (r *Runner) serves(namespace string) error {
	if len(r.Namespaces) == 0 || slices.Contains(r.Namespaces, namespace) {
		return nil
	}
	return hone.Errorf(hone.InvalidArgument, "metadata.namespace: this service runs trials in %s only, not in %q", list(r.Namespaces), namespace)
}

func list(words []string) string {
	if len(words) == 1 {
		return fmt.Sprintf("namespace %q", words[0])
	}
	return fmt.Sprintf("namespaces %q", words)
}

// conditions are the compiled expressions of an experiment; nil where the kind's own rule holds.
type conditions struct{ success, failure hone.ObjectCondition }

// conditionsOf compiles the expressions of an experiment, once.
func (r *Runner) conditionsOf(t *hone.TrialTemplate) (conditions, error) {
	key := [2]string{t.Success, t.Failure}
	r.mu.Lock()
	defer r.mu.Unlock()
	if c, ok := r.judges[key]; ok {
		return c, nil
	}
	var c conditions
	var err error
	if t.Success != "" {
		if c.success, err = r.Compiler.CompileObjectCondition(t.Success); err != nil {
			return c, hone.Errorf(hone.InvalidArgument, "spec.trial.success: %w", err)
		}
	}
	if t.Failure != "" {
		if c.failure, err = r.Compiler.CompileObjectCondition(t.Failure); err != nil {
			return c, hone.Errorf(hone.InvalidArgument, "spec.trial.failure: %w", err)
		}
	}
	r.judges[key] = c
	return c, nil
}
