package suggest

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/go-hclog"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/points"
)

// Factory makes an instance of an algorithm with its settings.
type Factory func(settings map[string]hone.Value) (hone.Algorithm, error)

// Suggester asks the algorithms of many experiments. It is safe for concurrent use; requests for one
// experiment wait for each other, those for different ones do not.
type Suggester struct {
	factories map[string]Factory
	logger    hclog.Logger

	mu       sync.Mutex
	sessions map[string]*session // by the experiment's UID
}

var _ hone.Suggester = (*Suggester)(nil)

// New makes a suggester of the algorithms that there are, by name.
func New(factories map[string]Factory, logger hclog.Logger) *Suggester {
	return &Suggester{factories: maps.Clone(factories), logger: logger, sessions: map[string]*session{}}
}

// session is what is kept for one experiment.
type session struct {
	turn chan struct{} // holds one token; whoever has it may touch the rest

	spec      hone.AlgorithmSpec
	algorithm hone.Algorithm // nil until it is made
	index     points.Index
}

// Suggest answers as the experiment's algorithm does, checked: every point lies in the space, and none
// stands in the history or among the pending. A point that the algorithm got wrong is replaced by a free
// draw, which depends on the seed and the trial's number as any suggestion does. Fewer than Count mean that
// the algorithm has no more points or the space has no others. Errors: InvalidArgument for an unknown
// algorithm or settings, DeadlineExceeded when ctx ran out, Internal when the algorithm failed.
func (s *Suggester) Suggest(ctx context.Context, experimentUID string, algorithm hone.AlgorithmSpec, r hone.Request) ([]hone.Suggestion, error) {
	if r.Space == nil {
		return nil, hone.Errorf(hone.InvalidArgument, "the request of experiment %q has no search space", experimentUID)
	}
	if algorithm.Name == "" {
		algorithm.Name = hone.DefaultAlgorithm
	}
	if r.Settings == nil {
		r.Settings = algorithm.Settings
	}
	e := s.session(experimentUID)
	select {
	case e.turn <- struct{}{}:
		defer func() { <-e.turn }()
	case <-ctx.Done():
		return nil, interrupted(ctx.Err(), algorithm.Name, r.Number)
	}
	if err := s.prepare(e, algorithm); err != nil {
		return nil, err
	}
	return s.fill(ctx, e, r)
}

// Forget drops what is kept for an experiment. Asking again costs time and changes nothing else.
func (s *Suggester) Forget(experimentUID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sessions, experimentUID)
}

func (s *Suggester) session(uid string) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.sessions[uid]
	if e == nil {
		e = &session{turn: make(chan struct{}, 1)}
		s.sessions[uid] = e
	}
	return e
}

// prepare makes the algorithm when there is none yet, or when the experiment now names another.
func (s *Suggester) prepare(e *session, spec hone.AlgorithmSpec) error {
	if e.algorithm != nil && e.spec.Name == spec.Name && maps.Equal(e.spec.Settings, spec.Settings) {
		return nil
	}
	factory, known := s.factories[spec.Name]
	if !known {
		return hone.Errorf(hone.InvalidArgument, "there is no algorithm %q; there are %s", spec.Name,
			strings.Join(slices.Sorted(maps.Keys(s.factories)), ", "))
	}
	algorithm, err := factory(spec.Settings)
	if err != nil {
		return hone.Errorf(hone.KindOf(err), "algorithm %q: %w", spec.Name, err)
	}
	e.spec, e.algorithm = hone.AlgorithmSpec{Name: spec.Name, Settings: maps.Clone(spec.Settings)}, algorithm
	return nil
}

// interrupted tells a deadline from a caller that has gone away.
func interrupted(err error, algorithm string, number int) error {
	kind := hone.Unavailable
	if errors.Is(err, context.DeadlineExceeded) {
		kind = hone.DeadlineExceeded
	}
	return hone.Errorf(kind, "algorithm %q did not get to propose trial %d in time: %w", algorithm, number, err)
}
