package kube

import (
	"cmp"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	hone "github.com/hone-tuner/hone"
)

// builder makes the objects of attempts.
type builder struct {
	image      string // of the collector
	pullPolicy corev1.PullPolicy
}

// object renders the object of an attempt: the manifest with the values of the trial, or a Job of image and command;
// its name and labels; the environment; and the collector in the primary pods. Of the manifest everything stays but
// what would take pods away before their last reading is known: ttlSecondsAfterFinished, and cleanPodPolicy All. The
// pods of a TrainJob are in its runtime: derive does the rest. The launch is not changed.
func (b builder) object(l hone.Launch) (*unstructured.Unstructured, error) {
	t := l.Experiment.Spec.Trial
	if t == nil {
		return nil, hone.Errorf(hone.InvalidArgument, "experiment %q has no trial to run: its trials are run by whoever asks for them", l.Experiment.Name)
	}
	obj, err := b.base(l)
	if err != nil {
		return nil, err
	}
	if err := identify(obj, l); err != nil {
		return nil, err
	}
	k, known := kindOf(obj.GroupVersionKind())
	if !known && t.Success == "" {
		return nil, hone.Errorf(hone.InvalidArgument,
			"spec.trial.success: is missing: Hone does not know the kind %s of %s, and has to be told when one has succeeded, such as object.status.phase == \"Succeeded\"", obj.GetKind(), obj.GetAPIVersion())
	}
	keepPods(k, obj, t.Retain)
	if delegated(obj) {
		if err := hide(obj); err != nil {
			return nil, err
		}
	}
	if k.shape == shapeTrainJob {
		return obj, b.ownTrainer(l, obj)
	}
	return obj, b.pods(l, k, obj)
}

func (b builder) base(l hone.Launch) (*unstructured.Unstructured, error) {
	t := l.Experiment.Spec.Trial
	switch {
	case len(t.Manifest) > 0:
		return manifestOf(l)
	case t.Image == "":
		return nil, hone.Errorf(hone.InvalidArgument, "spec.trial.image: is missing: in a cluster, a trial needs an image for its command to run in, or a manifest")
	case len(t.Command) == 0:
		return nil, hone.Errorf(hone.InvalidArgument,
			"spec.trial.command: is missing: give the command, Hone starts the program itself and cannot read the image's own entry point")
	}
	return jobOf(l)
}

// pods marks the pods of an object, gives them the environment, and puts the collector into the primary ones.
func (b builder) pods(l hone.Launch, k kind, obj *unstructured.Unstructured) error {
	e, err := environmentOf(l)
	if err != nil {
		return err
	}
	wanted, err := primaryContainerOf(l)
	if err != nil {
		return err
	}
	all := replicasOf(k, obj)
	primary, container, err := primaryOf(k, obj, all, wanted)
	if err != nil && k.shape == shapeUnknown && l.Experiment.Spec.Metrics.Source == hone.SourcePush {
		primary, err = replica{}, hide(obj) // its program needs nothing from us but what it has already
	}
	if err != nil {
		return err
	}
	for _, r := range all {
		if err := b.pod(l, k, r, e, r.path == primary.path, container); err != nil {
			return hone.Errorf(hone.InvalidArgument, "spec.trial.manifest.%s.%w", r.path, err)
		}
	}
	if k.shape == shapeJob && collected(l) {
		return oneWriter(obj)
	}
	return nil
}

// multiKueue is who manages an object whose pods are in another cluster.
const multiKueue = "kueue.x-k8s.io/multikueue"

func delegated(obj *unstructured.Unstructured) bool {
	spec := mapIn(obj.Object, "spec")
	return spec["managedBy"] == multiKueue || mapIn(spec, "runPolicy")["managedBy"] == multiKueue
}

// hide notes that the pods of an object cannot be seen.
func hide(obj *unstructured.Unstructured) error {
	metadata, err := childMap(obj.Object, "metadata")
	if err != nil {
		return hone.Errorf(hone.InvalidArgument, "spec.trial.manifest.%w", err)
	}
	notes, err := childMap(metadata, "annotations")
	if err != nil {
		return hone.Errorf(hone.InvalidArgument, "spec.trial.manifest.metadata.%w", err)
	}
	notes[notePods] = podsElsewhere
	return nil
}

// pod does it for the pods of one template.
func (b builder) pod(l hone.Launch, k kind, r replica, e environment, primary bool, container string) error {
	if err := markPod(r, l, primary, container); err != nil {
		return err
	}
	if grace := l.Experiment.Spec.Trial.Grace; grace != nil {
		if _, own := r.spec()["terminationGracePeriodSeconds"]; !own {
			r.spec()["terminationGracePeriodSeconds"] = graceSeconds(time.Duration(*grace))
		}
	}
	if !primary {
		container = cmp.Or(sameContainer(k, r, container), container)
	}
	c := r.container(container)
	if c == nil {
		return nil // a helper of another sort
	}
	if primary && collected(l) {
		if err := b.inject(l, r, c); err != nil {
			return err
		}
		if err := wrap(c); err != nil {
			return err
		}
	} else if err := mountFolder(r, c); err != nil {
		return err
	}
	return e.into(c)
}

// sameContainer is the name of the container that does in other replicas what the primary one does in its own.
func sameContainer(k kind, r replica, container string) string {
	switch names := r.containerNames(); {
	case r.container(container) != nil:
		return container
	case k.container != "" && r.container(k.container) != nil:
		return k.container
	case len(names) == 1 && k.shape == shapeReplicas:
		return names[0]
	}
	return ""
}

// collected reports whether the readings come by the collector in the pod.
func collected(l hone.Launch) bool { return l.Experiment.Spec.Metrics.Source != hone.SourcePush }

// markPod labels the pods of a template.
func markPod(r replica, l hone.Launch, primary bool, container string) error {
	metadata, err := childMap(r.template, "metadata")
	if err != nil {
		return err
	}
	labels, err := childMap(metadata, "labels")
	if err != nil {
		return under("metadata", err)
	}
	for name, value := range marksOf(l) {
		labels[name] = value
	}
	delete(labels, labelRole)
	if !primary {
		return nil
	}
	labels[labelRole] = rolePrimary
	notes, err := childMap(metadata, "annotations")
	if err != nil {
		return under("metadata", err)
	}
	notes[noteContainer] = container
	return nil
}

// graceSeconds is a grace time as Kubernetes takes it. Never 0: that would kill the collector with the program.
func graceSeconds(d time.Duration) int64 { return max(int64((d+time.Second-1)/time.Second), 1) }

// keptAfter is how long, in seconds, an object that is kept stays at least.
const keptAfter = 3600

// keepPods takes care that nobody removes pods before their last reading is known: Hone removes them itself. An
// object that is kept may go an hour later, and its pods that still run when it has ended give their devices back.
func keepPods(k kind, obj *unstructured.Unstructured, retain bool) {
	spec := mapIn(obj.Object, "spec")
	live(spec, retain)
	for _, job := range mapsIn(spec, "replicatedJobs") {
		live(mapIn(job, "template", "spec"), retain)
	}
	if k.shape != shapeReplicas || spec == nil {
		return
	}
	policy, err := childMap(spec, "runPolicy")
	if err != nil {
		return // the API server says it better
	}
	live(policy, retain)
	for _, place := range []map[string]any{spec, policy} {
		if place["cleanPodPolicy"] == "All" {
			place["cleanPodPolicy"] = "Running"
		}
	}
	if _, set := policy["cleanPodPolicy"]; !set && retain && spec["cleanPodPolicy"] == nil {
		policy["cleanPodPolicy"] = "Running"
	}
	if len(policy) == 0 {
		delete(spec, "runPolicy")
	}
}

func live(spec map[string]any, retain bool) {
	const field = "ttlSecondsAfterFinished"
	if _, set := spec[field]; !set {
		return
	}
	if retain {
		spec[field] = max(numberOf(spec, field, 0), keptAfter)
	} else {
		delete(spec, field)
	}
}

// oneWriter refuses a Job of several pods that nothing tells apart: all of them would report.
func oneWriter(obj *unstructured.Unstructured) error {
	spec := mapIn(obj.Object, "spec")
	if numberOf(spec, "parallelism", 1) > 1 && spec["completionMode"] != "Indexed" {
		return hone.Errorf(hone.InvalidArgument,
			"spec.trial.manifest.spec.completionMode: a Job whose parallelism is above 1 must be Indexed: the pod with index 0 is the one that reports")
	}
	return nil
}
