package local

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	hone "github.com/hone-tuner/hone"
)

// start starts an attempt, or adopts it.
func (s *supervisor) start(req request, texts []string) answer {
	p := req.Program
	if p == nil || p.Args < 1 || len(texts) < 1+p.Args {
		return failure(hone.Errorf(hone.InvalidArgument, "a start without a program"))
	}
	a, fresh, err := s.enlist(req)
	if err != nil {
		return failure(err)
	}
	if fresh {
		s.begin(a, p, texts)
	}
	return s.standing(a)
}

// enlist enters an attempt among the live ones, or finds it there. The devices are taken here, at once with
// the entry.
func (s *supervisor) enlist(req request) (a *attempt, fresh bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.live[req.ID]; a != nil {
		return a, false, nil
	}
	if s.left || s.ending {
		return nil, false, hone.Errorf(hone.Unavailable, "the supervisor is about to end")
	}
	used := map[string]bool{}
	for id, other := range s.live {
		if id.UID == req.ID.UID && id.Number == req.ID.Number {
			return nil, false, hone.Errorf(hone.Conflict, "attempt %d of trial %s still runs: attempt %d must wait for its end", id.Attempt, req.Place.Trial, req.ID.Attempt)
		}
		for _, d := range other.gpus {
			used[d] = true
		}
	}
	gpus, ok := pickDevices(req.Program.Devices, used, req.Program.GPUs)
	if !ok {
		return nil, false, hone.Errorf(hone.ResourceExhausted, "trial %s needs %d GPUs, and of the %d there are only %d are free", req.Place.Trial, req.Program.GPUs, len(req.Program.Devices), len(gpus))
	}
	a = &attempt{id: req.ID, place: req.Place, grace: req.Grace, gpus: gpus, begun: make(chan struct{})}
	s.live[req.ID] = a
	return a, true, nil
}

// begin starts an attempt that was enlisted and says in it what became of that.
func (s *supervisor) begin(a *attempt, p *program, texts []string) {
	past, err := s.launch(a, p, texts)
	a.past, a.failed = past, err
	if err == nil && past == nil {
		close(a.begun)
		return
	}
	a.close()
	s.mu.Lock()
	delete(s.live, a.id)
	s.leaveIfDone()
	s.mu.Unlock()
	close(a.begun)
}

// launch takes an attempt from its folder to its process. It returns an exit if there is nothing to run:
// the attempt was started before, or its program cannot be.
func (s *supervisor) launch(a *attempt, p *program, texts []string) (*hone.Exit, error) {
	if exit := s.remembered(a); exit != nil {
		return exit, nil
	}
	if a.place.Attempt > 1 {
		if err := s.clearEarlier(a.place); err != nil {
			return nil, err
		}
	}
	folder, made, err := enterAttempt(s.trials, a.place)
	if errors.Is(err, fs.ErrPermission) {
		s.openUp(a.place)
		folder, made, err = enterAttempt(s.trials, a.place)
	}
	if err != nil {
		return nil, diskError(err, "the folder of trial "+a.place.Trial+" cannot be made")
	}
	defer func() { _ = unix.Close(folder) }()
	if !made {
		if past, err := s.recall(a); past != nil || err != nil {
			return past, err
		}
	}
	before, err := s.clearStrangers(a.place)
	if err != nil {
		return nil, err
	}
	if beforeBoot(p.Since) {
		exit := record{}.lost(lostReboot, time.Now().UTC())
		return &exit, nil
	}
	if err := openFiles(a, folder); err != nil {
		return nil, diskError(err, "the files of trial "+a.place.Trial+" cannot be made")
	}
	if p.File != "" {
		a.from = originOf(p.File)
	}
	a.record.Intent = &intent{Version: recordVersion, ID: a.id, Boot: s.boot, Start: time.Now().UTC(),
		Clock: int64(bootClock()), File: p.File, origin: a.from, GPUs: a.gpus}
	if err := (record{Intent: a.record.Intent}).add(&a.log); err != nil {
		return nil, diskError(err, "trial "+a.place.Trial+" cannot be recorded, so it was not started")
	}
	if before {
		exit := a.record.lost(lostFolder, time.Now().UTC())
		s.save(a, exit)
		return &exit, nil
	}
	return s.fork(a, p, texts)
}

// recall finds out what became of an attempt whose folder was there already. It returns nothing if its intent
// was never written: then it was never started.
func (s *supervisor) recall(a *attempt) (*hone.Exit, error) {
	r, err := s.read(a.place)
	if err != nil {
		return nil, err
	}
	if r == (record{}) {
		for _, name := range []string{stdoutName, stderrName, recordName} {
			_ = s.root.Remove(a.place.attemptDir() + "/" + name) // what is in the way shows when it is made
		}
		return nil, nil
	}
	if r.Intent != nil {
		a.from = r.Intent.origin
	}
	exit, err := s.judge(a.place)
	return &exit, err
}

// beforeBoot reports whether the machine has been started anew since a time. A start that was recorded
// then may have been followed by a process and a record which the disk has lost; both have gone.
func beforeBoot(since time.Time) bool {
	now := bootClock()
	return now > 0 && !since.IsZero() && time.Since(since) > now+time.Second
}

func openFiles(a *attempt, folder int) (err error) {
	if a.stdout, err = createAt(folder, stdoutName); err != nil {
		return err
	}
	if a.stderr, err = createAt(folder, stderrName); err != nil {
		return err
	}
	a.log, err = createAt(folder, recordName)
	return err
}

// fork starts the program of an attempt whose intent is written.
func (s *supervisor) fork(a *attempt, p *program, texts []string) (*hone.Exit, error) {
	dir, argv, env := texts[0], texts[1:1+p.Args], texts[1+p.Args:]
	if len(a.gpus) > 0 {
		env = slices.DeleteFunc(env, func(e string) bool { return strings.HasPrefix(e, deviceVariable+"=") })
		env = append(env, deviceVariable+"="+strings.Join(a.gpus, ","))
	}
	path, err := s.finder.find(argv[0], dir, env)
	if err != nil {
		return s.startFailed(a, err.Error()), nil
	}
	s.memory.mark(time.Now())
	s.forking.RLock()
	defer s.forking.RUnlock()
	child := s.spawner.spawn(path, argv, dir, env, s.null.Fd(), uintptr(a.stdout.fd), uintptr(a.stderr.fd))
	switch {
	case child.err != nil && exhausted(child.err):
		// The program may well be fine: nothing was started, and it can be tried again.
		_ = s.root.RemoveAll(a.place.attemptDir())
		return nil, hone.Errorf(hone.ResourceExhausted, "trial %s cannot be started: the system has no room for another process (%w)", a.place.Trial, child.err)
	case child.err != nil:
		return s.startFailed(a, whyNot(child.err, path, dir)), nil
	}
	// The reaper waits for forking, so the attempt cannot end before all of this is done.
	a.record.Birth = &birth{PID: child.pid, Clock: int64(bootClock())}
	if err := (record{Birth: a.record.Birth}).add(&a.log); err != nil {
		s.logger.Warn("the process of an attempt could not be recorded", "attempt", a.id, "error", err)
	}
	s.register(a, p, child)
	select {
	case s.forked <- struct{}{}:
	default:
	}
	return nil, nil
}

// register makes a process known. Whoever told the attempt to end before it had begun is obeyed now.
func (s *supervisor) register(a *attempt, p *program, child spawned) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a.pid = child.pid
	a.ending.start, a.ending.timeout = child.start.UTC(), p.Timeout
	s.leaders[a.pid] = a
	if p.Timeout > 0 {
		a.deadline = time.AfterFunc(p.Timeout, func() { s.timeOut(a) })
	}
	if a.told {
		signalGroup(a.pid, false, termination)
		a.killer.Reset(max(0, time.Until(a.hard)))
	}
}

// startFailed records that a program cannot be started.
func (s *supervisor) startFailed(a *attempt, message string) *hone.Exit {
	now := time.Now().UTC()
	exit := hone.Exit{Reason: hone.StartFailed, Message: message, Code: -1, Start: now, End: now}
	s.save(a, exit)
	return &exit
}
