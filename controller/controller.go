package controller

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/hone-tuner/hone"
)

// Options are what a Controller works with. All but Logger, PushURL and Secret must be set.
type Options struct {
	Store     hone.Store
	Suggester hone.Suggester
	Runner    hone.Runner
	Collector hone.Collector
	Decoder   hone.Decoder
	Catalog   hone.Catalog
	// Clock, NewUID and NewSeed are where time, identity and randomness come from.
	Clock   hone.Clock
	NewUID  func() string
	NewSeed func() uint64
	// PushURL tells where trials push measurements to ("" for nowhere), and Secret is what their tokens are
	// made with.
	PushURL func() string
	Secret  []byte
	// Limits are how many trials may run at once.
	Limits Limits
	// Service makes this the controller of a service: experiments are run from their creation on, and are
	// tried again for as long as it takes when something is away.
	Service bool
	// Directory and Environment (NAME=value) are what trials get whose experiments were created over the wire,
	// or are resumed after a restart: the folder that relative paths start from, and the environment.
	Directory   string
	Environment []string
	// Retention limits what is kept of their ended trials.
	Retention hone.Retention
	Logger    hclog.Logger
}

// Controller runs experiments and implements hone.Service. It is safe for concurrent use.
type Controller struct {
	Options
	introducer introducer      // the suggester, if it is one
	releaser   hone.Releaser   // the runner, if it is one
	describer  hone.Describer  // likewise
	queue      hone.BatchQueue // the store, as it takes batches
	places     *places
	census     census
	counters   *counters
	driven     atomic.Int64 // loops that run, of all kinds

	ctx    context.Context //nolint:containedctx // the life of the loops, ended by Close
	cancel context.CancelFunc
	loops  sync.WaitGroup

	sessions *sessions
	views    atomic.Int64 // histories that were made

	mu      sync.Mutex
	driving int           // loops that run
	idle    chan struct{} // closed when driving falls to 0, then made anew
	failure error         // why the controller had to give up
}

var _ hone.Service = (*Controller)(nil)

// New makes a controller. It starts nothing: RunExperiment does, for one experiment.
func New(o Options) *Controller {
	if o.Logger == nil {
		o.Logger = hclog.NewNullLogger()
	}
	if o.PushURL == nil {
		o.PushURL = func() string { return "" }
	}
	ctx, cancel := context.WithCancel(context.Background())
	c := &Controller{Options: o, ctx: ctx, cancel: cancel, sessions: newSessions(), idle: make(chan struct{}),
		places: newPlaces(o.Limits), census: census{entries: map[string]entry{}}, counters: newCounters()}
	queue := timed(o.Store, &c.counters.appends)
	c.Store, c.queue = queue, queue
	c.introducer, _ = o.Suggester.(introducer)
	c.releaser, _ = o.Runner.(hone.Releaser)
	c.describer, _ = o.Runner.(hone.Describer)
	return c
}

// Close leaves all experiments as they are: their running trials go on and are adopted by the next
// controller. It returns when nothing is written any more; the store can then be closed.
func (c *Controller) Close() {
	c.cancel()
	c.loops.Wait()
}

// Wait blocks until no experiment is being run, or until the controller fails: when the store or the
// runner no longer works, nothing can be recorded and so nothing may go on.
func (c *Controller) Wait(ctx context.Context) error {
	for {
		c.mu.Lock()
		driving, idle, failure := c.driving, c.idle, c.failure
		c.mu.Unlock()
		if driving == 0 {
			return failure
		}
		select {
		case <-idle:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Busy reports whether any experiment is being run.
func (c *Controller) Busy() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.driving > 0
}

// goLoop runs an experiment's loop in the background. That of an external experiment keeps nobody waiting:
// it goes on for as long as there are workers, and what goes wrong with it they are told.
func (c *Controller) goLoop(external bool, loop func(ctx context.Context) error) {
	c.driven.Add(1)
	if external {
		c.loops.Go(func() {
			defer c.driven.Add(-1)
			if err := loop(c.ctx); err != nil && c.ctx.Err() == nil {
				c.Logger.Error("an external experiment cannot go on", "error", err)
			}
		})
		return
	}
	c.mu.Lock()
	c.driving++
	c.mu.Unlock()
	c.loops.Go(func() {
		defer c.driven.Add(-1)
		err := loop(c.ctx)
		c.mu.Lock()
		defer c.mu.Unlock()
		if err != nil && c.ctx.Err() == nil && c.failure == nil && !c.Service {
			c.failure = err
		}
		c.driving--
		if c.driving == 0 {
			close(c.idle)
			c.idle = make(chan struct{})
		}
	})
}

func (c *Controller) now() time.Time { return c.Clock().UTC() }
