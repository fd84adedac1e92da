package kube

import (
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/template"
	"github.com/hone-tuner/hone/trials"
)

// trialContainer is the name of the container of a trial that has an image and a command only.
const trialContainer = "trial"

// gpuResource is what trial.gpus asks for.
const gpuResource = "nvidia.com/gpu"

// jobOf makes the Job of a trial that has an image and a command. Its one pod runs once: another attempt is Hone's
// to make, with a name and readings of its own. What takes the pod away is no failure of the program, and the Job says
// so even when the pod is gone: that is what the rule on DisruptionTarget is for.
func jobOf(l hone.Launch) (*unstructured.Unstructured, error) {
	pod, err := podOf(l)
	if err != nil {
		return nil, err
	}
	once := int32(0)
	job := batchv1.Job{
		TypeMeta: metav1.TypeMeta{APIVersion: "batch/v1", Kind: "Job"},
		Spec: batchv1.JobSpec{
			BackoffLimit: &once,
			PodFailurePolicy: &batchv1.PodFailurePolicy{Rules: []batchv1.PodFailurePolicyRule{{
				Action:          batchv1.PodFailurePolicyActionFailJob,
				OnPodConditions: []batchv1.PodFailurePolicyOnPodConditionsPattern{{Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue}},
			}}},
			Template: corev1.PodTemplateSpec{Spec: pod},
		},
	}
	tree, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&job)
	if err != nil {
		return nil, hone.Errorf(hone.Internal, "a Job cannot be written as a tree: %w", err)
	}
	return &unstructured.Unstructured{Object: tree}, nil
}

func podOf(l hone.Launch) (corev1.PodSpec, error) {
	no := false
	grace := graceSeconds(l.Experiment.Spec.Trial.GraceTime())
	pod := corev1.PodSpec{
		RestartPolicy:                 corev1.RestartPolicyNever,
		TerminationGracePeriodSeconds: &grace,
		AutomountServiceAccountToken:  &no,
		// No runAsNonRoot: most images run as root. In a namespace that is restricted, a manifest says it.
		SecurityContext: &corev1.PodSecurityContext{SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}},
	}
	c, err := containerOf(l)
	pod.Containers = []corev1.Container{c}
	return pod, err
}

func containerOf(l hone.Launch) (corev1.Container, error) {
	t, values := l.Experiment.Spec.Trial, template.For(l.Experiment, l.Trial)
	no := false
	c := corev1.Container{Name: trialContainer, SecurityContext: &corev1.SecurityContext{
		AllowPrivilegeEscalation: &no, Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
	}}
	if name, err := primaryContainerOf(l); err != nil {
		return c, err
	} else if name != "" {
		c.Name = name
	}
	var err error
	if c.Image, err = values.String(t.Image); err != nil {
		return c, hone.Errorf(hone.InvalidArgument, "spec.trial.image: %w", err)
	}
	if c.WorkingDir, err = values.String(t.Workdir); err != nil {
		return c, hone.Errorf(hone.InvalidArgument, "spec.trial.workdir: %w", err)
	}
	if !path.IsAbs(c.WorkingDir) { // it is a folder beside the experiment file, which is not in the image
		c.WorkingDir = ""
	}
	if c.Command, err = trials.Arguments(l.Experiment, l.Trial); err != nil {
		return c, err
	}
	if i := slices.IndexFunc(c.Command, func(arg string) bool { return !utf8.ValidString(arg) }); i >= 0 {
		return c, hone.Errorf(hone.InvalidArgument, "spec.trial.command[%d]: is not UTF-8, and nothing else reaches a container", i)
	}
	if i := slices.IndexFunc(c.Command, func(arg string) bool { return strings.Contains(arg, "\x00") }); i >= 0 {
		return c, hone.Errorf(hone.InvalidArgument, "spec.trial.command[%d]: has a zero byte in it, which no program can be given", i)
	}
	for i, arg := range c.Command {
		c.Command[i] = literal(arg)
	}
	c.Resources, err = resourcesOf(t, values)
	return c, err
}

// resourcesOf are the requests of a trial. Memory is its limit as well: a trial that takes more than it asked for is
// the one that fails, not its neighbour. CPU has no limit: idle ones may be used.
func resourcesOf(t *hone.TrialTemplate, values template.Values) (r corev1.ResourceRequirements, err error) {
	r.Requests, r.Limits = corev1.ResourceList{}, corev1.ResourceList{}
	for _, want := range []struct {
		field, text string
		name        corev1.ResourceName
		limit       bool
	}{
		{"cpu", t.CPU, corev1.ResourceCPU, false},
		{"memory", t.Memory, corev1.ResourceMemory, true},
	} {
		text, err := values.String(want.text)
		if err != nil {
			return r, hone.Errorf(hone.InvalidArgument, "spec.trial.%s: %w", want.field, err)
		}
		if text == "" {
			continue
		}
		amount, err := resource.ParseQuantity(text)
		if err != nil || amount.Sign() < 0 {
			return r, hone.Errorf(hone.InvalidArgument, "spec.trial.%s: %q is not an amount; write \"2\" or 500m for CPUs, 4Gi for memory", want.field, text)
		}
		r.Requests[want.name] = amount
		if want.limit {
			r.Limits[want.name] = amount
		}
	}
	if t.GPUs > 0 {
		r.Limits[gpuResource] = resource.MustParse(strconv.Itoa(t.GPUs))
	}
	return r, nil
}
