package bolt

import (
	"context"
	"errors"
	"os"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/go-hclog"
	"go.etcd.io/bbolt"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/storage/codec"
)

// Store keeps experiments in one file. It is safe for concurrent use: readers wait for nobody, writers
// share transactions.
type Store struct {
	path string
	log  hclog.Logger
	db   *bbolt.DB
	file *os.File

	// folded holds experiments as the last transaction left them. Only the writer whose turn it is may
	// touch it.
	folded map[slot]hone.Experiment

	token atomic.Int64 // by which this process owns the store; 0 for none

	mu      sync.Mutex
	queue   []*operation
	busy    bool // a writer has the turn
	closed  bool
	broken  error                    // why nothing can be written any more
	specs   map[slot]hone.Experiment // what never changes of experiments, as read
	working sync.WaitGroup           // writers, and the sweeper
	sweeps  bool                     // the sweeper is at work
	unswept bool                     // something was deleted since it last looked
}

var _ hone.Store = (*Store)(nil)

// cacheLimit is how many experiments are kept in memory, for speed only.
const cacheLimit = 256

// remember puts an experiment into a cache, in the place of any other when it is full.
func remember(cache map[slot]hone.Experiment, at slot, e hone.Experiment) {
	if _, ok := cache[at]; !ok && len(cache) >= cacheLimit {
		for other := range cache {
			delete(cache, other)
			break
		}
	}
	cache[at] = e
}

// Close waits for the writers that have begun and closes the file. Closing again does nothing.
func (s *Store) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.mu.Unlock()
	s.working.Wait()
	if s.broken != nil && errors.Is(s.broken, errStuck) {
		return explain(s.path, s.file.Close()) // a transaction of bbolt still holds its locks
	}
	return explain(s.path, protect(s.path, s.db.Close))
}

// read runs f in a transaction that sees one state of the store.
func (s *Store) read(ctx context.Context, f func(tx *bbolt.Tx) error) error {
	if err := alive(ctx); err != nil {
		return err
	}
	return explain(s.path, protect(s.path, func() error { return s.db.View(f) }))
}

// alive says that a context has ended, with the kind of error that it is.
func alive(ctx context.Context) error {
	switch err := ctx.Err(); {
	case errors.Is(err, context.DeadlineExceeded):
		return hone.Errorf(hone.DeadlineExceeded, "the store was not asked in time: %w", err)
	default:
		return err
	}
}

// owner is an experiment as its UID finds it.
type owner struct {
	slot
	name string
}

// find looks an experiment up by its UID.
func find(tx *bbolt.Tx, uid string) (owner, error) {
	if uid == "" {
		return owner{}, hone.Errorf(hone.NotFound, "there is no experiment without a UID")
	}
	value := uidBucket.in(tx).Get([]byte(uid))
	if len(value) < 4 {
		return owner{}, hone.Errorf(hone.NotFound, "there is no experiment with the UID %q", uid)
	}
	return owner{slot: slotOf(value), name: string(value[4:])}, nil
}

// load reads an experiment.
func (s *Store) load(tx *bbolt.Tx, at slot) (hone.Experiment, error) {
	state, err := codec.DecodeState(stateBucket.in(tx).Get(at.key()))
	if err != nil {
		return hone.Experiment{}, err
	}
	e, err := s.spec(tx, at)
	return codec.CloneExperiment(state.Of(e)), err
}

// spec reads what never changes of an experiment. The result is shared and must not be changed.
func (s *Store) spec(tx *bbolt.Tx, at slot) (hone.Experiment, error) {
	s.mu.Lock()
	e, ok := s.specs[at]
	s.mu.Unlock()
	if ok {
		return e, nil
	}
	e, err := codec.DecodeExperiment(specBucket.in(tx).Get(at.key()))
	if err != nil {
		return e, err
	}
	s.mu.Lock()
	remember(s.specs, at, e)
	s.mu.Unlock()
	return e, nil
}
