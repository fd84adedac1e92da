package controller

import (
	"context"
	"errors"
	"sync"

	"github.com/hone-tuner/hone"
)

// Reasons of the notes about an experiment that the service cannot run.
const (
	// NotResumed says that an experiment could not be gone on with after a start of the service.
	NotResumed hone.Reason = "NotResumed"
	// GivenUp says that running it failed in a way that trying again does not cure.
	GivenUp hone.Reason = "GivenUp"
)

// Resume goes on with all experiments that have not ended, as after a start of the service: those that ran,
// in service mode those that were created, and what still runs of any other, which is adopted. One that
// cannot be resumed keeps no other from it: that is logged, and noted in its events. Call it once, after New;
// experiments may be created and asked for in the meantime.
func (c *Controller) Resume(ctx context.Context) error {
	if err := c.takeCensus(ctx); err != nil {
		return err
	}
	var resuming sync.WaitGroup
	defer resuming.Wait()
	atOnce := make(chan struct{}, resumedAtOnce)
	return c.eachStored(ctx, func(e hone.Experiment) error {
		if !c.resumable(e) {
			return nil
		}
		if ctx.Err() != nil || c.ctx.Err() != nil {
			return errors.Join(ctx.Err(), c.ctx.Err())
		}
		atOnce <- struct{}{}
		resuming.Go(func() {
			defer func() { <-atOnce }()
			c.tryResume(ctx, e)
		})
		return nil
	})
}

// resumedAtOnce is how many experiments are resumed side by side: what they record shares transactions.
const resumedAtOnce = 16

// tryResume drives one experiment, or says why not.
func (c *Controller) tryResume(ctx context.Context, e hone.Experiment) {
	err := c.resume(ctx, e)
	if err == nil || ctx.Err() != nil || c.ctx.Err() != nil {
		return
	}
	c.Logger.Error("an experiment cannot be resumed", "experiment", nameOf(e), "error", err)
	c.note(ctx, e, NotResumed, "it could not be resumed: "+err.Error())
}

// resumable reports whether an experiment is to be run, or has trials that run.
func (c *Controller) resumable(e hone.Experiment) bool {
	switch st := e.Status; st.State {
	case hone.ExperimentRunning:
		return c.Service || e.Spec.External() || st.Counts.Running > 0 || st.Draining
	case hone.ExperimentCreated:
		return c.Service
	default:
		return st.Counts.Live() > 0
	}
}

// resume drives one experiment. One that has ended is brought to rest.
func (c *Controller) resume(ctx context.Context, e hone.Experiment) error {
	s, err := c.session(ctx, nameOf(e))
	if err != nil {
		return err
	}
	return s.drive(ctx, !e.Status.State.Ended(), c.ownLaunch(e))
}

// ownLaunch is what the trials of an experiment get that nobody runs from a terminal.
func (c *Controller) ownLaunch(e hone.Experiment) launch {
	l := launch{environment: c.Environment, retention: c.Retention, own: true}
	if e.Directory == "" {
		l.directory = c.Directory
	}
	return l
}

// start begins to run an experiment that was created over the wire. Once it is created it is started, whether
// or not its creator still listens.
func (c *Controller) start(ctx context.Context, e hone.Experiment) (hone.Experiment, error) {
	reply := hone.RunReply{Experiment: e}
	err := c.attach(context.WithoutCancel(ctx), &reply, c.ownLaunch(e))
	return reply.Experiment, err
}

// goOn runs an experiment again that was steered to, if this is a service.
func (s *session) goOn(ctx context.Context, events []hone.Event) error {
	if !s.c.Service {
		return nil
	}
	for _, ev := range events {
		switch ev.Type {
		case hone.EventResumed, hone.EventReopened, hone.EventTrialRetried:
			s.mu.Lock()
			l, e, ended := s.launch, s.exp, s.exp.Status.State.Ended()
			s.mu.Unlock()
			if ended {
				return nil
			}
			if l.environment == nil {
				l = s.c.ownLaunch(e)
			}
			return s.drive(context.WithoutCancel(ctx), true, l)
		}
	}
	return nil
}

// gaveUp says in the events of an experiment why it does not go on, if this is a service: no terminal shows it.
// The lock is held.
func (s *session) gaveUp(ctx context.Context, failure error) {
	if failure == nil || !s.c.Service || s.c.ctx.Err() != nil {
		return
	}
	s.c.Logger.Error("an experiment is not run any more", "experiment", s.name, "error", failure)
	note := hone.Event{Type: hone.EventNote, Reason: GivenUp,
		Message: "it is not run any more: " + failure.Error() + "; when the cause is gone, pause and resume it, or restart the service"}
	if err := s.record(ctx, note); err != nil {
		s.c.Logger.Warn("could not note it", "experiment", s.name, "error", err)
	}
}

// note adds to the events of an experiment that is not in memory, unless its newest event says the same.
func (c *Controller) note(ctx context.Context, e hone.Experiment, reason hone.Reason, message string) {
	err := func() error {
		newest, err := c.Store.Events(ctx, e.UID, e.Status.Events-1, 1)
		if err != nil || len(newest) == 1 && newest[0].Reason == reason && newest[0].Message == message {
			return err
		}
		_, err = c.Store.Record(ctx, e.UID, hone.Event{Sequence: e.Status.Events + 1, Time: c.now(), Type: hone.EventNote,
			Reason: reason, Message: message})
		return err
	}()
	if err != nil {
		c.Logger.Warn("could not note it", "experiment", nameOf(e), "error", err)
	}
}

func nameOf(e hone.Experiment) hone.Name { return hone.Name{Namespace: e.Namespace, Name: e.Name} }

// eachStored goes through all experiments that there are, page by page.
func (c *Controller) eachStored(ctx context.Context, do func(hone.Experiment) error) error {
	f := hone.ExperimentFilter{Limit: 200}
	for {
		page, err := c.Store.Experiments(ctx, f)
		if err != nil {
			return err
		}
		for _, e := range page.Experiments {
			if err := do(e); err != nil {
				return err
			}
		}
		if f.Cursor = page.Cursor; f.Cursor == "" {
			return nil
		}
	}
}
