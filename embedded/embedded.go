package embedded

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/hashicorp/go-hclog"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/collector"
	"github.com/hone-tuner/hone/controller"
	"github.com/hone-tuner/hone/internal/datadir"
	"github.com/hone-tuner/hone/spec"
	"github.com/hone-tuner/hone/storage/bolt"
	"github.com/hone-tuner/hone/storage/memory"
	"github.com/hone-tuner/hone/suggest/remote"
)

// Options are what a service works with. The zero value will do.
type Options struct {
	// Logger hears what goes wrong; nil for nobody.
	Logger hclog.Logger
	// Clock tells the time; nil means time.Now.
	Clock hone.Clock
	// NewUID makes the identity of an experiment; nil for random ones.
	NewUID func() string
	// NewSeed draws the seed of an experiment that names none; nil for random ones.
	NewSeed func() uint64
}

// Service is Hone in this process. It is safe for concurrent use and must be closed.
type Service struct {
	*controller.Controller
	store    hone.Store
	services *remote.Services
	lock     *os.File // nil in memory
	closing  sync.Once
	closed   error
}

var _ hone.Service = (*Service)(nil)

// Open makes a service that keeps everything in a data directory, or in memory with "". The directory is made
// where there is none. Trials that an earlier program had begun there and not ended are handed out again.
// A directory that another process owns is refused with an error of kind Unavailable.
func Open(dir string, o Options) (*Service, error) {
	o = o.withDefaults()
	s := &Service{}
	if err := s.open(dir, o); err != nil {
		return nil, errors.Join(err, s.release())
	}
	s.services = remote.New(remote.Options{Logger: o.Logger})
	catalog := Catalog()
	s.Controller = controller.New(controller.Options{
		Store: s.store, Suggester: NewSuggester(s.services, o.Logger), Runner: functions{}, Collector: collector.New(collector.Options{}),
		Decoder: spec.New(catalog), Catalog: catalog, Clock: o.Clock, NewUID: o.NewUID, NewSeed: o.NewSeed, Service: true, Logger: o.Logger,
	})
	return s, nil
}

// Close ends the service. Everything that was acknowledged is kept, and trials that run are handed out again
// when the directory is opened again. Closing again does nothing.
func (s *Service) Close() error {
	s.closing.Do(func() {
		s.Controller.Close()
		s.closed = errors.Join(s.services.Close(), s.release())
	})
	return s.closed
}

func (o Options) withDefaults() Options {
	if o.Logger == nil {
		o.Logger = hclog.NewNullLogger()
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.NewUID == nil {
		o.NewUID = uuid.NewString
	}
	if o.NewSeed == nil {
		o.NewSeed = NewSeed
	}
	return o
}

// open opens the store.
func (s *Service) open(dir string, o Options) error {
	if dir == "" {
		s.store = memory.New()
		return nil
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	if err := datadir.Make(dir); err != nil {
		return err
	}
	if s.lock, err = datadir.Take(dir, datadir.UntilDone); err != nil {
		return err
	}
	if s.lock == nil {
		return hone.Errorf(hone.Unavailable, "the data directory %s is in use by process %d: end that process, open another directory, or "+
			"be its client: client.New(client.Options{HTTP: client.Socket(%q)})", dir, datadir.Owner(dir).PID, filepath.Join(dir, datadir.SocketName))
	}
	store, err := bolt.Open(filepath.Join(dir, datadir.StoreName), bolt.Options{Logger: o.Logger})
	if err != nil {
		return err
	}
	s.store = store
	return s.takeBack(context.Background(), o.Clock)
}

func (s *Service) release() (err error) {
	if s.store != nil {
		err = s.store.Close()
	}
	if s.lock != nil {
		err = errors.Join(err, s.lock.Close())
	}
	return err
}

// takeBack takes back the trials of workers that can no longer be there: whoever owned the directory before has
// ended. Experiments whose lost trials are to fail are left to the leases.
func (s *Service) takeBack(ctx context.Context, clock hone.Clock) error {
	for f := (hone.ExperimentFilter{}); ; {
		page, err := s.store.Experiments(ctx, f)
		if err != nil {
			return err
		}
		for _, e := range page.Experiments {
			if !e.Spec.External() || e.Spec.OnLost == "fail" || e.Status.Counts.Running == 0 {
				continue
			}
			if err := s.takeBackOf(ctx, e, clock); err != nil {
				return err
			}
		}
		if f.Cursor = page.Cursor; f.Cursor == "" {
			return nil
		}
	}
}

func (s *Service) takeBackOf(ctx context.Context, e hone.Experiment, clock hone.Clock) error {
	running, err := s.store.Trials(ctx, e.UID, hone.TrialFilter{States: []hone.TrialState{hone.TrialRunning}})
	if err != nil {
		return err
	}
	events := make([]hone.Event, len(running))
	for i, t := range running {
		events[i] = hone.Event{Sequence: e.Status.Events + 1 + int64(i), Time: clock().UTC(), Type: hone.EventTrialRequeued, Trial: t.Number,
			Attempt: t.Attempt, Reason: hone.Lost, Message: "the program that ran it has ended"}
	}
	_, err = s.store.Record(ctx, e.UID, events...)
	return err
}

// NewSeed draws a seed that is short enough to be copied by hand.
func NewSeed() uint64 {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails
	return uint64(binary.LittleEndian.Uint32(b[:]))
}
