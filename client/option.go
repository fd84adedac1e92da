package client

import (
	"time"

	"github.com/hashicorp/go-hclog"

	hone "github.com/hone-tuner/hone"
)

// Option says how an Experiment is worked with.
type Option func(*options)

type options struct {
	workers  int
	name     string
	lease    time.Duration
	patience time.Duration
	contact  time.Duration // patience with a service that has not answered yet
	logger   hclog.Logger
}

// Defaults of the options.
const (
	DefaultLease    = time.Minute
	DefaultPatience = time.Hour
	firstContact    = 5 * time.Second
)

// Workers is how many trials run at once in this program; 1 without it.
func Workers(n int) Option { return func(o *options) { o.workers = max(n, 1) } }

// Named names the workers of this program: prefix-1, prefix-2, …. When a program that was killed is run again under
// its name, the trials that it was at are handed out again at once, as the next attempt. No two programs that run at
// the same time may have the same name. Without it the name is one that nobody else has, and the trials of a program
// that was killed are handed out again when their lease is over.
func Named(prefix string) Option { return func(o *options) { o.name = prefix } }

// Lease is how long the server waits for a worker that is silent before it hands its trial to another one;
// DefaultLease without it, at least hone.ShortestLease. Workers are never silent for more than a third of it
// while they can reach the server.
func Lease(d time.Duration) Option {
	return func(o *options) { o.lease = max(d, hone.ShortestLease) }
}

// Patience is how long calls are tried again while the service is away, before its error is returned:
// DefaultPatience without it, but seconds for a service that has not answered even once.
func Patience(d time.Duration) Option {
	return func(o *options) { o.patience, o.contact = d, d }
}

// Logger hears of outages, of trials that were lost, and of functions that failed.
func Logger(l hclog.Logger) Option { return func(o *options) { o.logger = l } }

func (o options) with(more []Option) options {
	for _, set := range more {
		set(&o)
	}
	return o
}

func defaults() options {
	return options{workers: 1, lease: DefaultLease, patience: DefaultPatience, contact: firstContact, logger: hclog.NewNullLogger()}
}
