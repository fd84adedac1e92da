package controller

import (
	"context"
	"time"

	"github.com/hone-tuner/hone"
)

// finished is the end of an attempt, for the loop to conclude.
type finished struct {
	number, attempt int
	outcome
	// last are readings that are recorded together with the end.
	last []hone.Batch
	// notStarted is why nothing could be started; the rest is empty then.
	notStarted error
	// unknown is why nothing can be said of the attempt, which may well be running.
	unknown error
}

// drive makes the experiment run, or, when it is not attached, makes what runs of it come to its end.
// A loop that is being interrupted is waited for first.
func (s *session) drive(ctx context.Context, attach bool, l launch) error {
	if s.c.Limits != (Limits{}) {
		if err := s.c.takeCensus(ctx); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if attach {
		if err := s.attach(ctx, l); err != nil {
			return err
		}
	}
	if s.loop == nil {
		s.begin()
	}
	s.serving.Store(s.external && s.attached && !s.interrupted)
	s.nudge()
	return nil
}

// attach records that this process runs the experiment. The lock is held, and given up while a loop is
// waited for that is being interrupted.
func (s *session) attach(ctx context.Context, l launch) error {
	for s.loop != nil && s.interrupted {
		over := s.loop
		s.mu.Unlock()
		select {
		case <-over:
		case <-ctx.Done():
			s.mu.Lock()
			return ctx.Err()
		}
		s.mu.Lock()
	}
	if err := s.gone(); err != nil {
		return err
	}
	if !l.own || s.launch.environment == nil {
		s.launch = l
	}
	if s.attached && !s.exp.Status.Seen.IsZero() {
		return nil
	}
	err := s.record(ctx, hone.Event{Type: hone.EventAttached})
	s.attached = s.attached || err == nil
	return err
}

// begin starts the loop. The lock is held.
func (s *session) begin() {
	s.inbox, s.failure, s.holdUntil, s.outage = nil, nil, time.Time{}, outage{}
	over := make(chan struct{})
	s.loop = over
	s.looping.Store(true)
	s.renewLeases()
	s.c.goLoop(s.external, func(ctx context.Context) error {
		err := s.run(ctx)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.gaveUp(context.WithoutCancel(ctx), err)
		if s.loop == over {
			s.endLoop(err)
		}
		if s.loop == nil {
			s.dropHistory()
		}
		return err
	})
}

// endLoop says that the loop has ended. The lock is held.
func (s *session) endLoop(err error) {
	s.c.places.release(s.uid)
	close(s.loop)
	s.loop, s.failure = nil, err
	s.looping.Store(false)
	s.serving.Store(false)
	s.turnAway(err)
	s.attached, s.interrupted = false, false
	close(s.changed) // whoever watches must learn of a failure
	s.changed = make(chan struct{})
}

// run is the loop of an experiment: it decides and applies until there is nothing left to do.
func (s *session) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	watch := &watcher{s: s, running: map[int]bool{}}
	defer watch.wait()
	mine := true // until the loop has said that it ends: then another one may have begun
	defer func() {
		if mine {
			s.hush()
		}
	}()
	defer cancel()
	timer := time.NewTimer(hone.HeartbeatInterval)
	defer timer.Stop()
	b, keep := backoff{}, &retainer{}
	for {
		next, err := s.step(ctx, watch)
		switch {
		case ctx.Err() != nil:
			return s.leave(context.WithoutCancel(ctx))
		case err != nil && (b.exceeded() && !s.c.Service || permanent(err)):
			return err
		case err != nil:
			next.wake = s.hold(b.next())
			s.c.Logger.Warn("trying again", "experiment", s.name, "error", err)
		case next.done:
			keep.look(ctx, s, true)
			s.hush()
			if over, err := s.leaveIfDone(ctx); over {
				mine = false
				return err
			}
			continue
		}
		keep.look(ctx, s, false)
		if watch.progress() {
			b = backoff{}
		}
		timer.Reset(s.untilNext(next.wake))
		select {
		case <-ctx.Done():
		case <-s.wake:
		case <-timer.C:
			s.heartbeat(ctx)
		}
	}
}

// hush gives up what is being asked, and waits until nobody asks any more.
func (s *session) hush() {
	s.unask()
	s.askers.Wait()
}

// hold starts nothing for a while.
func (s *session) hold(d time.Duration) time.Time {
	s.c.places.release(s.uid)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.holdUntil = s.c.now().Add(d)
	return s.holdUntil
}

// permanent reports whether trying again cannot help.
func permanent(err error) bool {
	switch hone.KindOf(err) {
	case hone.DataLoss, hone.Internal, hone.InvalidArgument, hone.PermissionDenied, hone.Unimplemented, hone.NotFound:
		return true
	}
	return false
}

// untilNext is how long the loop may sleep.
func (s *session) untilNext(wake time.Time) time.Duration {
	d := hone.HeartbeatInterval
	if !wake.IsZero() {
		d = min(d, max(wake.Sub(s.c.now()), 0))
	}
	return d
}

// heartbeat keeps the clock of the budget when nothing else happens.
func (s *session) heartbeat(ctx context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.exp.Status
	if s.attached && st.State == hone.ExperimentRunning && s.c.now().Sub(st.Seen) >= hone.HeartbeatInterval/2 {
		if err := s.record(ctx, hone.Event{Type: hone.EventHeartbeat}); err != nil {
			s.c.Logger.Warn("could not record a heartbeat", "experiment", s.name, "error", err)
		}
	}
}

// leaveIfDone ends the loop unless there is something to do again: somebody may have asked for it since
// the decision. Whoever asks later finds no loop and starts one.
func (s *session) leaveIfDone(ctx context.Context) (over bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, err := s.foresee(ctx, nil)
	if err != nil {
		return true, err
	}
	f, err := s.facts(ctx, v)
	if err != nil {
		return true, err
	}
	if len(s.inbox) > 0 || !decide(f).done {
		return false, nil
	}
	err = s.detach(ctx)
	s.endLoop(err)
	return true, err
}

// leave records that this process no longer runs the experiment.
func (s *session) leave(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.detach(ctx)
}

func (s *session) detach(ctx context.Context) error {
	if !s.attached || s.exp.Status.State.Ended() {
		return nil
	}
	ev := hone.Event{Type: hone.EventDetached}
	if s.interrupted {
		ev.Reason = hone.Interrupted // somebody asked for it: whoever follows the experiment need not wait for a successor
	}
	return s.record(ctx, ev)
}

// backoff spaces out attempts at something that fails.
type backoff struct{ tries int }

func (b *backoff) next() time.Duration {
	b.tries++
	return min(time.Second<<min(b.tries-1, 5), 30*time.Second)
}

func (b *backoff) exceeded() bool { return b.tries >= 4 }
