package local

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
	"golang.org/x/sys/unix"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/unixsock"
)

// firstClient is how long a supervisor waits for the one that started it.
const firstClient = 10 * time.Second

// supervisor starts trials and watches them.
type supervisor struct {
	logger    hclog.Logger
	trialsDir string
	root      *os.Root // of trialsDir
	trials    *os.File // the same
	boot      string
	null      *os.File
	spawner   *spawner
	finder    finder
	memory    memoryWatch
	sweeper   sweeper
	strangers map[mark]bool // what was there before, of attempts that have no record
	leaving   chan struct{} // closed when there is nothing to do any more

	forking sync.RWMutex  // held for reading from before a fork until the child is in leaders
	forked  chan struct{} // wakes the reaper
	settle  sync.Mutex    // held while something is decided about an attempt that does not run

	mu      sync.Mutex
	live    map[hone.AttemptID]*attempt
	leaders map[int]*attempt
	unsaved map[hone.AttemptID]unsaved
	clients map[*link]struct{}
	awaited bool // somebody will still come
	ending  bool // no more starts
	left    bool // leaving is closed
}

// unsaved is an exit that could not be written, for want of space or of a folder.
type unsaved struct {
	place place
	death death
	from  origin
}

// Supervise is the main loop of the supervisor process of a data directory. It returns when nothing runs
// and nobody is connected any more; when ctx ends, it first ends the trials that run. It must be the only
// thing that its process does, for it reaps every child and kills those that trials leave behind. Where there
// is a supervisor already, the error is of kind Unavailable.
func Supervise(ctx context.Context, dataDir string, logger hclog.Logger) error {
	report := takeReport()
	closeInherited(report.fd())
	debug.SetGCPercent(400) // there is little to keep, so memory is cheaper than collecting it often
	s, l, unlock, err := openSupervisor(dataDir, logger)
	report.send(err)
	if err != nil {
		return err
	}
	logger.Debug("the supervisor begins", "process", os.Getpid(), "protocol", protocol)
	s.run(ctx, l)
	unlock()
	logger.Debug("the supervisor leaves", "process", os.Getpid())
	return nil
}

var errBusy = hone.Errorf(hone.Unavailable, "another supervisor has this data directory")

// openSupervisor takes the data directory. unlock tells the next one that nothing was left behind.
func openSupervisor(dataDir string, logger hclog.Logger) (s *supervisor, l net.Listener, unlock func(), err error) {
	_, missing := os.Lstat(filepath.Join(dataDir, lockName))
	lock, err := os.OpenFile(filepath.Join(dataDir, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, nil, nil, diskError(err, "the supervisor cannot begin")
	}
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = lock.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, nil, nil, errBusy
		}
		return nil, nil, nil, diskError(err, "the supervisor cannot lock its data directory")
	}
	s, err = newSupervisor(dataDir, logger)
	if err != nil {
		return nil, nil, nil, err
	}
	before := make([]byte, 16)
	n, _ := lock.ReadAt(before, 0)
	if n > 0 || missing != nil { // the last one died, or everything was removed, and who knows by whom
		s.clearAbandoned()
	}
	if _, err := lock.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0); err != nil {
		return nil, nil, nil, diskError(err, "the supervisor cannot write its lock")
	}
	l, err = unixsock.Listen(filepath.Join(dataDir, socketName))
	if err != nil {
		return nil, nil, nil, diskError(err, "the supervisor cannot open its socket")
	}
	return s, l, func() { _ = lock.Truncate(0) }, nil
}

func newSupervisor(dataDir string, logger hclog.Logger) (*supervisor, error) {
	dir := filepath.Join(dataDir, trialsName)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, diskError(err, "the folder of the trials cannot be made")
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, diskError(err, "the folder of the trials cannot be opened")
	}
	trials, err := root.Open(".")
	if err != nil {
		return nil, diskError(err, "the folder of the trials cannot be opened")
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		return nil, diskError(err, "the supervisor cannot begin")
	}
	if err := adoptOrphans(); err != nil {
		logger.Warn("children that leave the group of their trial cannot be followed", "error", err)
	}
	return &supervisor{
		logger: logger, trialsDir: dir, root: root, trials: trials, boot: bootID(), null: null, spawner: newSpawner(),
		leaving: make(chan struct{}), forked: make(chan struct{}, 1), awaited: true,
		live: map[hone.AttemptID]*attempt{}, leaders: map[int]*attempt{},
		strangers: map[mark]bool{}, unsaved: map[hone.AttemptID]unsaved{}, clients: map[*link]struct{}{},
	}, nil
}

func (s *supervisor) run(ctx context.Context, l net.Listener) {
	go s.reap()
	go s.accept(l)
	first := time.AfterFunc(firstClient, s.stopAwaiting)
	defer first.Stop()
	select {
	case <-s.leaving:
	case <-ctx.Done():
		s.shutDown()
		<-s.leaving
	}
	_ = l.Close() // from now on whoever comes finds nobody and starts the next one
	s.killChildren()
	s.saveUnsaved()
}

// stopAwaiting is called when nobody has come.
func (s *supervisor) stopAwaiting() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.awaited = false
	s.leaveIfDone()
}

// leaveIfDone leaves when nothing runs and nobody is there to start anything. s.mu is held.
func (s *supervisor) leaveIfDone() {
	needed := !s.ending && (len(s.clients) > 0 || s.awaited)
	if !s.left && !needed && len(s.live) == 0 {
		s.left = true
		close(s.leaving)
	}
}

// shutDown ends every trial, because the supervisor was told to end.
func (s *supervisor) shutDown() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.logger.Info("the supervisor was told to end; its trials end with it", "trials", len(s.live))
	s.ending = true
	for _, a := range s.live {
		a.ending.shutdown = true
		s.terminate(a, a.grace)
	}
	s.leaveIfDone()
}

// saveUnsaved tries once more to record the ends for which there was no space.
func (s *supervisor) saveUnsaved() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, u := range s.unsaved {
		if err := s.appendRecord(u.place, record{Death: &u.death}); err != nil {
			s.logger.Error("the end of an attempt could not be recorded, it will count as lost", "attempt", id, "error", err)
		}
	}
}

func (s *supervisor) appendRecord(p place, r record) error {
	f, err := s.root.OpenFile(p.attemptDir()+"/"+recordName, os.O_WRONLY|os.O_APPEND|syscall.O_NONBLOCK, 0)
	if err != nil {
		return err
	}
	return errors.Join(r.add(f), f.Close())
}
