package local

import (
	"errors"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	hone "github.com/hone-tuner/hone"
)

// termination is the signal that asks a program to end.
const termination = syscall.SIGTERM

// terminate asks a program to end and sees to it that it does. The shortest grace of several counts. s.mu is
// held.
func (s *supervisor) terminate(a *attempt, grace time.Duration) {
	at := time.Now().Add(grace)
	if !a.told && a.pid != 0 {
		signalGroup(a.pid, a.reaped, termination)
	}
	if a.told && !at.Before(a.hard) {
		return
	}
	a.told, a.hard, a.ending.grace = true, at, grace
	if a.killer != nil {
		a.killer.Stop()
	}
	a.killer = time.AfterFunc(grace, func() { s.kill(a) })
}

// kill ends a program that was asked in vain.
func (s *supervisor) kill(a *attempt) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.live[a.id] != a || a.pid == 0 {
		return
	}
	a.ending.killed = a.ending.killed || !a.reaped
	signalGroup(a.pid, a.reaped, syscall.SIGKILL)
}

func (s *supervisor) timeOut(a *attempt) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a.reaped || a.told {
		return
	}
	a.ending.timedOut = true
	s.terminate(a, a.grace)
}

// reap takes note of every child that ends: the leaders of trials, and whatever else became ours.
func (s *supervisor) reap() {
	for {
		c, err := awaitChild()
		if err != nil { // there is none
			select {
			case <-s.forked:
				continue
			case <-s.leaving:
				return
			}
		}
		a := s.leader(c.pid)
		if a == nil { // it may have been quicker than the one who started it
			s.forking.Lock()
			s.forking.Unlock() //nolint:staticcheck // only to have waited
			a = s.leader(c.pid)
		}
		s.mu.Lock()
		err = c.reap()
		if a != nil {
			a.reaped = true
			delete(s.leaders, c.pid)
		}
		s.mu.Unlock()
		if a != nil {
			s.leaderEnded(a, c.status)
		}
		if err != nil {
			s.logger.Error("a child that had ended could not be reaped", "process", c.pid, "error", err)
		}
	}
}

func (s *supervisor) leader(pid int) *attempt {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.leaders[pid]
}

// leaderEnded goes on with an attempt whose first process has ended.
func (s *supervisor) leaderEnded(a *attempt, status syscall.WaitStatus) {
	now := time.Now().UTC()
	s.mu.Lock()
	if a.deadline != nil {
		a.deadline.Stop()
	}
	facts := a.ending
	s.mu.Unlock()
	facts.end = now
	if !facts.killed && (status.Signaled() && status.Signal() == syscall.SIGKILL || status.ExitStatus() == shellSignal+int(syscall.SIGKILL)) {
		facts.memory = s.memory.rose(now)
	}
	exit := facts.exit(status)
	left := groupLeft(a.pid)
	if left {
		signalGroup(a.pid, true, termination)
	}
	if left || s.sweeper.due(now) {
		go s.linger(a, exit)
		return
	}
	s.sweepLater()
	s.finish(a, exit)
}

// linger waits for what a trial left behind, with more and more emphasis, and then finishes the attempt.
func (s *supervisor) linger(a *attempt, exit hone.Exit) {
	begin, own := time.Now(), a.mark(s.trialsDir)
	told := map[int]bool{}
	for wait := time.Millisecond; ; wait = min(2*wait, 50*time.Millisecond) {
		s.mu.Lock()
		hard := a.ending.killed || a.told && !time.Now().Before(a.hard)
		s.mu.Unlock()
		hard = hard || time.Since(begin) > min(leftoverGrace, a.grace)
		group := groupLeft(a.pid)
		if group && hard {
			signalGroup(a.pid, true, syscall.SIGKILL)
		}
		strays := s.signalStrays(func(m mark) bool { return m == own }, told, hard)
		if !group && strays == 0 {
			break
		}
		if time.Since(begin) > leftoverGrace+leftoverLimit {
			s.logger.Warn("processes of a trial that has ended cannot be killed", "attempt", a.id, "group", a.pid, "strays", strays)
			break
		}
		time.Sleep(wait)
	}
	s.sweepLater() // one look could miss a process that is just being replaced by a program
	s.finish(a, exit)
}

// finish records the end of an attempt and tells it.
func (s *supervisor) finish(a *attempt, exit hone.Exit) {
	s.save(a, exit)
	s.mu.Lock()
	alone := len(s.clients) == 0
	s.mu.Unlock()
	if alone { // nobody will note the end soon
		a.sync()
	}
	a.close()
	s.mu.Lock()
	defer s.mu.Unlock()
	a.stopTimers()
	delete(s.live, a.id)
	for l := range s.clients {
		_ = l.send(answer{Op: opExit, ID: a.id, Exit: &exit}, nil) // its loop notices when it has gone
	}
	s.leaveIfDone()
}

// save writes the end of an attempt into its record.
func (s *supervisor) save(a *attempt, exit hone.Exit) {
	d := death{Exit: exit, Boot: s.boot, Sizes: a.sizes()}
	err := (record{Death: &d}).add(&a.log)
	if err == nil && !s.inPlace(a) {
		a.record.Death = &d
		err = s.restore(a)
	}
	if err != nil {
		s.logger.Error("the end of an attempt could not be recorded yet", "attempt", a.id, "error", err)
		s.mu.Lock()
		s.unsaved[a.id] = unsaved{place: a.place, death: d, from: a.from}
		s.mu.Unlock()
	}
}

// inPlace reports whether the record of an attempt is still where it is looked for: its trial may have
// removed its folder, or closed it.
func (s *supervisor) inPlace(a *attempt) bool {
	var own, found unix.Stat_t
	err := retry(func() error {
		return unix.Fstatat(int(s.trials.Fd()), a.place.attemptDir()+"/"+recordName, &found, unix.AT_SYMLINK_NOFOLLOW)
	})
	return err == nil && unix.Fstat(a.log.fd, &own) == nil && own.Ino == found.Ino && own.Dev == found.Dev
}

// restore puts the record of an attempt back into its place.
func (s *supervisor) restore(a *attempt) error {
	s.openUp(a.place)
	if s.inPlace(a) {
		return nil
	}
	if err := s.root.MkdirAll(a.place.attemptDir(), 0o700); err != nil {
		return err
	}
	name := a.place.attemptDir() + "/" + recordName
	_ = s.root.Remove(name) // whatever it is, it is not the record
	f, err := s.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(a.record.add(f), f.Close())
}

// remembered is the end of an attempt that only this supervisor knows; nil if there is none.
func (s *supervisor) remembered(a *attempt) *hone.Exit {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u, ok := s.unsaved[a.id]; ok {
		a.from = u.from
		return &u.death.Exit
	}
	return nil
}

// exhausted reports whether a process could not be started for want of something that comes back.
func exhausted(err error) bool {
	return errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.ENOMEM) ||
		errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}
