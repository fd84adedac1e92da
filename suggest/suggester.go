package suggest

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

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

	spec       hone.AlgorithmSpec
	algorithm  hone.Algorithm // nil until it is made
	introduced introduced     // the algorithm, if it wants to know of the experiment
	index      points.Index

	about atomic.Pointer[hone.Experiment]
}

// introduced is an algorithm that wants to know of which experiment it is asked: what it is called, where its
// file lies. It is told before it is asked for the first time, and when the experiment was edited.
type introduced interface{ Introduce(e hone.Experiment) }

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

// Introduce tells of an experiment, for algorithms that want to know more of it than stands in a request.
func (s *Suggester) Introduce(e hone.Experiment) { s.session(e.UID).about.Store(&e) }

// Check implements hone.Checker: it says what is wrong with the settings of an experiment's algorithm that
// only the algorithm itself can tell. An error of kind InvalidArgument refuses the experiment; any other says
// that it could not be found out.
func (s *Suggester) Check(ctx context.Context, e hone.Experiment) error {
	algorithm, err := s.make(e.Spec.WithDefaults().Algorithm)
	if err != nil {
		return err
	}
	if checker, ok := algorithm.(hone.Checker); ok {
		return checker.Check(ctx, e)
	}
	return nil
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
	if e.algorithm == nil || e.spec.Name != spec.Name || !maps.Equal(e.spec.Settings, spec.Settings) {
		algorithm, err := s.make(spec)
		if err != nil {
			return err
		}
		e.spec, e.algorithm = hone.AlgorithmSpec{Name: spec.Name, Settings: maps.Clone(spec.Settings)}, algorithm
		e.introduced, _ = algorithm.(introduced)
	}
	if about := e.about.Load(); e.introduced != nil && about != nil {
		e.introduced.Introduce(*about)
	}
	return nil
}

func (s *Suggester) make(spec hone.AlgorithmSpec) (hone.Algorithm, error) {
	factory, known := s.factories[spec.Name]
	if !known {
		return nil, hone.Errorf(hone.InvalidArgument, "there is no algorithm %q; there are %s", spec.Name,
			strings.Join(slices.Sorted(maps.Keys(s.factories)), ", "))
	}
	algorithm, err := factory(spec.Settings)
	if err != nil {
		return nil, hone.Errorf(hone.KindOf(err), "algorithm %q: %w", spec.Name, err)
	}
	return algorithm, nil
}

// interrupted tells a deadline from a caller that has gone away.
func interrupted(err error, algorithm string, number int) error {
	kind := hone.Unavailable
	if errors.Is(err, context.DeadlineExceeded) {
		kind = hone.DeadlineExceeded
	}
	return hone.Errorf(kind, "algorithm %q did not get to propose trial %d in time: %w", algorithm, number, err)
}
