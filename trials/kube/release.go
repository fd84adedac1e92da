package kube

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/hone-tuner/hone"
)

// Release implements hone.Releaser: the log is kept, and the object is deleted unless it is to be kept. Until then
// the attempt is known, so that its log can be read.
func (r *Runner) Release(id hone.AttemptID) {
	a := r.attempt(id)
	if a == nil || r.ctx.Err() != nil {
		return
	}
	r.loops.Go(func() {
		select {
		case r.slots <- struct{}{}:
		case <-r.ctx.Done():
			return // the next start finds it
		}
		if a.mapping != nil {
			a.release(r.ctx)
		}
		<-r.slots
		r.mu.Lock()
		delete(r.attempts, id)
		r.mu.Unlock()
	})
}

func (a *attempt) release(ctx context.Context) {
	s := a.look()
	if s.object != nil && s.primary != "" && !a.r.logs.has(a.launch, a.id.Attempt) {
		if err := a.r.saveLog(ctx, a, s, corev1.PodLogOptions{}); err != nil {
			a.r.Logger.Debug("the log of a trial could not be kept", "trial", a.name, "error", err)
		}
	}
	if a.launch.Experiment.Spec.Trial.Retain {
		return
	}
	err := a.persist(ctx, "deleting its object", func() error {
		if s.object != nil {
			err := a.r.cluster.remove(ctx, a.mapping.Resource, a.namespace(), s.object.GetName(), string(s.object.GetUID()))
			if err != nil {
				return err
			}
		}
		return a.removeRuntime(ctx)
	})
	if err != nil && ctx.Err() == nil {
		a.r.Logger.Warn("the object of an ended trial could not be deleted", "trial", a.name, "error", err)
	}
}

// sweepEvery is how often leftovers are looked for: what a crash between the end of a trial and the deletion of its
// object left behind.
const sweepEvery = 10 * time.Minute

// sweep removes leftovers soon after the start, when what still runs has been adopted, and then now and again.
func (r *Runner) sweep() {
	if r.Live == nil {
		return
	}
	const first = 15 * time.Second
	timer := time.NewTimer(first)
	defer timer.Stop()
	for {
		select {
		case <-r.ctx.Done():
			return
		case <-timer.C:
		}
		if err := r.sweepOnce(r.ctx); err != nil && r.ctx.Err() == nil {
			r.Logger.Warn("objects of ended trials could not be looked for", "error", err)
		}
		timer.Reset(sweepEvery)
	}
}

func (r *Runner) sweepOnce(ctx context.Context) error {
	return r.each(ctx, r.selector(), func(where place, obj *unstructured.Unstructured) error {
		id, ok := madeFor(obj)
		_, kept := obj.GetAnnotations()[keepAfter]
		if !ok || kept || r.attempt(id) != nil || r.Clock().Sub(obj.GetCreationTimestamp().Time) < sweepAge {
			return nil
		}
		live, err := r.Live(ctx, id)
		if err != nil || live {
			return err
		}
		r.Logger.Info("deleting what an ended trial left behind", "kind", obj.GetKind(), "namespace", obj.GetNamespace(), "name", obj.GetName())
		return r.cluster.remove(ctx, where.resource, obj.GetNamespace(), obj.GetName(), string(obj.GetUID()))
	})
}

// leftover reports whether an object is this service's own and of an attempt that is over.
func (r *Runner) leftover(ctx context.Context, obj *unstructured.Unstructured) bool {
	id, ok := madeFor(obj)
	_, kept := obj.GetAnnotations()[keepAfter]
	if !ok || kept || r.Live == nil || obj.GetLabels()[labelInstance] != r.Instance || r.attempt(id) != nil {
		return false
	}
	live, err := r.Live(ctx, id)
	return err == nil && !live
}

// madeFor tells for which attempt an object was made; ok is false for what only carries its labels: a copy under another name, or
// a part that some controller has made.
func madeFor(obj *unstructured.Unstructured) (id hone.AttemptID, ok bool) {
	labels := obj.GetLabels()
	id, ok = attemptOf(labels)
	name := objectName(hone.Trial{Experiment: labels[labelExperiment], Number: id.Number, Attempt: id.Attempt})
	return id, ok && obj.GetName() == name && metav1.GetControllerOf(obj) == nil
}

// sweepAge spares objects that are just being created.
const sweepAge = 10 * time.Second

// each does something for every object of Hone's that a selector chooses, of all kinds that the cluster has.
func (r *Runner) each(ctx context.Context, selector string, do func(place, *unstructured.Unstructured) error) error {
	for _, p := range r.places(ctx) {
		objects, err := r.listAll(ctx, p, selector)
		if err != nil {
			return err
		}
		for i := range objects {
			if err := do(p, &objects[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// places are where objects of Hone's may be: of the kinds that it knows, and of those that trials had.
func (r *Runner) places(ctx context.Context) []place {
	namespaces := r.Namespaces
	if len(namespaces) == 0 {
		namespaces = []string{""}
	}
	seen := map[place]bool{}
	var out []place
	add := func(p place) {
		if p.resource != pods && !seen[p] {
			seen[p] = true
			out = append(out, p)
		}
	}
	r.mu.Lock()
	for p := range r.watches {
		add(p)
	}
	r.mu.Unlock()
	for _, k := range append(Kinds(), Kind{Group: runtimes().Group, Version: runtimes().Version, Kind: runtimes().Kind}) {
		m, err := r.cluster.resource(ctx, k.gvk())
		if err != nil {
			continue // not installed
		}
		for _, n := range namespaces {
			add(place{m.Resource, n})
		}
	}
	return out
}

// listAll lists the objects of a place page by page. A place that this service may not look at has none of its
// objects.
func (r *Runner) listAll(ctx context.Context, p place, selector string) ([]unstructured.Unstructured, error) {
	const page = 500
	var all []unstructured.Unstructured
	o := metav1.ListOptions{LabelSelector: selector, Limit: page}
	for {
		got, err := r.list(ctx, p, o)
		switch {
		case err != nil && final(err):
			return nil, nil
		case err != nil:
			return nil, err
		}
		for i := range got.Items {
			all = append(all, *thin(&got.Items[i]))
		}
		if o.Continue = got.GetContinue(); o.Continue == "" {
			return all, nil
		}
	}
}

func (r *Runner) list(ctx context.Context, p place, o metav1.ListOptions) (*unstructured.UnstructuredList, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	if p.namespace == "" {
		return r.cluster.dynamic.Resource(p.resource).List(ctx, o)
	}
	return r.cluster.objects(p.resource, p.namespace).List(ctx, o)
}

// Forget implements hone.Cleaner: whatever is left of an experiment is deleted, also what was kept.
func (r *Runner) Forget(ctx context.Context, uid string) error {
	err := r.each(ctx, managedBy+",hone.dev/uid="+uid, func(p place, obj *unstructured.Unstructured) error {
		if _, ours := madeFor(obj); !ours {
			return nil
		}
		return r.cluster.remove(ctx, p.resource, obj.GetNamespace(), obj.GetName(), string(obj.GetUID()))
	})
	if err != nil {
		return hone.Errorf(hone.Unavailable, "what is left of the experiment in the cluster could not be deleted: %w", err)
	}
	return r.logs.forget(uid)
}

// Prune implements hone.Cleaner: it removes logs, beyond the limits.
func (r *Runner) Prune(_ context.Context, e hone.Experiment, trials []hone.Trial, keep hone.Retention) error {
	return r.logs.prune(e, trials, keep, r.Clock())
}
