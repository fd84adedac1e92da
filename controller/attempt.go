package controller

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/hone-tuner/hone"
)

// watcher keeps one goroutine for every attempt that runs.
type watcher struct {
	s       *session
	running map[int]bool // by trial number
	wg      sync.WaitGroup
	moved   bool
}

func (w *watcher) wait() { w.wg.Wait() }

// forget says that an attempt is over, and whether it had been started.
func (w *watcher) forget(number int, started bool) {
	delete(w.running, number)
	w.moved = w.moved || started
}

// progress reports whether any attempt came to its end since it was last asked.
func (w *watcher) progress() bool {
	moved := w.moved
	w.moved = false
	return moved
}

// attendAll begins to watch every running trial that is not watched yet: it starts the attempt, or adopts
// it if it was started before a restart. A process that does not run the experiment watches only what
// it has to stop.
func (s *session) attendAll(ctx context.Context, w *watcher) {
	if s.external {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for number, l := range s.live {
		mine := s.attached || s.exp.Status.Draining || s.mustStop(l)
		if l.State != hone.TrialRunning || w.running[number] || !mine {
			continue
		}
		w.running[number] = true
		a := &attempt{s: s, trial: l.Trial, fresh: l.fresh, curve: l.curve, sequences: map[string]int64{}}
		a.launch = s.launchOf(l.Trial)
		w.wg.Go(func() {
			f := a.attend(ctx)
			if ctx.Err() != nil {
				return // the process leaves; the next one adopts
			}
			s.mu.Lock()
			s.inbox = append(s.inbox, f)
			s.mu.Unlock()
			s.nudge()
		})
	}
}

// mustStop reports whether a running trial is to end before its time.
func (s *session) mustStop(l *liveTrial) bool {
	return l.Stopping != "" || s.exp.Status.State.Ended()
}

func (s *session) launchOf(t hone.Trial) hone.Launch {
	e := s.exp
	if s.launch.directory != "" {
		e.Directory = s.launch.directory
	}
	l := hone.Launch{Experiment: e, Trial: t, Environment: s.launch.environment, URL: s.c.PushURL()}
	if l.URL != "" {
		l.Token = s.c.TrialToken(s.uid, t.Number)
	}
	return l
}

// attempt is one attempt of a trial that is being watched.
type attempt struct {
	s         *session
	trial     hone.Trial
	fresh     bool // begun by this process
	launch    hone.Launch
	curve     *liveCurve
	sequences map[string]int64 // the newest batch of each source
	ended     chan struct{}    // closed when the attempt writes no more
	last      []hone.Batch     // what was read after that
}

// attend starts or adopts the attempt, collects what it emits, and waits for its end. An attempt of which
// nothing can be learned is asked for again, since it may be running: it must not be taken for ended.
func (a *attempt) attend(ctx context.Context) finished {
	f := finished{number: a.trial.Number, attempt: a.trial.Attempt}
	if f.unknown = a.curve.recall(ctx, a.s.c.Store, a.s.uid, a.trial.Number); f.unknown != nil {
		return f
	}
	var seen hone.Seen
	for b := (backoff{}); ; {
		emission, err := a.s.c.Runner.Start(ctx, a.launch)
		if err != nil && a.fresh && b.tries == 0 && refused(err) {
			f.notStarted = err
			return f
		}
		if err == nil {
			a.started(ctx)
			f.exit, seen, err = a.follow(ctx, emission)
		}
		switch {
		case err == nil:
			f.last = a.last
			f.obs = hone.Observe(a.s.objective, a.curve.readings())
			f.clues = lookFor(seen, f.exit, f.obs)
			return f
		case ctx.Err() != nil:
			return f
		case b.exceeded():
			f.unknown = err
			return f
		}
		a.s.c.Logger.Warn("lost sight of a trial; asking again", "trial", a.trial.Name(), "error", err)
		sleep(ctx, b.next())
	}
}

// refused reports whether an error of Runner.Start proves that nothing was started.
func refused(err error) bool {
	switch hone.KindOf(err) {
	case hone.ResourceExhausted, hone.PermissionDenied, hone.InvalidArgument, hone.Unimplemented:
		return true
	}
	return false
}

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// started notes that the runner has the attempt, and stops it if that was asked for in the meantime.
func (a *attempt) started(ctx context.Context) {
	a.s.mu.Lock()
	l, ok := a.s.live[a.trial.Number]
	stop := ok && a.s.mustStop(l)
	if ok {
		l.started = true
	}
	grace := a.s.grace()
	a.s.mu.Unlock()
	if stop {
		if err := a.s.c.Runner.Stop(ctx, a.launch.ID(), grace); err != nil {
			a.s.c.Logger.Error("could not stop a trial", "trial", a.trial.Name(), "error", err)
		}
	}
}

// follow collects from a started attempt until it has ended.
func (a *attempt) follow(ctx context.Context, emission hone.Emission) (hone.Exit, hone.Seen, error) {
	var seen hone.Seen
	a.ended = make(chan struct{})
	collected := make(chan error, 1)
	go func() {
		var err error
		seen, err = a.collect(ctx, emission, a.ended)
		collected <- err
	}()
	exit, err := a.s.c.Runner.Wait(ctx, a.launch.ID())
	close(a.ended)
	if failure := <-collected; failure != nil && err == nil {
		err = failure
	}
	if err != nil {
		err = errors.Join(err, a.flush(ctx)) // it will be followed anew, from what is stored
	}
	return exit, seen, err
}

func (a *attempt) collect(ctx context.Context, emission hone.Emission, ended <-chan struct{}) (hone.Seen, error) {
	spec := a.launch.Experiment.Spec
	return a.s.c.Collector.Collect(ctx, hone.Collection{
		Spec: spec.Metrics, Objective: spec.Objective.Metric, Emission: emission,
		Resume: func(source string) []byte {
			sequence, cursor, err := a.s.c.Store.Cursor(ctx, a.s.uid, a.trial.Number, a.trial.Attempt, collected+source)
			if err != nil {
				a.s.c.Logger.Error("could not read where collecting stopped", "trial", a.trial.Name(), "error", err)
			}
			a.sequences[source] = sequence
			return cursor
		},
	}, ended, a.sink)
}

// collected marks the sources of the collector, so that what a trial pushes cannot collide with them.
const collected = ":"

// keepLast is how many batches wait for the end of their attempt to be recorded.
const keepLast = 4

// sink stores readings and looks at them. The last ones of an attempt that has ended are kept to be
// recorded with its end, which costs one transaction less.
func (a *attempt) sink(ctx context.Context, source string, cursor []byte, ms []hone.Measurement) error {
	b := hone.Batch{Number: a.trial.Number, Attempt: a.trial.Attempt, Source: collected + source,
		Sequence: a.sequences[source] + 1, Cursor: cursor, Received: a.s.c.now(), Measurements: ms}
	select {
	case <-a.ended:
		if len(a.last) < keepLast {
			a.last = append(a.last, b)
			a.sequences[source]++
			a.curve.take(b)
			return nil
		}
	default:
	}
	if err := a.flush(ctx); err != nil {
		return err
	}
	if err := a.curve.store(ctx, a.s.c.queue, a.s.uid, b); err != nil {
		return err
	}
	a.sequences[source]++
	return a.s.judge(ctx, a.trial.Number, a.trial.Attempt, a.curve)
}

// flush stores the batches that were kept, when there turn out to be many.
func (a *attempt) flush(ctx context.Context) error {
	for len(a.last) > 0 {
		if _, err := a.s.c.Store.Append(ctx, a.s.uid, a.last[0]); err != nil {
			return err
		}
		a.last = a.last[1:]
	}
	return nil
}

// judge ends a running trial that the early stopping rule gives up.
func (s *session) judge(ctx context.Context, number, attempt int, curve *liveCurve) error {
	s.stopMu.Lock()
	if s.stopper == nil {
		s.stopMu.Unlock()
		return nil
	}
	verdict := s.stopper.Judge(curve.objective(s.objective.Metric))
	s.stopMu.Unlock()
	if !verdict.Stop {
		return nil
	}
	err := s.askToStop(ctx, number, attempt, hone.StoppedEarly, verdict.Why)
	if hone.KindOf(err) == hone.Conflict {
		return nil // it has ended, or is being stopped already
	}
	return err
}

// askToStop records why a running trial is to end, and sends the signal.
func (s *session) askToStop(ctx context.Context, number, attempt int, reason hone.Reason, why string) error {
	s.mu.Lock()
	err := s.record(ctx, hone.Event{Type: hone.EventTrialStopping, Trial: number, Attempt: attempt, Reason: reason, Message: why})
	s.mu.Unlock()
	if err != nil {
		return err
	}
	return s.stopAttempt(ctx, number)
}
