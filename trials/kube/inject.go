package kube

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/runtime"

	hone "github.com/hone-tuner/hone"
)

// What Hone adds to a pod.
const (
	volumeName         = "hone"
	mountPath          = "/hone"
	trialDir           = mountPath + "/trial"
	trialDirVariable   = "HONE_TRIAL_DIR"
	installContainer   = "hone-install"
	collectorContainer = "hone-collector"
	collectorProgram   = "/collector"                 // in its image
	collectorInPod     = mountPath + "/bin/collector" // in the pod, where the trial's image is another one
	collectorUser      = 65532
)

// inject puts the collector into the pods of a template: a volume, an init container that copies the program
// there, and the sidecar, both before all other init containers, so that it listens when the program begins.
func (b builder) inject(l hone.Launch, r replica, primary map[string]any) error {
	spec := r.spec()
	if err := free(spec, primary); err != nil {
		return err
	}
	own, err := b.containers(l, r, primary)
	if err != nil {
		return err
	}
	theirs, _ := spec["initContainers"].([]any)
	spec["initContainers"] = append(own, theirs...)
	add(spec, "volumes", map[string]any{"name": volumeName, "emptyDir": map[string]any{}})
	add(primary, "volumeMounts", map[string]any{"name": volumeName, "mountPath": mountPath})
	return nil
}

// mountFolder gives a container HONE_TRIAL_DIR where no collector is: every replica can rely on it.
func mountFolder(r replica, c map[string]any) error {
	if mounted(c, trialDir) {
		return nil
	}
	if err := free(r.spec(), c); err != nil {
		return err
	}
	add(r.spec(), "volumes", map[string]any{"name": volumeName, "emptyDir": map[string]any{}})
	add(c, "volumeMounts", map[string]any{"name": volumeName, "mountPath": trialDir})
	return nil
}

func mounted(c map[string]any, at string) bool {
	for _, m := range mapsIn(c, "volumeMounts") {
		if path.Clean(textOf(m, "mountPath")) == at {
			return true
		}
	}
	return false
}

// free reports what stands where Hone's own things have to be.
func free(spec, c map[string]any) error {
	taken := func(what, name string) error {
		return fmt.Errorf("has the %s %q, which is the name of what Hone adds: call it something else", what, name)
	}
	for _, v := range mapsIn(spec, "volumes") {
		if textOf(v, "name") == volumeName {
			return under("spec", taken("volume", volumeName))
		}
	}
	for _, list := range []string{"initContainers", "containers"} {
		for _, other := range mapsIn(spec, list) {
			if name := textOf(other, "name"); name == installContainer || name == collectorContainer {
				return under("spec", taken("container", name))
			}
		}
	}
	if mounted(c, mountPath) {
		return under("spec", taken("mount path", mountPath))
	}
	return nil
}

// add puts an item at the end of a list in a field.
func add(parent map[string]any, field string, item any) {
	list, _ := parent[field].([]any)
	parent[field] = append(list[:len(list):len(list)], item)
}

// wrap lets the program of a container be started by the collector, which copies its output. The command is left as it
// is written, $(NAME) too, which Kubernetes goes on to replace.
func wrap(c map[string]any) error {
	command, ok := c["command"].([]any)
	if !ok || len(command) == 0 {
		return fmt.Errorf("spec.containers: container %q has no command: give the command, Hone starts the program itself and cannot read the image's own entry point", textOf(c, "name"))
	}
	args, _ := c["args"].([]any)
	c["command"] = wrapped(command, args)
	delete(c, "args")
	return nil
}

func wrapped(command, args []any) []any {
	out := make([]any, 0, 3+len(command)+len(args))
	out = append(out, collectorInPod, "exec", "--")
	return append(append(out, command...), args...)
}

// containers are the two init containers.
func (b builder) containers(l hone.Launch, r replica, primary map[string]any) ([]any, error) {
	resources := collectorResources(guaranteed(r.spec()))
	share := corev1.VolumeMount{Name: volumeName, MountPath: mountPath}
	base := corev1.Container{
		Image: b.image, ImagePullPolicy: cmp.Or(b.pullPolicy, corev1.PullIfNotPresent), Resources: resources, SecurityContext: restricted(),
		VolumeMounts: []corev1.VolumeMount{share},
	}
	install, follow := base, base
	install.Name, install.Command = installContainer, []string{collectorProgram, "install", path.Dir(collectorInPod)}
	install.Env = []corev1.EnvVar{{Name: "HONE_DIR", Value: mountPath}}

	always := corev1.ContainerRestartPolicyAlways
	follow.Name, follow.Command, follow.RestartPolicy = collectorContainer, []string{collectorProgram, "follow"}, &always
	follow.TerminationMessagePath, follow.TerminationMessagePolicy = corev1.TerminationMessagePathDefault, corev1.TerminationMessageReadFile
	follow.StartupProbe = &corev1.Probe{
		ProbeHandler:  corev1.ProbeHandler{Exec: &corev1.ExecAction{Command: []string{collectorProgram, "ready"}}},
		PeriodSeconds: 1, TimeoutSeconds: 5, FailureThreshold: 60,
	}
	var err error
	if follow.Env, err = settings(l, r); err != nil {
		return nil, err
	}
	own, err := trees(install, follow)
	if err != nil {
		return nil, err
	}
	mirror(l.Experiment.Spec.Metrics, primary, own[1].(map[string]any)) //nolint:forcetypeassert // trees makes maps
	return own, nil
}

func trees(containers ...corev1.Container) ([]any, error) {
	var out []any
	for i := range containers {
		tree, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&containers[i])
		if err != nil {
			return nil, hone.Errorf(hone.Internal, "a container cannot be written as a tree: %w", err)
		}
		out = append(out, tree)
	}
	return out, nil
}

// settings are what the sidecar is told. They come by the environment: they are data, no words of a command.
func settings(l hone.Launch, r replica) ([]corev1.EnvVar, error) {
	metrics, err := json.Marshal(l.Experiment.Spec.Metrics)
	if err != nil {
		return nil, hone.Errorf(hone.Internal, "spec.metrics cannot be written as JSON: %w", err)
	}
	env := []corev1.EnvVar{{Name: "HONE_POD", ValueFrom: fieldRef("metadata.uid")}}
	for _, v := range []variable{
		{"HONE_DIR", mountPath}, {"HONE_URL", l.URL}, {"HONE_TOKEN", l.Token}, {"HONE_NAMESPACE", namespaceOf(l.Experiment)},
		{"HONE_EXPERIMENT", l.Experiment.Name}, {"HONE_TRIAL", hone.TrialName(l.Experiment.Name, l.Trial.Number)},
		{"HONE_ATTEMPT", strconv.Itoa(l.Trial.Attempt)}, {"HONE_OBJECTIVE", l.Experiment.Spec.Objective.Metric}, {"HONE_METRICS", string(metrics)},
	} {
		env = append(env, corev1.EnvVar{Name: v.name, Value: literal(v.value)})
	}
	if r.index != "" {
		env = append(env, corev1.EnvVar{Name: "HONE_INDEX", ValueFrom: fieldRef(fmt.Sprintf("metadata.labels['%s']", r.index))})
	}
	return env, nil
}

func fieldRef(at string) *corev1.EnvVarSource {
	return &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{APIVersion: "v1", FieldPath: at}}
}

// restricted is what the restricted Pod Security Standard asks for, and more.
func restricted() *corev1.SecurityContext {
	yes, no, user := true, false, int64(collectorUser)
	return &corev1.SecurityContext{
		RunAsNonRoot: &yes, RunAsUser: &user, RunAsGroup: &user, AllowPrivilegeEscalation: &no, ReadOnlyRootFilesystem: &yes,
		Capabilities:   &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
		SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
	}
}

// collectorResources are small. In a Guaranteed pod requests are limits, or the whole pod would lose its class and
// the CPUs that it has for itself; CPU is more there, as it is a limit.
func collectorResources(whole bool) corev1.ResourceRequirements {
	memory := resource.MustParse("32Mi")
	if whole {
		list := corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("100m"), corev1.ResourceMemory: memory}
		return corev1.ResourceRequirements{Requests: list, Limits: list}
	}
	return corev1.ResourceRequirements{
		Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("10m"), corev1.ResourceMemory: resource.MustParse("16Mi")},
		Limits:   corev1.ResourceList{corev1.ResourceMemory: memory},
	}
}

// guaranteed reports whether a pod has the quality of service class Guaranteed: all its containers have limits of CPU and
// memory, and requests that are the same or missing.
func guaranteed(spec map[string]any) bool {
	all := append(mapsIn(spec, "initContainers"), mapsIn(spec, "containers")...)
	for _, c := range all {
		limits, requests := mapIn(c, "resources", "limits"), mapIn(c, "resources", "requests")
		for _, name := range []string{"cpu", "memory"} {
			limit, ok := quantity(limits[name])
			if !ok {
				return false
			}
			if request, ok := quantity(requests[name]); ok && request.Cmp(limit) != 0 {
				return false
			}
		}
	}
	return len(all) > 0
}

func quantity(v any) (resource.Quantity, bool) {
	if v == nil {
		return resource.Quantity{}, false
	}
	q, err := resource.ParseQuantity(fmt.Sprint(v))
	return q, err == nil && !q.IsZero()
}

// mirror mounts in the sidecar what the program's metrics are written to, where that is a volume of the manifest.
func mirror(m hone.MetricsSpec, primary, sidecar map[string]any) {
	if m.Source != hone.SourceFile && m.Source != hone.SourceTensorBoard {
		return
	}
	place := m.Path
	if !path.IsAbs(place) {
		place = path.Join(trialDir, place)
	}
	for _, mount := range mapsIn(primary, "volumeMounts") {
		at := path.Clean(textOf(mount, "mountPath"))
		if at == mountPath || !within(place, at) && !within(at, place) {
			continue
		}
		seen := map[string]any{"readOnly": true}
		for name, value := range mount {
			if name != "readOnly" {
				seen[name] = value
			}
		}
		add(sidecar, "volumeMounts", seen)
	}
}

// within reports whether a path is a folder or lies in it.
func within(place, folder string) bool {
	return place == folder || folder == "/" || strings.HasPrefix(place, folder+"/")
}
