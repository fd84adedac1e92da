package kube

import (
	"cmp"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	hone "github.com/hone-tuner/hone"
)

// Kinds of runtimes.
const (
	kindRuntime        = "TrainingRuntime"
	kindClusterRuntime = "ClusterTrainingRuntime"
)

// runtimeOf names the runtime of a TrainJob; ok is false for every other kind. The namespace is empty for a runtime of
// the whole cluster.
func runtimeOf(obj *unstructured.Unstructured) (gvr schema.GroupVersionResource, namespace, name string, ok bool) {
	k, known := kindOf(obj.GroupVersionKind())
	if !known || k.shape != shapeTrainJob {
		return gvr, "", "", false
	}
	ref := mapIn(obj.Object, "spec", "runtimeRef")
	gvr = schema.GroupVersionResource{Group: groupTrainer, Version: obj.GroupVersionKind().Version, Resource: "clustertrainingruntimes"}
	if group := textOf(ref, "apiGroup"); group != "" {
		gvr.Group = group
	}
	if textOf(ref, "kind") == kindRuntime {
		gvr.Resource, namespace = "trainingruntimes", obj.GetNamespace()
	}
	return gvr, namespace, textOf(ref, "name"), true
}

// ownTrainer looks after what the TrainJob itself says of the trainer's environment: it goes over that of the
// runtime, so Hone's own variables must not be in it.
func (b builder) ownTrainer(l hone.Launch, obj *unstructured.Unstructured) error {
	ref := mapIn(obj.Object, "spec", "runtimeRef")
	if textOf(ref, "name") == "" {
		return hone.Errorf(hone.InvalidArgument, "spec.trial.manifest.spec.runtimeRef.name: is missing: name the runtime, such as torch-distributed")
	}
	e, err := environmentOf(l)
	if err != nil {
		return err
	}
	trainer := mapIn(obj.Object, "spec", "trainer")
	if list, ok := trainer["env"].([]any); ok {
		trainer["env"] = e.others(list)
	}
	return nil
}

// derive makes the runtime of one attempt out of the one that its TrainJob names, with the collector in it, and
// points the job at it. A TrainJob takes no containers itself. The job's command, where it has one, is wrapped there,
// as it replaces that of the runtime.
func (b builder) derive(l hone.Launch, obj, runtime *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	spec := mapIn(runtime.Object, "spec")
	if spec == nil {
		return nil, hone.Errorf(hone.InvalidArgument, "the runtime %q has no spec", runtime.GetName())
	}
	derived := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": obj.GetAPIVersion(), "kind": kindRuntime,
		"metadata": map[string]any{"name": obj.GetName(), "namespace": obj.GetNamespace()},
		"spec":     (&unstructured.Unstructured{Object: spec}).DeepCopy().Object,
	}}
	labels := runtime.GetLabels()
	if labels == nil {
		labels = map[string]string{}
	}
	for name, value := range marksOf(l) {
		labels[name] = value
	}
	derived.SetLabels(labels)
	k, _ := kindOf(obj.GroupVersionKind())
	keepPods(k, &unstructured.Unstructured{Object: map[string]any{"spec": mapIn(derived.Object, "spec", "template", "spec")}}, l.Experiment.Spec.Trial.Retain)
	if err := b.deriveInto(l, k, obj, derived, runtime.GetName()); err != nil {
		return nil, err
	}
	ref, err := childMap(mapIn(obj.Object, "spec"), "runtimeRef")
	if err != nil {
		return nil, hone.Errorf(hone.InvalidArgument, "spec.trial.manifest.spec.%w", err)
	}
	ref["name"], ref["kind"], ref["apiGroup"] = derived.GetName(), kindRuntime, groupTrainer
	return derived, nil
}

func (b builder) deriveInto(l hone.Launch, k kind, obj, derived *unstructured.Unstructured, from string) error {
	e, err := environmentOf(l)
	if err != nil {
		return err
	}
	replicas := jobSetReplicas(mapIn(derived.Object, "spec", "template", "spec"), "spec.template.spec.")
	trainer, err := trainerOf(replicas, from)
	if err != nil {
		return err
	}
	wanted, err := primaryContainerOf(l)
	if err != nil {
		return err
	}
	name, err := chooseContainer(k, trainer, wanted)
	if err != nil {
		return hone.Errorf(hone.InvalidArgument, "the runtime %q: %w", from, err)
	}
	if name == k.container {
		if err := meet(obj, trainer.container(name)); err != nil {
			return err
		}
	}
	for _, r := range replicas {
		giveWay(r, k, name, l.Experiment.Spec.Trial.Env)
		if err := b.pod(l, k, r, e, r.path == trainer.path, name); err != nil {
			return hone.Errorf(hone.InvalidArgument, "the runtime %q: %s.%w", from, r.path, err)
		}
	}
	if name == k.container && collected(l) {
		return moveCommand(obj, trainer.container(name))
	}
	return nil
}

// giveWay takes variables out of a runtime's container that the experiment sets: it was not written for this one. What the
// TrainJob itself sets goes over both.
func giveWay(r replica, k kind, container string, env map[string]string) {
	c := r.container(cmp.Or(sameContainer(k, r, container), container))
	list, _ := c["env"].([]any)
	var kept []any
	for _, item := range list {
		m, _ := item.(map[string]any)
		if _, set := env[textOf(m, "name")]; !set {
			kept = append(kept, item)
		}
	}
	if len(kept) < len(list) {
		c["env"] = kept
	}
}

// trainerOf finds the job of a runtime that trains, by the label that Trainer itself goes by.
func trainerOf(replicas []replica, from string) (replica, error) {
	for _, r := range replicas {
		if isTrainer(r) {
			return r, nil
		}
	}
	return replica{}, hone.Errorf(hone.InvalidArgument,
		"the runtime %q: none of its jobs (%s) has the label %s=%s, by which Trainer knows the one that trains", from, listNames(replicas), labelAncestor, ancestorTrainer)
}

// meet puts the command that the job gives into the runtime's container, where it will be wrapped.
func meet(obj *unstructured.Unstructured, c map[string]any) error {
	trainer := mapIn(obj.Object, "spec", "trainer")
	for _, field := range []string{"command", "args"} {
		if own, ok := trainer[field].([]any); ok {
			c[field] = own
		}
	}
	if command, _ := c["command"].([]any); len(command) >= 2 && command[0] == "tune" && command[1] == "run" {
		return hone.Errorf(hone.InvalidArgument,
			"spec.trial.manifest.spec.trainer.command: Trainer itself completes the command [tune, run], by the name of the runtime, which a trial cannot keep: write all of its arguments, as in [sh, -c, \"exec tune run RECIPE --config …\"]")
	}
	return nil
}

// moveCommand hands the wrapped command back to the job, where the job had given one: what it says replaces what the
// runtime says.
func moveCommand(obj *unstructured.Unstructured, c map[string]any) error {
	trainer := mapIn(obj.Object, "spec", "trainer")
	if trainer == nil || trainer["command"] == nil && trainer["args"] == nil {
		return nil
	}
	command, ok := c["command"].([]any)
	if !ok {
		return fmt.Errorf("the container %q of the runtime has no command", textOf(c, "name"))
	}
	trainer["command"] = append([]any{}, command...)
	delete(trainer, "args")
	return nil
}
