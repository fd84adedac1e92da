package memory

import (
	"context"
	"sync"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/storage/codec"
)

// Store keeps experiments in memory. It is safe for concurrent use.
type Store struct {
	mu     sync.RWMutex
	byUID  map[string]*experiment
	byName map[hone.Name]*experiment
	tokens map[string][]byte // records by ID
	fence  int64             // the highest fencing token
	closed bool
}

// experiment is one experiment as records.
type experiment struct {
	name    hone.Name
	spec    []byte
	state   []byte
	events  [][]byte
	trials  [][]byte // by number, from 1
	sources map[source][][]byte
}

// source is who sent a list of batches.
type source struct {
	number, attempt int
	name            string
}

var _ hone.Store = (*Store)(nil)

// New makes an empty store.
func New() *Store {
	return &Store{byUID: map[string]*experiment{}, byName: map[hone.Name]*experiment{}, tokens: map[string][]byte{}}
}

// Close ends the store. What it remembered is gone.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	return nil
}

// ready says why the store cannot be used.
func (s *Store) ready(ctx context.Context) error {
	if s.closed {
		return hone.Errorf(hone.Unavailable, "the store is closed")
	}
	return ctx.Err()
}

// find looks an experiment up by its UID.
func (s *Store) find(ctx context.Context, uid string) (*experiment, error) {
	if err := s.ready(ctx); err != nil {
		return nil, err
	}
	x := s.byUID[uid]
	if x == nil {
		return nil, hone.Errorf(hone.NotFound, "there is no experiment with the UID %q", uid)
	}
	return x, nil
}

func (x *experiment) load() (hone.Experiment, error) {
	e, err := codec.DecodeExperiment(x.spec)
	if err != nil {
		return e, err
	}
	state, err := codec.DecodeState(x.state)
	return state.Of(e), err
}

// trial reads a trial; the zero Trial if there is none.
func (x *experiment) trial(number int) (hone.Trial, error) {
	if !x.has(number) {
		return hone.Trial{}, nil
	}
	return codec.DecodeTrial(x.trials[number-1], x.name.Name)
}

func (x *experiment) has(number int) bool { return number >= 1 && number <= len(x.trials) }
