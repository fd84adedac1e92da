package local

import (
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
	r, err := readRecord(s.root, p)
	if err != nil {
		return hone.Exit{}, diskError(err, "the record of trial "+p.Trial+" cannot be read")
	}
	if exit, ok := r.ended(s.root, p, s.boot); ok {
		return exit, nil
	}
	now := time.Now().UTC()
	switch {
	case r.Intent == nil:
		return r.lost(lostRecord, now), nil
	case r.Intent.Boot != s.boot:
		return s.bury(p, r.lost(lostReboot, now)), nil
	}
	if !killLeftovers(r, mark{dir: s.trialsDir + "/" + p.trialDir(), attempt: p.Attempt}) {
		return hone.Exit{}, hone.Errorf(hone.Unavailable, "attempt %d of trial %s was left without a supervisor, and its processes cannot be killed; they may wait for a disk or network that does not answer", p.Attempt, p.Trial)
	}
	return s.bury(p, r.lost(lostSupervisor, now)), nil
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
	for m := range abandoned() {
		rest, ok := strings.CutPrefix(m.dir, s.trialsDir+"/")
		p := place{Folder: filepath.Dir(rest), Trial: filepath.Base(rest), Attempt: m.attempt}
		if !ok || !p.valid() {
			continue
		}
		r, err := readRecord(s.root, p)
		if err != nil || r.Intent == nil || r.Death != nil {
			continue // not begun here, or ended: then it is no leftover, whatever it is
		}
		if _, err := s.judge(p); err != nil {
			s.logger.Warn("what a dead supervisor left cannot be cleared away", "error", err)
		}
	}
}
