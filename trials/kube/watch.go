package kube

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	apiwatch "k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/cache"

	"github.com/hone-tuner/hone"
)

// place is what one watch sees: the objects of a kind in a namespace, or in all with "".
type place struct {
	resource  schema.GroupVersionResource
	namespace string
}

var pods = schema.GroupVersionResource{Version: "v1", Resource: "pods"} //nolint:gochecknoglobals // a constant

// watch keeps the objects of a place that are Hone's in memory, and wakes the attempts that they belong to. It
// begins with the first trial that needs it. A broken watch is taken up again by itself, with a new list where the
// server has forgotten what happened in between: what an attempt does depends on what there is, not on events.
type watch struct {
	informer cache.SharedIndexInformer
}

// byAttempt is the name of the index over attempts.
const byAttempt = "attempt"

// scope is the namespace that a watch is opened for.
func (r *Runner) scope(namespace string) string {
	if len(r.Namespaces) == 0 {
		return ""
	}
	return namespace
}

// observe opens the watch of a place if it is not open yet.
func (r *Runner) observe(resource schema.GroupVersionResource, namespace string) (*watch, error) {
	p := place{resource, r.scope(namespace)}
	r.mu.Lock()
	defer r.mu.Unlock()
	if w, ok := r.watches[p]; ok {
		return w, nil
	}
	w := &watch{}
	if resource == pods {
		w.informer = r.podInformer(p.namespace)
	} else {
		w.informer = r.objectInformer(p)
	}
	if _, err := w.informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    r.seen,
		UpdateFunc: func(_, now any) { r.seen(now) },
		DeleteFunc: r.gone,
	}); err != nil {
		return nil, err
	}
	r.watches[p] = w
	r.loops.Go(func() { w.informer.RunWithContext(r.ctx) })
	return w, nil
}

// objectInformer watches objects of a kind by the label of this service.
func (r *Runner) objectInformer(p place) cache.SharedIndexInformer {
	var client dynamic.ResourceInterface = r.cluster.dynamic.Resource(p.resource)
	if p.namespace != "" {
		client = r.cluster.objects(p.resource, p.namespace)
	}
	lw := &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			o.LabelSelector = r.selector()
			return client.List(ctx, o)
		},
		WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (apiwatch.Interface, error) {
			o.LabelSelector = r.selector()
			return client.Watch(ctx, o)
		},
	}
	return newInformer(cache.ToListWatcherWithWatchListSemantics(lw, client), &unstructured.Unstructured{}, func(obj any) (any, error) {
		if u, ok := obj.(*unstructured.Unstructured); ok {
			return thin(u), nil
		}
		return obj, nil
	})
}

// podInformer watches pods by label. Of each only what is looked at is kept, so that thousands of them are no
// matter.
func (r *Runner) podInformer(namespace string) cache.SharedIndexInformer {
	lw := cache.NewFilteredListWatchFromClient(r.cluster.core, "pods", namespace, func(o *metav1.ListOptions) {
		o.LabelSelector = managedBy
	})
	return newInformer(lw, &corev1.Pod{}, func(obj any) (any, error) {
		if p, ok := obj.(*corev1.Pod); ok {
			return prune(p), nil
		}
		return obj, nil
	})
}

func newInformer(lw cache.ListerWatcher, example runtime.Object, transform cache.TransformFunc) cache.SharedIndexInformer {
	i := cache.NewSharedIndexInformerWithOptions(lw, example, cache.SharedIndexInformerOptions{Indexers: cache.Indexers{
		byAttempt: func(obj any) ([]string, error) {
			if o, err := meta.Accessor(obj); err == nil {
				if id, ok := attemptOf(o.GetLabels()); ok {
					return []string{id.String()}, nil
				}
			}
			return nil, nil
		},
	}})
	_ = i.SetTransform(transform) // it fails only for one that runs already
	return i
}

// managedBy selects what Hone made, of whatever service.
const managedBy = "app.kubernetes.io/managed-by=" + manager

// labelInstance carries Options.Instance.
const labelInstance = "hone.dev/instance"

func (r *Runner) selector() string { return managedBy + "," + labelInstance + "=" + r.Instance }

// keepWhole is an annotation of objects that conditions of the user look at: nothing of these is left out.
const keepWhole = "hone.dev/whole"

// thin leaves out of an object what nobody looks at: of the spec all but what suspends it.
func thin(u *unstructured.Unstructured) *unstructured.Unstructured {
	u.SetManagedFields(nil)
	if _, whole := u.GetAnnotations()[keepWhole]; whole {
		return u
	}
	kept := map[string]any{}
	for _, path := range [][]string{{"suspend"}, {"runPolicy", "suspend"}} {
		if v, found, err := unstructured.NestedBool(u.Object, append([]string{"spec"}, path...)...); found && err == nil {
			_ = unstructured.SetNestedField(kept, v, path...) // a new map takes it
		}
	}
	u.Object["spec"] = kept
	return u
}

// seen takes in an object or pod as it is now.
func (r *Runner) seen(obj any) {
	if a := r.ownerOf(obj); a != nil {
		a.see(obj)
	}
}

// gone takes in that an object or pod is no longer there.
func (r *Runner) gone(obj any) {
	if late, ok := obj.(cache.DeletedFinalStateUnknown); ok {
		obj = late.Obj
	}
	if a := r.ownerOf(obj); a != nil {
		a.lose(obj)
	}
}

// ownerOf finds the attempt that an object or pod belongs to; nil when it is nobody's here.
func (r *Runner) ownerOf(obj any) *attempt {
	o, err := meta.Accessor(obj)
	if err != nil {
		return nil
	}
	id, ok := attemptOf(o.GetLabels())
	if !ok {
		return nil
	}
	if a := r.attempt(id); a != nil && a.namespace() == o.GetNamespace() && (isPod(obj) || metav1.GetControllerOf(o) == nil) {
		return a
	}
	return nil // a part of the object that carries its labels, or a forgery from elsewhere
}

func isPod(obj any) bool {
	_, is := obj.(*corev1.Pod)
	return is
}

// known lists the pods of an attempt that were seen before it was adopted.
func (w *watch) known(namespace string, id hone.AttemptID) []*corev1.Pod {
	objects, err := w.informer.GetIndexer().ByIndex(byAttempt, id.String())
	if err != nil {
		return nil
	}
	var out []*corev1.Pod
	for _, o := range objects {
		if p, ok := o.(*corev1.Pod); ok && p.Namespace == namespace {
			out = append(out, p)
		}
	}
	return out
}
