package kube

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	hone "github.com/hone-tuner/hone"
)

// replica is one pod template of an object. Its maps are those of the object: to change them is to change it.
type replica struct {
	path     string         // for messages: spec.template
	name     string         // Master; of a job set, the name of the job
	template map[string]any // with metadata and spec
	job      map[string]any // of a job set: the template of the job around it
	// shared reports whether several pods may be made of it, whose index the operator does not tell by itself; then
	// index is the label that does.
	index string
	// times is how often the job around it is there, of a job set.
	times int64
}

func (r replica) spec() map[string]any { return mapIn(r.template, "spec") }

func (r replica) containers() []map[string]any { return mapsIn(r.spec(), "containers") }

func (r replica) container(name string) map[string]any {
	for _, c := range r.containers() {
		if textOf(c, "name") == name {
			return c
		}
	}
	return nil
}

func (r replica) containerNames() []string {
	var names []string
	for _, c := range r.containers() {
		names = append(names, textOf(c, "name"))
	}
	return names
}

// Labels by which operators tell the pods of one template apart.
const (
	labelReplicaIndex = "training.kubeflow.org/replica-index"
	labelJobIndex     = "jobset.sigs.k8s.io/job-index"
	labelCompletion   = "batch.kubernetes.io/job-completion-index"
	labelAncestor     = "trainer.kubeflow.org/trainjob-ancestor-step"
	ancestorTrainer   = "trainer"
)

// replicasOf finds the pod templates of an object.
func replicasOf(k kind, obj *unstructured.Unstructured) []replica {
	switch k.shape {
	case shapeJob:
		if template := mapIn(obj.Object, "spec", "template"); template != nil {
			return []replica{{path: "spec.template", name: "pod", template: template}}
		}
	case shapeReplicas:
		return operatorReplicas(k, obj)
	case shapeJobSet:
		return jobSetReplicas(mapIn(obj.Object, "spec"), "spec.")
	case shapeUnknown:
		return searchTemplates(obj.Object, "", nil)
	case shapeTrainJob: // in its runtime
	}
	return nil
}

func operatorReplicas(k kind, obj *unstructured.Unstructured) (out []replica) {
	specs := mapIn(obj.Object, "spec", k.replicas)
	for _, name := range sortedNames(specs) {
		template := mapIn(specs, name, "template")
		if template == nil {
			continue
		}
		r := replica{path: "spec." + k.replicas + "." + name + ".template", name: name, template: template}
		if strings.EqualFold(name, "worker") {
			r.index = labelReplicaIndex
		}
		out = append(out, r)
	}
	return out
}

func jobSetReplicas(spec map[string]any, at string) (out []replica) {
	for i, job := range mapsIn(spec, "replicatedJobs") {
		template := mapIn(job, "template", "spec", "template")
		if template == nil {
			continue
		}
		r := replica{path: fmt.Sprintf("%sreplicatedJobs[%d].template.spec.template", at, i), name: textOf(job, "name"), template: template,
			job: mapIn(job, "template"), times: numberOf(job, "replicas", 1)}
		if r.times > 1 {
			r.index = labelJobIndex
		}
		out = append(out, r)
	}
	return out
}

// searchTemplates finds what looks like a pod template in an object of an unknown kind: a map whose spec has
// containers.
func searchTemplates(node any, at string, out []replica) []replica {
	switch n := node.(type) {
	case map[string]any:
		if r := (replica{path: strings.TrimPrefix(at, "."), template: n}); len(r.containers()) > 0 {
			r.name = r.path
			return append(out, r)
		}
		for _, name := range sortedNames(n) {
			out = searchTemplates(n[name], at+"."+name, out)
		}
	case []any:
		for i, child := range n {
			out = searchTemplates(child, fmt.Sprintf("%s[%d]", at, i), out)
		}
	}
	return out
}

// primaryOf finds the replica that the primary pod is made of, and the name of its primary container.
func primaryOf(k kind, obj *unstructured.Unstructured, replicas []replica, wanted string) (replica, string, error) {
	if len(replicas) == 0 {
		return replica{}, "", noTemplate(k)
	}
	r, err := chooseReplica(k, obj, replicas, wanted)
	if err != nil {
		return replica{}, "", err
	}
	name, err := chooseContainer(k, r, wanted)
	return r, name, err
}

func noTemplate(k kind) error {
	where := "a pod template"
	switch k.shape {
	case shapeJob:
		where = "spec.template, with containers"
	case shapeReplicas:
		where = fmt.Sprintf("spec.%s.%s.template, with containers", k.replicas, k.first[0])
	case shapeJobSet:
		where = "spec.replicatedJobs with a template.spec.template, with containers"
	case shapeUnknown, shapeTrainJob:
		return hone.Errorf(hone.InvalidArgument,
			"spec.trial.manifest: no pod template with containers was found in this %s, so that Hone cannot put its collector in: set metrics.source: push and let the program send its readings", k.Kind.Kind)
	}
	return hone.Errorf(hone.InvalidArgument, "spec.trial.manifest: the %s has no %s", k.Kind.Kind, where)
}

func chooseReplica(k kind, obj *unstructured.Unstructured, replicas []replica, wanted string) (replica, error) {
	switch k.shape {
	case shapeReplicas:
		return firstOf(k, replicas)
	case shapeJobSet:
		return chooseJob(mapIn(obj.Object, "spec"), replicas, wanted)
	case shapeUnknown:
		return searchPrimary(k, replicas, wanted)
	case shapeJob, shapeTrainJob:
	}
	return replicas[0], nil
}

// firstOf finds the replica type that trains in a job of the training operator.
func firstOf(k kind, replicas []replica) (replica, error) {
	for _, name := range k.first {
		for _, r := range replicas {
			if strings.EqualFold(r.name, name) { // as the operator takes them
				return r, nil
			}
		}
	}
	return replica{}, hone.Errorf(hone.InvalidArgument, "spec.trial.manifest.spec.%s: has %s; a %s needs %s", k.replicas,
		listNames(replicas), k.Kind.Kind, strings.Join(k.first, " or "))
}

// chooseJob finds the job of a job set that trains.
func chooseJob(spec map[string]any, replicas []replica, wanted string) (replica, error) {
	var with []replica
	for _, r := range replicas {
		if wanted != "" && r.container(wanted) != nil {
			with = append(with, r)
		}
	}
	if len(with) == 1 {
		return with[0], nil
	}
	if len(replicas) == 1 {
		return replicas[0], nil
	}
	coordinator := textOf(mapIn(spec, "coordinator"), "replicatedJob")
	for _, r := range replicas {
		if r.name == coordinator && coordinator != "" {
			return r, nil
		}
	}
	for _, r := range replicas {
		if isTrainer(r) {
			return r, nil
		}
	}
	return replica{}, hone.Errorf(hone.InvalidArgument,
		"spec.trial.primaryContainer: the job set has several jobs (%s): name the container that trains, one that only one of them has, or set spec.coordinator", listNames(replicas))
}

// isTrainer reports whether a job is marked as the one that trains.
func isTrainer(r replica) bool {
	return mapIn(r.job, "metadata", "labels")[labelAncestor] == ancestorTrainer
}

func searchPrimary(k kind, replicas []replica, wanted string) (replica, error) {
	var with []replica
	for _, r := range replicas {
		if wanted == "" || r.container(wanted) != nil {
			with = append(with, r)
		}
	}
	if len(with) == 1 {
		return with[0], nil
	}
	found := fmt.Sprintf("%d of the %d pod templates that were found in this %s have it", len(with), len(replicas), k.Kind.Kind)
	if wanted == "" {
		found = fmt.Sprintf("%d pod templates were found in this %s", len(with), k.Kind.Kind)
	}
	return replica{}, hone.Errorf(hone.InvalidArgument,
		"spec.trial.primaryContainer: %s (%s): name a container that only one of them has, or set metrics.source: push", found, listNames(replicas))
}

// chooseContainer finds the primary container in a pod template.
func chooseContainer(k kind, r replica, wanted string) (string, error) {
	names := r.containerNames()
	switch {
	case wanted != "" && slices.Contains(names, wanted):
		return wanted, nil
	case wanted != "":
		return "", hone.Errorf(hone.InvalidArgument, "spec.trial.primaryContainer: %s has no container %q; it has %s", r.path, wanted, quoted(names))
	case k.container != "" && slices.Contains(names, k.container):
		return k.container, nil
	case len(names) == 1:
		return names[0], nil
	case len(names) == 0:
		return "", hone.Errorf(hone.InvalidArgument, "spec.trial.manifest.%s: has no containers", r.path)
	}
	return "", hone.Errorf(hone.InvalidArgument, "spec.trial.primaryContainer: %s has the containers %s: say which one trains", r.path, quoted(names))
}

func listNames(replicas []replica) string {
	var out []string
	for _, r := range replicas {
		out = append(out, fmt.Sprintf("%s with %s", r.name, quoted(r.containerNames())))
	}
	return strings.Join(out, ", ")
}

func quoted(names []string) string {
	var out []string
	for _, name := range names {
		out = append(out, fmt.Sprintf("%q", name))
	}
	return strings.Join(out, ", ")
}

func sortedNames(m map[string]any) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// numberOf is the whole number in a field, or what it is when it is missing.
func numberOf(parent map[string]any, name string, missing int64) int64 {
	switch n := parent[name].(type) {
	case int64:
		return n
	case float64:
		return int64(n)
	}
	return missing
}
