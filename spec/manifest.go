package spec

import (
	"encoding/json"
	"fmt"
	"strings"

	hone "github.com/hone-tuner/hone"
)

// faults collects the mistakes of a trial, by the place below spec.trial.
type faults struct{ errs hone.FieldErrors }

func (f *faults) add(at, format string, args ...any) {
	f.errs = append(f.errs, hone.FieldError{Path: "spec.trial." + at, Message: fmt.Sprintf(format, args...)})
}

// objectKind is a kind of object of which Hone itself knows when it has succeeded or failed.
type objectKind struct{ group, version, kind string }

func knownKinds() []objectKind {
	kinds := []objectKind{{"batch", "v1", "Job"}, {"trainer.kubeflow.org", "v1alpha1", "TrainJob"}, {"jobset.x-k8s.io", "v1alpha2", "JobSet"}}
	for _, kind := range []string{"PyTorchJob", "TFJob", "MPIJob", "XGBoostJob", "PaddleJob", "JAXJob"} {
		kinds = append(kinds, objectKind{"kubeflow.org", "v1", kind})
	}
	return kinds
}

// manifest finds the mistakes of a manifest that can be told without a cluster. Those of its placeholders are found
// elsewhere.
func (f *faults) manifest(e hone.Experiment) {
	t := e.Spec.Trial
	for _, resource := range []struct {
		name string
		set  bool
	}{{"cpu", t.CPU != ""}, {"memory", t.Memory != ""}, {"gpus", t.GPUs != 0}} {
		if resource.set {
			f.add(resource.name, "belongs inside the manifest, under the resources of its container")
		}
	}
	var object map[string]any
	if json.Unmarshal(t.Manifest, &object) != nil {
		return // said before
	}
	f.kind(object, *t)
	f.names(object, "manifest")
	metadata, _ := object["metadata"].(map[string]any)
	namespace, _ := metadata["namespace"].(string)
	if namespace != "" && namespace != e.Namespace && namespace != "${experiment.namespace}" {
		f.add("manifest.metadata.namespace", "is %q, but the trials of an experiment run in its own namespace, which is %q: leave it out here, and write it under metadata.namespace of the experiment", clip(namespace), e.Namespace)
	}
}

// kind finds out whether Hone knows what the object says when it ends.
func (f *faults) kind(object map[string]any, t hone.TrialTemplate) {
	apiVersion := f.word(object, "apiVersion", "such as batch/v1")
	kind := f.word(object, "kind", "such as Job")
	if apiVersion == "" || kind == "" {
		return
	}
	group, _, grouped := strings.Cut(apiVersion, "/")
	if !grouped {
		group = ""
	}
	var kinds []string
	meant, known := objectKind{}, false
	for _, k := range knownKinds() {
		if kind == k.kind && group == k.group {
			return
		}
		if group == k.group {
			kinds = append(kinds, k.kind)
		}
		if strings.EqualFold(kind, k.kind) {
			meant, known = k, true
		}
	}
	near := hone.Nearest(kind, kinds)
	switch {
	case known && group == meant.group: // kinds differ by more than the case of letters
		f.add("manifest.kind", "there is no %s; did you mean %s?", clip(kind), meant.kind)
	case t.Success != "":
	case near != "":
		f.add("manifest.kind", "%s is not known; did you mean %s? For another kind, say under success when an object of it has succeeded", clip(kind), near)
	case known:
		f.add("manifest.apiVersion", "is %q, which has no %s that Hone knows; did you mean %s/%s?", clip(apiVersion), clip(kind), meant.group, meant.version)
	default:
		f.add("success", `is missing: Hone does not know when a %s of %s has succeeded; write a CEL expression over it, such as object.status.phase == "Succeeded"`, clip(kind), clip(apiVersion))
	}
}

// word is a field of the object itself that must be a text without placeholders.
func (f *faults) word(object map[string]any, name, example string) string {
	word, isText := object[name].(string)
	switch {
	case object[name] == nil || word == "" && isText:
		f.add("manifest."+name, "is missing: write what the object is, %s", example)
	case !isText:
		f.add("manifest."+name, "must be a text, %s", example)
	case strings.Contains(word, "${"):
		f.add("manifest."+name, "cannot have a placeholder: all trials of an experiment are of one kind")
		return ""
	}
	return word
}

// names looks for placeholders in the names of fields, where they would stay what they are.
func (f *faults) names(value any, at string) {
	switch x := value.(type) {
	case map[string]any:
		for _, name := range sortedNames(x) {
			if strings.Contains(name, "${") && !strings.Contains(name, "$${") {
				f.add(at, "the name of the field %q has a placeholder; they work in values only", clip(name))
			}
			f.names(x[name], at+"."+name)
		}
	case []any:
		for i, item := range x {
			f.names(item, fmt.Sprintf("%s[%d]", at, i))
		}
	}
}
