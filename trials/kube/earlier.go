package kube

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/hone-tuner/hone"
)

// early says why an attempt must not begin yet, as far as that is known here: an earlier one of its trial lives. r.mu
// is held.
func (r *Runner) early(id hone.AttemptID) error {
	earlier := id
	for earlier.Attempt = id.Attempt - 1; earlier.Attempt > 0; earlier.Attempt-- {
		a := r.attempts[earlier]
		if a == nil {
			continue
		}
		select {
		case <-a.done:
		default:
			return hone.Errorf(hone.Conflict, "attempt %d of trial %s still runs: attempt %d must wait for its end", earlier.Attempt, trialOf(a.launch).Name(), id.Attempt)
		}
	}
	return nil
}

// await says why an attempt must not begin yet, as far as the cluster knows it: the object of the one before has not
// ended. That may be one which an earlier process of this service has made.
func (a *attempt) await(ctx context.Context) error {
	if a.id.Attempt == 1 {
		return nil
	}
	before := a.launch
	before.Trial.Attempt--
	name := objectName(trialOf(before))
	there, err := a.r.cluster.get(ctx, a.mapping.Resource, a.namespace(), name)
	if err != nil || there == nil {
		return err
	}
	if id, ours := attemptOf(there.GetLabels()); !ours || id != before.ID() {
		return nil
	}
	s := state{obj: there}
	s.kind, s.known = kindOf(there.GroupVersionKind())
	if v := s.judge(a.conditions.success, a.conditions.failure); v.failed || v.succeeded || s.suspended() {
		return nil
	}
	return hone.Errorf(hone.Unavailable, "%s, of attempt %d, has not ended", describe(there), before.Trial.Attempt)
}

// catchUp takes in the pods that an object has which was there before: nothing may be concluded without them.
func (a *attempt) catchUp(ctx context.Context) error {
	w, err := a.r.observe(pods, a.namespace())
	if err != nil {
		return err
	}
	const pause = 20 * time.Millisecond
	for begin := time.Now(); !w.informer.HasSynced(); {
		if time.Since(begin) > requestTime {
			return hone.Errorf(hone.Unavailable, "the pods of the namespace %q cannot be listed", a.namespace())
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
	for _, p := range w.known(a.namespace(), a.id) {
		a.see(p)
	}
	return nil
}

// outlived reports whether the attempt was begun before: its object is gone, which an earlier process of this service may have
// deleted, and pods of it are there. They may take all of their grace time to end: until then it is neither begun anew nor over.
func (a *attempt) outlived(ctx context.Context) (bool, error) {
	w, err := a.r.observe(pods, a.namespace())
	if err != nil {
		return false, err
	}
	if !w.informer.HasSynced() {
		found, err := a.r.cluster.anyPod(ctx, a.namespace(), selectorOf(a.id))
		switch {
		case err != nil && final(err):
			return false, nil // creating the object says what is not allowed
		case err != nil || !found:
			return false, err
		}
	}
	if err := a.catchUp(ctx); err != nil {
		return false, err
	}
	if a.look().alive == 0 {
		return false, nil
	}
	there, err := a.r.cluster.get(ctx, a.mapping.Resource, a.namespace(), a.name)
	return err == nil && there == nil, err
}

// endOf is the end of the program itself, as its container tells it, whoever wanted it; nil while that is not known.
func endOf(p *corev1.Pod, container string) *hone.Exit {
	c := statusOf(p, container)
	if c == nil || c.State.Terminated == nil || c.State.Terminated.Reason == "ContainerStatusUnknown" {
		return nil
	}
	t := c.State.Terminated
	exit := hone.Exit{Start: t.StartedAt.Time, End: t.FinishedAt.Time}
	if t.ExitCode != 0 || t.Reason == "OOMKilled" {
		why := causeIn(p, container, t)
		exit.Reason, exit.Code, exit.Message = why.reason, why.code, why.message
	}
	return &exit
}

// answer is the end of an attempt that was to end: what its program made of that, if it came to it.
func (s sight) answer(end hone.Exit) hone.Exit {
	if s.own == nil {
		return end
	}
	own := *s.own
	own.Requested = end.Requested
	switch {
	case end.Requested && own.Reason == hone.Killed:
		own.Message = "it was asked to end: " + own.Message
	case end.Requested:
	default:
		own.Reason, own.Message = end.Reason, end.Message
	}
	return own
}
