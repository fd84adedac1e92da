package kube

import (
	"context"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/hone-tuner/hone"
)

// Check implements hone.Checker: it renders a trial from the middle of the search space and lets the API server say
// whether it would take it, without making anything.
func (r *Runner) Check(ctx context.Context, e hone.Experiment) error {
	t := e.Spec.Trial
	switch {
	case t.Image == "" && len(t.Manifest) == 0:
		return hone.FieldErrors{{Path: "spec.trial.image", Message: "is missing: this service runs trials on Kubernetes, so say in which image the command runs, or give a manifest. " +
			"To run the command as a process on your own machine, use hone run"}}
	case e.Spec.Metrics.Source == hone.SourcePush:
	case r.Image == "":
		return hone.Errorf(hone.Unavailable, "this service has no image of the collector (--collector-image), which brings the metrics home: only metrics.source: push works")
	}
	if err := r.serves(namespaceOf(e)); err != nil {
		return err
	}
	if _, err := r.conditionsOf(t); err != nil {
		return err
	}
	l, err := r.sample(e)
	if err != nil {
		return err
	}
	return r.rehearse(ctx, l)
}

// sample is a trial from the middle of the search space.
func (r *Runner) sample(e hone.Experiment) (hone.Launch, error) {
	space, err := e.Spec.SearchSpace.Compile(r.Compiler)
	if err != nil {
		return hone.Launch{}, err
	}
	middle := make([]float64, space.Len())
	for i := range middle {
		middle[i] = 0.5
	}
	e.UID = "check"
	return hone.Launch{Experiment: e, URL: "http://check", Token: "check",
		Trial: hone.Trial{Experiment: e.Name, Number: 1, Attempt: 1, State: hone.TrialRunning, Parameters: space.FromUnit(middle)}}, nil
}

// rehearse asks the API server what it thinks of a trial.
func (r *Runner) rehearse(ctx context.Context, l hone.Launch) error {
	obj, err := r.render(l)
	if err != nil {
		return err
	}
	m, err := r.cluster.resource(ctx, obj.GroupVersionKind())
	if err != nil {
		return hone.Errorf(hone.KindOf(err), "spec.trial: %w", err)
	}
	original := obj.DeepCopy()
	if err := r.rehearseRuntime(ctx, l, obj); err != nil {
		return err
	}
	at := "manifest"
	if len(l.Experiment.Spec.Trial.Manifest) == 0 {
		at = "image"
	}
	return r.dryRun(ctx, m, original, "spec.trial."+at)
}

// rehearseRuntime does so for the runtime of a TrainJob.
func (r *Runner) rehearseRuntime(ctx context.Context, l hone.Launch, obj *unstructured.Unstructured) error {
	derived, err := r.derive(ctx, l, obj)
	if err != nil || derived == nil {
		return err
	}
	m, err := r.cluster.resource(ctx, runtimes())
	if err != nil {
		return err
	}
	return r.dryRun(ctx, m, derived, "spec.trial.manifest.spec.runtimeRef")
}

// dryRun asks about one object, which comes from a field of the experiment file.
func (r *Runner) dryRun(ctx context.Context, m *mapping, obj *unstructured.Unstructured, at string) error {
	obj.SetName("hone-check-" + obj.GetName()[:min(len(obj.GetName()), 30)]) // a trial of this name may be there
	_, err := r.cluster.create(ctx, m, obj, true)
	switch {
	case err == nil || apierrors.IsAlreadyExists(err) || overQuota(err):
		return nil
	case apierrors.IsForbidden(err) && strings.Contains(err.Error(), "cannot create resource"):
		return hone.Errorf(hone.PermissionDenied, "the service may not make objects of kind %s in namespace %q; its account needs the rights for that (docs/kubernetes.md): %w",
			obj.GetKind(), obj.GetNamespace(), err)
	case apierrors.IsNotFound(err):
		return hone.Errorf(hone.InvalidArgument, "metadata.namespace: the cluster has no namespace %q: create it, or name another one", obj.GetNamespace())
	case final(err):
		return hone.FieldErrors{{Path: at, Message: fmt.Sprintf("the API server does not take the %s: %v", obj.GetKind(), err)}}
	}
	return hone.Errorf(hone.Unavailable, "the cluster could not be asked whether it would take the %s: %w", obj.GetKind(), err)
}
