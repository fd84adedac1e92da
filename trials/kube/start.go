package kube

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hone-tuner/hone"
)

// Start implements hone.Runner. The object is named and labelled by the attempt, so that creating it again finds the
// one that is there. What hinders that, for a while or for good, shows in Describe and in the end of the attempt.
func (r *Runner) Start(_ context.Context, l hone.Launch) (hone.Emission, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a, known := r.attempts[l.ID()]
	if !known {
		if err := r.early(l.ID()); err != nil {
			return hone.Emission{}, err
		}
		a = newAttempt(r, l)
		r.attempts[l.ID()] = a
		r.loops.Go(func() { a.live(r.ctx) })
	}
	return a.emission(), nil
}

// emission says where the output of the attempt is once it has ended. Its readings come by themselves, from the
// collector in its pod.
func (a *attempt) emission() hone.Emission {
	e := hone.Emission{Stderr: a.r.logs.path(a.launch, a.id.Attempt, logName), Late: true}
	if a.source() == hone.SourceStdout {
		e.Stdout = a.r.logs.path(a.launch, a.id.Attempt, rescueName)
	}
	return e
}

func (a *attempt) source() string { return a.launch.Experiment.Spec.Metrics.Source }

// live creates or adopts the object, and tends it to its end. What can never run ends at once.
func (a *attempt) live(ctx context.Context) {
	obj, err := a.prepare(ctx)
	if err == nil {
		err = a.ensure(ctx, obj)
	}
	switch {
	case ctx.Err() != nil:
	case err != nil:
		a.refuse(err)
	default:
		a.tend(ctx)
	}
}

// refuse ends an attempt that was never begun, with the reason why.
func (a *attempt) refuse(err error) {
	now := a.r.Clock()
	exit := hone.Exit{Reason: hone.StartFailed, Code: -1, Message: err.Error(), Start: now, End: now}
	switch {
	case hone.KindOf(err) == errStopped:
		exit.Reason, exit.Requested = hone.Killed, true
	case apierrors.IsForbidden(err), apierrors.IsNotFound(err), hone.KindOf(err) == hone.NotFound:
		exit.Reason = hone.Refused // whatever its parameters
	}
	a.finish(exit)
}

// errStopped is the kind of an end before the beginning: the attempt was to be stopped, and is not there.
const errStopped = hone.Conflict

// prepare renders the object and opens what watches it.
func (a *attempt) prepare(ctx context.Context) (*unstructured.Unstructured, error) {
	e := a.launch.Experiment
	if err := a.r.serves(a.namespace()); err != nil {
		return nil, err
	}
	conditions, err := a.r.conditionsOf(e.Spec.Trial)
	if err != nil {
		return nil, err
	}
	a.mu.Lock() // somebody may look already
	a.conditions = conditions
	a.mu.Unlock()
	obj, err := a.r.render(a.launch)
	if err != nil {
		return nil, err
	}
	err = a.persist(ctx, "finding the kind of its object", func() error {
		a.mapping, err = a.r.cluster.resource(ctx, obj.GroupVersionKind())
		return err
	})
	if err != nil {
		return nil, err
	}
	if _, err := a.r.observe(a.mapping.Resource, a.namespace()); err != nil {
		return nil, err
	}
	w, err := a.r.observe(pods, a.namespace())
	if err != nil {
		return nil, err
	}
	for _, p := range w.known(a.namespace(), a.id) {
		a.see(p)
	}
	return obj, nil
}

// render makes the object of an attempt, with the mark of this service.
func (r *Runner) render(l hone.Launch) (*unstructured.Unstructured, error) {
	obj, err := r.builder.object(l)
	if err != nil {
		return nil, err
	}
	if gvk := obj.GroupVersionKind(); gvk.Group == "" && gvk.Kind == "Pod" { // its pods are what Hone sees of an object
		return nil, hone.Errorf(hone.InvalidArgument, "spec.trial.manifest.kind: a Pod by itself cannot be a trial, as nobody would look after it: write a Job of apiVersion batch/v1, with the pod as its spec.template")
	}
	mark(obj, labelInstance, r.Instance)
	t := l.Experiment.Spec.Trial
	if t.Success != "" || t.Failure != "" {
		annotate(obj, keepWhole)
	}
	if t.Retain {
		annotate(obj, keepAfter)
	}
	return obj, nil
}

// keepAfter is an annotation of objects that are kept when their trial has ended.
const keepAfter = "hone.dev/retain"

func mark(obj *unstructured.Unstructured, name, value string) {
	labels := obj.GetLabels()
	if labels == nil {
		labels = map[string]string{}
	}
	labels[name] = value
	obj.SetLabels(labels)
}

func annotate(obj *unstructured.Unstructured, name string) {
	notes := obj.GetAnnotations()
	if notes == nil {
		notes = map[string]string{}
	}
	notes[name] = "true"
	obj.SetAnnotations(notes)
}

// ensure makes sure that the object is there and is this attempt's. One that was to be stopped is not made again.
func (a *attempt) ensure(ctx context.Context, obj *unstructured.Unstructured) error {
	return a.persist(ctx, "creating its object", func() error {
		stopped := a.unwanted()
		if !stopped {
			if err := a.await(ctx); err != nil {
				return err
			}
			if outlived, err := a.outlived(ctx); outlived || err != nil {
				return err
			}
			err := a.create(ctx, obj.DeepCopy())
			if !apierrors.IsAlreadyExists(err) {
				return err
			}
		}
		there, err := a.r.cluster.get(ctx, a.mapping.Resource, obj.GetNamespace(), obj.GetName())
		switch {
		case err != nil:
			return err
		case there != nil:
			return a.adopt(ctx, there)
		case stopped:
			if outlived, err := a.outlived(ctx); outlived || err != nil {
				return err
			}
			return hone.Errorf(errStopped, "it was stopped")
		}
		return hone.Errorf(hone.Unavailable, "%s %s was there a moment ago", obj.GetKind(), obj.GetName())
	})
}

// unwanted reports whether the attempt is to end: then it is not begun any more.
func (a *attempt) unwanted() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.stopping || a.launch.Trial.Stopping != "" || a.launch.Experiment.Status.State.Ended()
}

// adopt takes an object that is there for this attempt's, if it is.
func (a *attempt) adopt(ctx context.Context, there *unstructured.Unstructured) error {
	id, ours := attemptOf(there.GetLabels())
	switch {
	case ours && id == a.id:
		if err := a.adoptRuntime(ctx, there); err != nil {
			return err
		}
		if err := a.catchUp(ctx); err != nil {
			return err
		}
		a.see(thin(there))
		return nil
	case there.GetDeletionTimestamp() != nil:
		return hone.Errorf(hone.Unavailable, "%s %s of another trial is still being deleted", there.GetKind(), there.GetName())
	case ours && a.r.leftover(ctx, there):
		if err := a.r.cluster.remove(ctx, a.mapping.Resource, there.GetNamespace(), there.GetName(), string(there.GetUID())); err != nil {
			return err
		}
		return hone.Errorf(hone.Unavailable, "%s %s was left behind by an experiment that is gone, and is being deleted", there.GetKind(), there.GetName())
	case ours:
		return hone.Errorf(hone.AlreadyExists, "%s %q in namespace %q belongs to trial %d, attempt %d, of another experiment (UID %s): delete it, or give this experiment another name",
			there.GetKind(), there.GetName(), there.GetNamespace(), id.Number, id.Attempt, id.UID)
	}
	return hone.Errorf(hone.AlreadyExists, "there is a %s %q in namespace %q that Hone has not made: delete it, or give the experiment another name",
		there.GetKind(), there.GetName(), there.GetNamespace())
}

// create makes the object, and before that the runtime that it needs, if it does.
func (a *attempt) create(ctx context.Context, obj *unstructured.Unstructured) error {
	runtime, err := a.createRuntime(ctx, obj)
	if err != nil {
		return err
	}
	a.creating(obj)
	made, err := a.r.cluster.create(ctx, a.mapping, obj, false)
	switch {
	case runtime != nil && apierrors.IsForbidden(err) && strings.Contains(err.Error(), "must be created before"):
		return hone.Errorf(hone.Unavailable, "the new runtime is not known everywhere yet: %w", err)
	case err != nil:
		return err
	}
	a.see(thin(made))
	return a.own(ctx, runtime, made)
}

func (a *attempt) creating(obj *unstructured.Unstructured) {
	a.r.Logger.Debug("creating", "trial", a.name, "kind", obj.GetKind())
}

// persist does something until it works, is refused for good, or ctx ends.
func (a *attempt) persist(ctx context.Context, what string, do func() error) error {
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, 15*time.Second) {
		err := do()
		if err == nil || ctx.Err() != nil {
			return err
		}
		if settled(err) {
			return err
		}
		a.say(fmt.Sprintf("waiting for the cluster: %v", err))
		a.r.Logger.Debug("the cluster does not answer as it should; trying again", "trial", a.name, "what", what, "error", err)
		wait := max(pause/2+rand.N(pause), retryAfter(err)) //nolint:gosec // spreads requests, no secret
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-a.wake: // perhaps it is to end
		case <-time.After(wait):
		}
	}
}

func (a *attempt) say(detail string) {
	a.mu.Lock()
	a.detail = detail
	a.mu.Unlock()
}

// settled reports whether an error will be the same the next time.
func settled(err error) bool {
	switch hone.KindOf(err) {
	case hone.Unavailable:
		return false
	case hone.InvalidArgument, hone.NotFound, hone.AlreadyExists, hone.Conflict, hone.PermissionDenied, hone.Unimplemented:
		return true
	}
	return final(err)
}

// retryAfter is what the server asked for.
func retryAfter(err error) time.Duration {
	if seconds, ok := apierrors.SuggestsClientDelay(err); ok {
		return time.Duration(seconds) * time.Second
	}
	return 0
}

// runtimes is where namespaced runtimes are.
func runtimes() schema.GroupVersionKind {
	return schema.GroupVersionKind{Group: "trainer.kubeflow.org", Version: "v1alpha1", Kind: "TrainingRuntime"}
}

// createRuntime derives the runtime of a TrainJob, with the collector in it. For other kinds there is none.
func (a *attempt) createRuntime(ctx context.Context, obj *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	derived, err := a.r.derive(ctx, a.launch, obj)
	if err != nil || derived == nil {
		return nil, err
	}
	if a.runtime, err = a.r.cluster.resource(ctx, runtimes()); err != nil {
		return nil, err
	}
	a.creating(derived)
	made, err := a.r.cluster.create(ctx, a.runtime, derived, false)
	if apierrors.IsAlreadyExists(err) {
		made, err = a.r.cluster.get(ctx, a.runtime.Resource, derived.GetNamespace(), derived.GetName())
		if err == nil && made == nil {
			return nil, hone.Errorf(hone.Unavailable, "TrainingRuntime %s is being deleted", derived.GetName())
		}
	}
	if err != nil {
		return nil, err
	}
	if id, ours := attemptOf(made.GetLabels()); !ours || id != a.id {
		return nil, hone.Errorf(hone.AlreadyExists, "there is a TrainingRuntime %q in namespace %q of another owner: delete it, or give the experiment another name",
			made.GetName(), made.GetNamespace())
	}
	return made, nil
}

// derive makes the runtime of a TrainJob out of the one that it names; nil for other kinds.
func (r *Runner) derive(ctx context.Context, l hone.Launch, obj *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	where, namespace, name, needed := runtimeOf(obj)
	if !needed {
		return nil, nil
	}
	base, err := r.cluster.get(ctx, where, namespace, name)
	switch {
	case apierrors.IsForbidden(err):
		return nil, hone.Errorf(hone.PermissionDenied, "spec.trial.manifest.spec.runtimeRef: the service may not read the runtime %q (%s); where it runs trials in some namespaces only, "+
			"name a TrainingRuntime of the namespace: %w", name, where.Resource, err)
	case err != nil:
		return nil, err
	case base == nil:
		return nil, hone.Errorf(hone.NotFound, "the runtime %q that the TrainJob names is not in the cluster (%s)", name, where.Resource)
	}
	derived, err := r.builder.derive(l, obj, base)
	if err != nil {
		return nil, err
	}
	if derived != nil {
		mark(derived, labelInstance, r.Instance)
		if l.Experiment.Spec.Trial.Retain {
			annotate(derived, keepAfter)
		}
	}
	return derived, nil
}

// own lets a runtime go with its job, also when it is not Hone who deletes that.
func (a *attempt) own(ctx context.Context, runtime, job *unstructured.Unstructured) error {
	if runtime == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	patch := fmt.Sprintf(`{"metadata":{"ownerReferences":[{"apiVersion":%q,"kind":%q,"name":%q,"uid":%q}]}}`,
		job.GetAPIVersion(), job.GetKind(), job.GetName(), job.GetUID())
	_, err := a.r.cluster.objects(a.runtime.Resource, runtime.GetNamespace()).
		Patch(ctx, runtime.GetName(), types.MergePatchType, []byte(patch), metav1.PatchOptions{FieldManager: manager})
	if err != nil { // it is deleted by name, too
		a.r.Logger.Debug("a runtime could not be given to its job", "trial", a.name, "error", err)
	}
	return nil
}

// adoptRuntime finds the runtime of a job that was there before.
func (a *attempt) adoptRuntime(ctx context.Context, job *unstructured.Unstructured) (err error) {
	if _, _, _, needed := runtimeOf(job); needed {
		a.runtime, err = a.r.cluster.resource(ctx, runtimes())
	}
	return err
}
