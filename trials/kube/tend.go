package kube

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hone-tuner/hone"
)

// tending is what the goroutine of an attempt knows.
type tending struct {
	a *attempt
	// ending is the end that the attempt will have once nothing of it lives any more; nil while it may go on.
	ending  *hone.Exit
	deleted time.Time // when the object was deleted, or suspended; zero when it was not
	ended   time.Time // when the end was first seen
	sealed  bool      // ending is what the object itself said; what is left of its pods has to end
	began   time.Time
	refused string // why the cluster does not make pods
	// kept is closed when the log of an attempt that is being stopped was kept; nil when none is.
	kept chan struct{}
}

// tend watches over the attempt until it has ended: it wakes when something changes, or when a time has come.
func (a *attempt) tend(ctx context.Context) {
	t := &tending{a: a, began: a.r.Clock()}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-a.wake:
		case <-timer.C:
		}
		over, next := t.step(ctx)
		if over {
			return
		}
		timer.Reset(next)
	}
}

// idle is how long an attempt waits at most for something to happen until it looks again: what is there is looked
// at, not only what is said.
const idle = time.Minute

// step does what there is to do now. It tells when to look again at the latest.
func (t *tending) step(ctx context.Context) (over bool, next time.Duration) {
	s := t.a.look()
	now := t.a.r.Clock()
	if t.ending == nil {
		t.ending = t.verdict(s, now)
	}
	switch {
	case t.deleted.IsZero() && (s.phase == succeeded || s.phase == failed) && s.object != nil:
		return t.seal(ctx, s, now)
	case t.ending != nil:
		return t.wind(ctx, s, now)
	case s.object == nil && s.alive > 0: // its pods are still ending
		return false, t.orphans(ctx, s, now)
	case s.object == nil:
		return t.conclude(ctx, s, gone(s))
	}
	return false, t.patience(ctx, s, now)
}

// verdict says why an attempt that would go on has to end; nil when it has not.
func (t *tending) verdict(s sight, now time.Time) *hone.Exit {
	limit := time.Duration(t.a.launch.Experiment.Spec.Trial.Timeout)
	switch {
	case s.stopping:
		return &hone.Exit{Reason: hone.Killed, Code: -1, Message: "it was asked to end", Requested: true}
	case limit > 0 && !s.started.IsZero() && now.Sub(s.started) >= limit:
		return &hone.Exit{Reason: hone.TimedOut, Code: -1, Message: fmt.Sprintf("it ran longer than its timeout of %v", limit)}
	case t.refused != "":
		return &hone.Exit{Reason: hone.Refused, Code: -1, Message: t.refused}
	case s.trouble != nil && t.a.r.tooLong(*s.trouble, now):
		return &hone.Exit{Reason: s.trouble.reason, Code: -1, Message: s.trouble.message}
	}
	return nil
}

// tooLong reports whether a trouble has become a failure.
func (r *Runner) tooLong(t trouble, now time.Time) bool {
	limit := r.limit(t)
	return t.final || limit >= 0 && now.Sub(t.since) >= limit
}

func (r *Runner) limit(t trouble) time.Duration {
	if t.reason == hone.Unschedulable {
		return r.ScheduleLimit
	}
	return r.ImageLimit
}

// patience is how long to wait until one of the limits may be reached. While no pods come, it looks why.
func (t *tending) patience(ctx context.Context, s sight, now time.Time) time.Duration {
	next := idle
	if limit := time.Duration(t.a.launch.Experiment.Spec.Trial.Timeout); limit > 0 && !s.started.IsZero() {
		next = min(next, s.started.Add(limit).Sub(now))
	}
	if s.trouble != nil {
		if limit := t.a.r.limit(*s.trouble); limit >= 0 {
			next = min(next, s.trouble.since.Add(limit).Sub(now))
		}
	}
	if s.phase == waiting && s.pods == 0 {
		next = min(next, t.inquire(ctx, s, now))
	}
	return max(next, time.Millisecond)
}

// wind brings an attempt to its end: its object is deleted, or suspended where it is kept, and it ends when no pod of
// it lives any more.
func (t *tending) wind(ctx context.Context, s sight, now time.Time) (over bool, next time.Duration) {
	kept := t.a.launch.Experiment.Spec.Trial.Retain
	if s.alive == 0 && (s.object == nil || kept && !t.deleted.IsZero()) {
		if t.sealed {
			return t.conclude(ctx, s, *t.ending)
		}
		return t.conclude(ctx, s, s.answer(*t.ending))
	}
	if err := t.delete(ctx, s, now); err != nil {
		t.a.r.Logger.Warn("a trial could not be stopped yet", "trial", t.a.name, "error", err)
		return false, time.Second
	}
	if s.untold > 0 {
		return false, time.Second
	}
	return false, idle
}

// delete deletes the object and then its pods, so that they hear of it at once. Where there are others in between,
// who would make new pods, these get a moment to hear of it first.
func (t *tending) delete(ctx context.Context, s sight, now time.Time) error {
	if t.deleted.IsZero() {
		if kept := t.a.launch.Experiment.Spec.Trial.Retain; !kept || !t.sealed { // what has ended need not be suspended
			if err := t.a.end(ctx, s.object); err != nil {
				return err
			}
		}
		t.deleted = now
		t.keep(ctx, s)
	}
	if s.untold == 0 || !direct(t.a.mapping.Group) && now.Sub(t.deleted) < time.Second {
		return nil
	}
	return t.a.r.cluster.deletePods(ctx, t.a.namespace(), selectorOf(t.a.id), t.grace(s))
}

// orphans ends the pods of an object that somebody deleted and that were left behind: nobody else would.
func (t *tending) orphans(ctx context.Context, s sight, now time.Time) time.Duration {
	const moment = 5 * time.Second // for who deletes the pods with their object
	if t.ended.IsZero() {
		t.ended = now
	}
	switch left := t.ended.Add(moment).Sub(now); {
	case s.untold == 0:
		return idle
	case left > 0:
		return left
	}
	if err := t.a.r.cluster.deletePods(ctx, t.a.namespace(), selectorOf(t.a.id), t.grace(s)); err != nil {
		t.a.r.Logger.Warn("pods without an object could not be deleted yet", "trial", t.a.name, "error", err)
	}
	return time.Second
}

// direct reports whether the objects of a group make their pods themselves.
func direct(group string) bool { return group == groupBatch || group == groupKubeflow }

// selectorOf selects the pods of an attempt.
func selectorOf(id hone.AttemptID) string {
	return fmt.Sprintf("%s,%s=%s,%s=%d,%s=%d", managedBy, labelUID, id.UID, labelNumber, id.Number, labelAttempt, id.Attempt)
}

// keep follows the log of a program that is being stopped to its end: afterwards its pod is gone.
func (t *tending) keep(ctx context.Context, s sight) {
	if s.primary == "" {
		return
	}
	t.kept = make(chan struct{})
	t.a.r.loops.Go(func() {
		defer close(t.kept)
		if err := t.a.keepLast(ctx, s); err != nil {
			t.a.r.Logger.Debug("the log of a stopped trial could not be kept", "trial", t.a.name, "error", err)
		}
	})
}

// keepLast follows the log of a pod that is ending. The kubelet may not know yet that the program has begun: it is
// asked again for a while.
func (a *attempt) keepLast(ctx context.Context, s sight) error {
	const tries, pause = 25, 100 * time.Millisecond
	var err error
	for range tries {
		if err = a.r.saveLog(ctx, a, s, corev1.PodLogOptions{Follow: true}); err == nil || !apierrors.IsBadRequest(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause):
		}
	}
	return err
}

// awaitLog waits for that a moment longer.
func (t *tending) awaitLog(ctx context.Context) {
	const moment = 2 * time.Second
	select {
	case <-t.kept:
	case <-time.After(moment):
	case <-ctx.Done():
	}
}

func (t *tending) grace(s sight) time.Duration {
	if s.stopping {
		return s.grace
	}
	return t.a.launch.Experiment.Spec.Trial.GraceTime()
}

// end deletes the object; where it is kept it is suspended, if its kind can be.
func (a *attempt) end(ctx context.Context, obj *unstructured.Unstructured) error {
	if obj == nil {
		return nil
	}
	if a.launch.Experiment.Spec.Trial.Retain {
		if done, err := a.suspend(ctx, obj); done || err != nil {
			return err
		}
	}
	if err := a.r.cluster.remove(ctx, a.mapping.Resource, obj.GetNamespace(), obj.GetName(), string(obj.GetUID())); err != nil {
		return err
	}
	return a.removeRuntime(ctx)
}

func (a *attempt) removeRuntime(ctx context.Context) error {
	if a.runtime == nil {
		return nil
	}
	return a.r.cluster.remove(ctx, a.runtime.Resource, a.namespace(), a.name, "")
}

// suspend suspends an object that is to be kept, if its kind can be suspended.
func (a *attempt) suspend(ctx context.Context, obj *unstructured.Unstructured) (done bool, err error) {
	patch, can := suspend(obj)
	if !can {
		return false, nil
	}
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	_, err = a.r.cluster.objects(a.mapping.Resource, obj.GetNamespace()).
		Patch(ctx, obj.GetName(), types.MergePatchType, patch, metav1.PatchOptions{FieldManager: manager})
	if apierrors.IsNotFound(err) {
		err = nil
	}
	return true, err
}

// gone is the end of an attempt whose object somebody else has deleted.
func gone(s sight) hone.Exit {
	exit := hone.Exit{Reason: hone.Killed, Code: -1, Message: "somebody deleted its object"}
	if s.exit.Reason != "" {
		exit = s.exit
	}
	return exit
}

// conclude makes the end known, with what is to be read about it.
func (t *tending) conclude(ctx context.Context, s sight, exit hone.Exit) (bool, time.Duration) {
	if t.kept != nil {
		t.awaitLog(ctx)
	}
	now := t.a.r.Clock()
	if exit.Start.IsZero() {
		exit.Start = s.started
	}
	if exit.End.IsZero() {
		exit.End = now
	}
	if exit.Start.IsZero() || exit.Start.After(exit.End) {
		exit.Start = exit.End
	}
	if ctx.Err() == nil {
		t.a.finish(exit)
	}
	return true, 0
}
