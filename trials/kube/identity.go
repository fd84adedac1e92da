package kube

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/validation"

	hone "github.com/hone-tuner/hone"
)

// Labels of an attempt's object and of all its pods.
const (
	labelManagedBy  = "app.kubernetes.io/managed-by"
	labelExperiment = "hone.dev/experiment"
	labelUID        = "hone.dev/uid"
	labelTrial      = "hone.dev/trial"
	labelNumber     = "hone.dev/number"
	labelAttempt    = "hone.dev/attempt"
	// labelRole is "primary" on the pods among which the primary one is.
	labelRole   = "hone.dev/role"
	rolePrimary = "primary"
	// noteContainer is an annotation of these pods: the name of their primary container.
	noteContainer = "hone.dev/container"
	// notePods is an annotation of objects whose pods cannot be seen: they are in another cluster, or made of a template
	// that was not found.
	notePods      = "hone.dev/pods"
	podsElsewhere = "elsewhere"
	// managedByHone is the value of labelManagedBy.
	managedByHone = "hone"
)

// maxName is how long a name of an object may be. Of all kinds TrainJob allows the shortest: its pods' names begin
// with it.
const maxName = 48

// objectName is the name of the object of an attempt: digits-0007, digits-0007-r2. Where that would be too long, the
// experiment's part is cut and its hash put behind it.
func objectName(t hone.Trial) string {
	suffix := strings.TrimPrefix(hone.TrialName(t.Experiment, t.Number), t.Experiment)
	if t.Attempt > 1 {
		suffix += "-r" + strconv.Itoa(t.Attempt)
	}
	if len(t.Experiment)+len(suffix) <= maxName {
		return t.Experiment + suffix
	}
	const digits = 6
	sum := sha256.Sum256([]byte(t.Experiment))
	rest := max(maxName-len(suffix)-1-digits, 1)
	return strings.TrimRight(t.Experiment[:min(rest, len(t.Experiment))], "-") + "-" + hex.EncodeToString(sum[:])[:digits] + suffix
}

// marksOf are the labels that tell whose an object or a pod is.
func marksOf(l hone.Launch) map[string]string {
	return map[string]string{
		labelManagedBy:  managedByHone,
		labelExperiment: l.Experiment.Name,
		labelUID:        l.Experiment.UID,
		labelTrial:      hone.TrialName(l.Experiment.Name, l.Trial.Number),
		labelNumber:     strconv.Itoa(l.Trial.Number),
		labelAttempt:    strconv.Itoa(l.Trial.Attempt),
	}
}

// attemptOf reads from labels whose an object or a pod is; ok is false where they do not tell.
func attemptOf(labels map[string]string) (id hone.AttemptID, ok bool) {
	if labels[labelManagedBy] != managedByHone {
		return id, false
	}
	number, err := strconv.Atoi(labels[labelNumber])
	if err != nil {
		return id, false
	}
	attempt, err := strconv.Atoi(labels[labelAttempt])
	id = hone.AttemptID{UID: labels[labelUID], Number: number, Attempt: attempt}
	return id, err == nil && id.UID != "" && number > 0 && attempt > 0
}

// identify gives an object the name, the namespace and the labels of an attempt. What belongs to an object that was
// copied out of a cluster is taken away, so that it can be created again. Labels of the experiment go to the object,
// too: a queue or whoever pays is named there once.
func identify(obj *unstructured.Unstructured, l hone.Launch) error {
	namespace := namespaceOf(l.Experiment)
	if own := obj.GetNamespace(); own != "" && own != namespace {
		return hone.Errorf(hone.InvalidArgument, "spec.trial.manifest.metadata.namespace: is %q, but the trials of this experiment run in its own namespace, %q: leave it out", own, namespace)
	}
	metadata, err := childMap(obj.Object, "metadata")
	if err != nil {
		return hone.Errorf(hone.InvalidArgument, "spec.trial.manifest.%w", err)
	}
	for _, field := range []string{"generateName", "uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "selfLink"} {
		delete(metadata, field)
	}
	delete(obj.Object, "status")
	labels, err := childMap(metadata, "labels")
	if err != nil {
		return hone.Errorf(hone.InvalidArgument, "spec.trial.manifest.metadata.%w", err)
	}
	for name, value := range l.Experiment.Labels {
		if _, own := labels[name]; !own && len(validation.IsQualifiedName(name)) == 0 && len(validation.IsValidLabelValue(value)) == 0 {
			labels[name] = value
		}
	}
	for name, value := range marksOf(l) {
		labels[name] = value
	}
	metadata["namespace"], metadata["name"] = namespace, objectName(trialOf(l))
	return nil
}

// trialOf is the trial with the name of its experiment, which names are made of.
func trialOf(l hone.Launch) hone.Trial {
	t := l.Trial
	t.Experiment = l.Experiment.Name
	return t
}

func namespaceOf(e hone.Experiment) string {
	if e.Namespace == "" {
		return hone.DefaultNamespace
	}
	return e.Namespace
}

// describe names an object in a message.
func describe(obj *unstructured.Unstructured) string {
	return fmt.Sprintf("%s %q", obj.GetKind(), obj.GetName())
}
