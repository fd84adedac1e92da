package local

import (
	"os"
	"sync"
	"syscall"
	"time"
)

// Children that left the group of their trial become the supervisor's when their parent ends. To find them
// the processes of the machine have to be looked through, which is too much for every end of a trial that
// takes a millisecond: it is done at most once a second, and seldom enough to cost two percent.

// sweeper says when it is time to look.
type sweeper struct {
	mu      sync.Mutex
	last    time.Time
	cost    time.Duration
	waiting bool // sweepLater has been called
}

const (
	sweepEvery = time.Second
	sweepShare = 50
)

// due reports whether it is time, and if so, that somebody does it now.
func (w *sweeper) due(now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if now.Sub(w.last) < max(sweepEvery, sweepShare*w.cost) {
		return false
	}
	w.last = now
	return true
}

func (w *sweeper) took(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cost = d
}

// sweepLater looks for the strays of all attempts that have ended, in a while.
func (s *supervisor) sweepLater() {
	w := &s.sweeper
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.waiting {
		return
	}
	w.waiting = true
	time.AfterFunc(max(sweepEvery, sweepShare*w.cost), func() { s.sweep(map[int]bool{}, time.Now()) })
}

func (s *supervisor) sweep(told map[int]bool, begin time.Time) {
	ended := func(m mark) bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, a := range s.live {
			if a.mark(s.trialsDir) == m {
				return false
			}
		}
		return true
	}
	s.sweeper.mu.Lock()
	s.sweeper.waiting = false // who ends from now on has to be looked for again
	s.sweeper.mu.Unlock()
	if s.signalStrays(ended, told, time.Since(begin) > leftoverGrace) > 0 {
		time.AfterFunc(100*time.Millisecond, func() { s.sweep(told, begin) })
	}
}

// signalStrays asks the children of ours that bear a mark to end, once each, or kills them. It returns how
// many there are.
func (s *supervisor) signalStrays(match func(mark) bool, told map[int]bool, hard bool) (n int) {
	begin, self := time.Now(), os.Getpid()
	processes(func(p process) {
		if p.parent != self || s.leader(p.pid) != nil {
			return
		}
		if m, ok := readMark(p.pid); !ok || !match(m) {
			if told[p.pid] {
				n++ // it has lost its mark already, but is not gone yet
			}
			return
		}
		n++
		switch {
		case hard:
			s.signalChild(p.pid, syscall.SIGKILL)
		case !told[p.pid]:
			s.signalChild(p.pid, termination)
		}
		told[p.pid] = true
	})
	s.sweeper.took(time.Since(begin))
	return n
}

// signalChild signals a child of ours. Children are reaped under the mutex, so its number stays its own.
func (s *supervisor) signalChild(pid int, sig syscall.Signal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p, ok := readProcess(pid); ok && p.parent == os.Getpid() && s.leaders[pid] == nil {
		_ = syscall.Kill(pid, sig)
	}
}

// killChildren kills whatever is still a child of ours when the supervisor leaves: it can only come from
// trials, also if it hides its mark.
func (s *supervisor) killChildren() {
	for wait := time.Millisecond; hasChildren() && wait < time.Second; wait *= 2 {
		self := os.Getpid()
		processes(func(p process) {
			if p.parent == self {
				s.signalChild(p.pid, syscall.SIGKILL)
			}
		})
		time.Sleep(wait)
	}
}
