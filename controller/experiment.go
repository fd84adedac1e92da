package controller

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/difference"
)

// CreateExperiment implements hone.ExperimentService.
func (c *Controller) CreateExperiment(ctx context.Context, document []byte) (hone.Experiment, error) {
	doc, err := c.Decoder.Decode(document, hone.Overrides{})
	if err != nil {
		return hone.Experiment{}, err
	}
	doc.Experiment.Namespace = namespaceOf(doc.Experiment)
	if err := hone.Admit(ctx, doc.Experiment); err != nil {
		return hone.Experiment{}, err
	}
	if _, err := c.checkAlgorithm(ctx, doc.Experiment); err != nil {
		return hone.Experiment{}, err
	}
	if c.Service && !doc.Experiment.Spec.External() {
		doc.Experiment.Directory = c.Directory
		if err := c.checkRunner(ctx, doc.Experiment); err != nil {
			return hone.Experiment{}, err
		}
	}
	e, err := c.create(ctx, doc.Experiment)
	if err != nil || !c.Service && !e.Spec.External() {
		return e, err
	}
	return c.start(ctx, e)
}

// checkRunner says why the trials of an experiment cannot be run here, or nil.
func (c *Controller) checkRunner(ctx context.Context, e hone.Experiment) error {
	if checker, ok := c.Runner.(hone.Checker); ok {
		return checker.Check(ctx, e)
	}
	return nil
}

func namespaceOf(e hone.Experiment) string { return cmp.Or(e.Namespace, hone.DefaultNamespace) }

// create gives a new experiment its identity and its seed, and stores it.
func (c *Controller) create(ctx context.Context, e hone.Experiment) (hone.Experiment, error) {
	e.UID = c.NewUID()
	e.Namespace = namespaceOf(e)
	if e.Spec.Algorithm.Seed == nil {
		seed := c.NewSeed()
		e.Spec.Algorithm.Seed = &seed
	}
	limits := e.Spec.Limits()
	e, err := c.Store.CreateExperiment(ctx, e, hone.Event{Sequence: 1, Time: c.now(), Type: hone.EventCreated, Limits: &limits, Submitted: true})
	if err == nil {
		c.census.see(e)
	}
	return e, err
}

// RunExperiment implements hone.ExperimentService.
func (c *Controller) RunExperiment(ctx context.Context, r hone.RunRequest) (hone.RunReply, error) {
	doc, err := c.Decoder.Decode(r.Document, r.Overrides)
	if err != nil {
		return hone.RunReply{}, err
	}
	want := doc.Experiment
	want.Namespace = namespaceOf(want)
	if err := hone.Admit(ctx, want); err != nil {
		return hone.RunReply{}, err
	}
	want.Directory = r.Directory
	reply := hone.RunReply{Warnings: doc.Warnings}
	if want.Spec.External() {
		return reply, hone.FieldErrors{{Path: "spec.trial", Message: "is missing: say how a trial is started, such as trial: {command: [python3, train.py]}. " +
			"An experiment without it is external: its trials are run by programs that ask for them"}}
	}
	if err := c.checkRunner(ctx, want); err != nil {
		return reply, err
	}
	reply.Experiment, err = c.GetExperiment(ctx, hone.Name{Namespace: want.Namespace, Name: want.Name})
	switch {
	case errors.Is(err, hone.NotFound):
		reply.Created = true
		warnings, err := c.checkAlgorithm(ctx, want)
		if err != nil {
			return reply, err
		}
		reply.Warnings = append(reply.Warnings, warnings...)
		if reply.Experiment, err = c.create(ctx, want); err != nil {
			return reply, err
		}
	case err != nil:
		return reply, err
	default:
		if err := c.continued(ctx, reply.Experiment, want); err != nil {
			return reply, err
		}
	}
	return reply, c.attach(ctx, &reply, launch{directory: r.Directory, environment: r.Environment, retention: r.Retention})
}

// attach makes the experiment run, unless it has ended.
func (c *Controller) attach(ctx context.Context, reply *hone.RunReply, l launch) error {
	n := hone.Name{Namespace: reply.Experiment.Namespace, Name: reply.Experiment.Name}
	s, err := c.session(ctx, n)
	if err != nil {
		return err
	}
	s.mu.Lock()
	over := s.exp.Status.State.Ended() && len(s.live) == 0
	s.mu.Unlock()
	if !over {
		if err := s.drive(ctx, true, l); err != nil {
			return err
		}
	}
	s.mu.Lock()
	reply.Experiment = s.exp
	s.mu.Unlock()
	return nil
}

// continued checks that the stored experiment is the one that is wanted, and puts its limits in force if
// the file says something else than the last time: a file that is as it was does not undo an edit.
func (c *Controller) continued(ctx context.Context, have, want hone.Experiment) error {
	if diffs := difference.Experiments(have, want); len(diffs) > 0 {
		for i := range diffs {
			diffs[i].Message += " (in the experiment that is there → in the file)"
		}
		return fmt.Errorf("experiment %q is there already, and differs from the file in more than budget, parallelism and stop; "+
			"use another name (--name), or remove it with 'hone delete %s':\n%w", have.Name, have.Name, diffs)
	}
	limits := want.Spec.Limits()
	if difference.Equal(limits, have.Spec.Limits()) || have.Status.Submitted != nil && difference.Equal(limits, *have.Status.Submitted) {
		return nil
	}
	_, err := c.setLimits(ctx, hone.Name{Namespace: have.Namespace, Name: have.Name}, limits, true)
	return err
}

// GetExperiment implements hone.ExperimentService.
func (c *Controller) GetExperiment(ctx context.Context, n hone.Name) (hone.Experiment, error) {
	if n.Namespace == "" {
		n.Namespace = hone.DefaultNamespace
	}
	return c.Store.Experiment(ctx, n.Namespace, n.Name)
}

// ListExperiments implements hone.ExperimentService.
func (c *Controller) ListExperiments(ctx context.Context, f hone.ExperimentFilter) (hone.ExperimentPage, error) {
	return c.Store.Experiments(ctx, f)
}

// DeleteExperiment implements hone.ExperimentService.
func (c *Controller) DeleteExperiment(ctx context.Context, n hone.Name) error {
	s, err := c.session(ctx, n)
	switch {
	case errors.Is(err, hone.DataLoss):
		return c.removeUnreadable(ctx, n)
	case err != nil:
		return err
	}
	if _, err := c.StopExperiment(ctx, n, false); err != nil && !errors.Is(err, hone.Conflict) {
		return err
	}
	s.setDeleting(true)
	if err := c.remove(ctx, s); err != nil {
		s.setDeleting(false)
		return err
	}
	s.mu.Lock()
	s.deleted = true
	close(s.changed)
	s.changed = make(chan struct{})
	s.mu.Unlock()
	c.sessions.drop(s)
	return nil
}

// removeUnreadable takes away an experiment that can no longer be brought into memory.
func (c *Controller) removeUnreadable(ctx context.Context, n hone.Name) error {
	e, err := c.GetExperiment(ctx, n)
	if err != nil {
		return err
	}
	running, err := c.Store.Trials(ctx, e.UID, hone.TrialFilter{States: []hone.TrialState{hone.TrialRunning}})
	if err != nil {
		return err
	}
	for _, t := range running {
		id := hone.AttemptID{UID: e.UID, Number: t.Number, Attempt: t.Attempt}
		if e.Spec.External() {
			continue
		}
		if err := c.Runner.Stop(ctx, id, e.Spec.Trial.GraceTime()); err != nil {
			return err
		}
		if _, err := c.Runner.Wait(ctx, id); err != nil {
			return err
		}
	}
	return c.erase(ctx, e.UID)
}

func (s *session) setDeleting(deleting bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deleting = deleting
}

// remove waits until nothing of an experiment is alive and takes away what there is of it.
func (c *Controller) remove(ctx context.Context, s *session) error {
	if err := s.settle(ctx); err != nil {
		return err
	}
	return c.erase(ctx, s.uid)
}

// erase removes what is left of an experiment of which nothing is alive.
func (c *Controller) erase(ctx context.Context, uid string) error {
	if cleaner, ok := c.Runner.(hone.Cleaner); ok {
		if err := cleaner.Forget(ctx, uid); err != nil {
			return err
		}
	}
	if err := c.Store.DeleteExperiment(ctx, uid); err != nil {
		return err
	}
	c.places.forget(uid)
	c.census.drop(uid)
	c.Suggester.Forget(uid)
	return nil
}

// settle waits until nothing of an ended experiment is alive.
func (s *session) settle(ctx context.Context) error {
	if err := s.drive(ctx, false, launch{}); err != nil {
		return err
	}
	return s.waitLoop(ctx)
}

// waitLoop waits until the loop has ended.
func (s *session) waitLoop(ctx context.Context) error {
	s.mu.Lock()
	over := s.loop
	s.mu.Unlock()
	if over == nil {
		return nil
	}
	select {
	case <-over:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
