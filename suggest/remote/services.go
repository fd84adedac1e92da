package remote

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"sync"

	"github.com/hashicorp/go-hclog"

	"github.com/hone-tuner/hone"
)

// Options are what Services work with. All have defaults.
type Options struct {
	// Dial opens connections; by default over the network.
	Dial func(ctx context.Context, address string) (net.Conn, error)
	// Random draws from [0, 1) for the pauses between retries, so that many callers do not come back at once.
	Random func() float64
	Logger hclog.Logger
}

// Services are the connections to suggestion services. Experiments that name the same endpoint share one, and
// what is known of its health. They are safe for concurrent use.
type Services struct {
	options Options

	mu     sync.Mutex
	closed bool
	links  map[address]*link
}

// New makes Services that are connected to nothing yet.
func New(o Options) *Services {
	if o.Random == nil {
		o.Random = rand.Float64
	}
	if o.Logger == nil {
		o.Logger = hclog.NewNullLogger()
	}
	return &Services{options: o, links: map[address]*link{}}
}

// Algorithm makes the algorithm from the settings of an experiment. It connects when it is asked. The error is
// of kind InvalidArgument and names the settings that are wrong.
func (s *Services) Algorithm(settings map[string]hone.Value) (hone.Algorithm, error) {
	c, err := configOf(settings)
	if err != nil {
		return nil, err
	}
	return &algorithm{services: s, config: c}, nil
}

// Close ends all connections. What is being asked is answered with an error of kind Unavailable.
func (s *Services) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	var errs []error
	for _, l := range s.links {
		errs = append(errs, l.conn.Close())
	}
	clear(s.links)
	return errors.Join(errs...)
}

// link is the connection to an address.
func (s *Services) link(a address) (*link, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, hone.Errorf(hone.Unavailable, "the connections to suggestion services are closed")
	}
	if l := s.links[a]; l != nil {
		return l, nil
	}
	l, err := newLink(a, s.options)
	if err != nil {
		return nil, err
	}
	s.links[a] = l
	return l, nil
}
