package local

import (
	"errors"
	"io/fs"
	"maps"
	"path/filepath"
	"strings"
	"time"

	hone "github.com/hone-tuner/hone"
)

// judge says how an attempt ended that does not run here. If its supervisor died before it, what is left of
// it is killed first, and the attempt is lost.
func (s *supervisor) judge(p place) (hone.Exit, error) {
	s.settle.Lock()
	defer s.settle.Unlock()
	r, err := s.read(p)
	if err != nil {
		return hone.Exit{}, err
	}
	if exit, ok := r.ended(s.root, p, s.boot); ok {
		return exit, nil
	}
	now := time.Now().UTC()
	switch {
	case r.Intent == nil:
		if _, err := s.clearStrangers(p); err != nil {
			return hone.Exit{}, err
		}
		return r.lost(lostRecord, now), nil
	case r.Intent.Boot != s.boot:
		return s.bury(p, r.lost(lostReboot, now)), nil
	}
	if !killLeftovers(r, mark{dir: s.trialsDir + "/" + p.trialDir(), attempt: p.Attempt}) {
		return hone.Exit{}, hone.Errorf(hone.Unavailable, "attempt %d of trial %s was left without a supervisor, and its processes cannot be killed; they may wait for a disk or network that does not answer", p.Attempt, p.Trial)
	}
	return s.bury(p, r.lost(lostSupervisor, now)), nil
}

// read reads the record of an attempt, also if its trial has closed its folder.
func (s *supervisor) read(p place) (record, error) {
	r, err := readRecord(s.root, p)
	if errors.Is(err, fs.ErrPermission) {
		s.openUp(p)
		r, err = readRecord(s.root, p)
	}
	if err != nil { // the attempt may have been started: no kind that says otherwise
		return r, hone.Errorf(hone.Unavailable, "the record of trial %s cannot be read: %w", p.Trial, err)
	}
	return r, nil
}

// openUp takes a folder back that a trial has closed to its own user.
func (s *supervisor) openUp(p place) {
	for _, path := range []string{p.trialDir(), p.trialDir() + "/" + ownName, p.attemptDir()} {
		_ = s.root.Chmod(path, 0o700) // what does not work shows when the folder is entered
	}
}

// clearStrangers kills what lives of a trial, up to this attempt, that was there before this supervisor and
// of which nothing is recorded: its trial has removed its own folder. It reports whether there was anything
// of this very attempt.
func (s *supervisor) clearStrangers(p place) (found bool, err error) {
	dir := s.trialsDir + "/" + p.trialDir()
	for m := range s.strangers {
		if m.dir != dir || m.attempt > p.Attempt {
			continue
		}
		found = found || m.attempt == p.Attempt
		if !killLeftovers(record{Intent: &intent{}}, m) {
			return found, hone.Errorf(hone.Unavailable, "processes of attempt %d of trial %s, whose folder has gone, cannot be killed", m.attempt, p.Trial)
		}
	}
	return found, nil
}

// bury writes into the record of an attempt that it is lost.
func (s *supervisor) bury(p place, exit hone.Exit) hone.Exit {
	if err := s.appendRecord(p, record{Death: &death{Exit: exit, Boot: s.boot}}); err != nil {
		s.logger.Warn("that an attempt is lost could not be recorded", "trial", p.Trial, "attempt", p.Attempt, "error", err)
	}
	return exit
}

// clearEarlier makes sure that nothing of the earlier attempts of a trial lives.
func (s *supervisor) clearEarlier(p place) error {
	earlier := p
	for earlier.Attempt = p.Attempt - 1; earlier.Attempt > 0; earlier.Attempt-- {
		if _, err := s.judge(earlier); err != nil {
			return err
		}
	}
	dir, told := s.trialsDir+"/"+p.trialDir(), map[int]bool{}
	for wait := time.Millisecond; wait < 4*time.Second; wait *= 2 {
		if s.signalStrays(func(m mark) bool { return m.dir == dir && m.attempt < p.Attempt }, told, true) == 0 {
			return nil
		}
		time.Sleep(wait)
	}
	return hone.Errorf(hone.Unavailable, "processes of an earlier attempt of trial %s cannot be killed", p.Trial)
}

// clearAbandoned ends what a supervisor left that did not leave by itself.
func (s *supervisor) clearAbandoned() {
	found := abandoned()
	maps.Copy(found, abandoned()) // one look could miss a process that is just being replaced by a program
	for m := range found {
		rest, ok := strings.CutPrefix(m.dir, s.trialsDir+"/")
		p := place{Folder: filepath.Dir(rest), Trial: filepath.Base(rest), Attempt: m.attempt}
		if !ok || !p.valid() {
			continue
		}
		r, err := s.read(p)
		if err == nil && r.Death != nil {
			continue // it is no leftover, whatever it is
		}
		if err != nil || r.Intent == nil {
			s.strangers[m] = true // killed when it would get in the way of an attempt
			continue
		}
		if _, err := s.judge(p); err != nil {
			s.logger.Warn("what a dead supervisor left cannot be cleared away", "error", err)
		}
	}
}
