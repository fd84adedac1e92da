package kube

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	hone "github.com/hone-tuner/hone"
)

// trouble is what keeps an attempt from running, if that may become a failure.
type trouble struct {
	reason hone.Reason
	// since is when it began at the earliest. The kubelet does not say when an image failed for the first time, but when
	// the pod came to its node: a doubt knows it better.
	since   time.Time
	message string
	// final reports that waiting does not help.
	final bool
}

// doubt remembers when a trouble was first seen. An image that was pulled for ten minutes until the registry did not answer
// once has had this trouble for a moment, not for ten minutes.
type doubt struct {
	reason hone.Reason
	since  time.Time
}

// of is a trouble that was seen now, since when it is there as far as that is known; nil when there is none.
func (d *doubt) of(t *trouble, now hone.Clock) *trouble {
	if t == nil || t.reason == hone.Unschedulable { // the scheduler says since when
		*d = doubt{}
		return t
	}
	if d.reason != t.reason {
		*d = doubt{t.reason, now()}
	}
	seen := *t
	if d.since.After(seen.since) {
		seen.since = d.since
	}
	return &seen
}

// newestPrimary finds the primary pod: of those that are marked and have the first index, the newest one.
func newestPrimary(pods []*corev1.Pod) (newest *corev1.Pod) {
	for _, p := range pods {
		if p != nil && isPrimary(p) && (newest == nil || newer(p, newest)) {
			newest = p
		}
	}
	return newest
}

func isPrimary(p *corev1.Pod) bool {
	return p.Labels[labelRole] == rolePrimary && isFirst(p)
}

// isFirst reports whether no index of a pod is above the first.
func isFirst(p *corev1.Pod) bool {
	for _, label := range []string{labelReplicaIndex, labelCompletion, labelJobIndex} {
		if index := p.Labels[label]; index != "" && index != "0" {
			return false
		}
	}
	return true
}

func newer(p, q *corev1.Pod) bool {
	return cmp.Or(p.CreationTimestamp.Compare(q.CreationTimestamp.Time), strings.Compare(p.Name, q.Name), strings.Compare(string(p.UID), string(q.UID))) > 0
}

// latest keeps of pods that took the place of others only the last ones.
func latest(pods []*corev1.Pod) (out []*corev1.Pod) {
	places := map[string]*corev1.Pod{}
	for _, p := range pods {
		if p == nil {
			continue
		}
		place := placeOf(p)
		if other := places[place]; other == nil || newer(p, other) {
			places[place] = p
		}
	}
	for _, p := range places {
		out = append(out, p)
	}
	slices.SortFunc(out, func(p, q *corev1.Pod) int {
		return cmp.Or(compareBool(isPrimary(q), isPrimary(p)), strings.Compare(p.Name, q.Name), strings.Compare(string(p.UID), string(q.UID)))
	})
	return out
}

// placeOf tells the place of a pod among those of its object. Where no operator says it, a pod that is not primary has
// one of its own.
func placeOf(p *corev1.Pod) string {
	var labels []string
	told := p.Labels[labelRole] == rolePrimary
	for _, label := range []string{labelReplicaType, labelReplicaIndex, labelReplicatedJob, labelJobIndex, labelCompletion} {
		labels = append(labels, p.Labels[label])
		told = told || p.Labels[label] != ""
	}
	if !told {
		return p.Name + "/" + string(p.UID)
	}
	return p.Labels[labelRole] + "/" + strings.Join(labels, "/")
}

const (
	labelReplicaType   = "training.kubeflow.org/replica-type"
	labelReplicatedJob = "jobset.sigs.k8s.io/replicatedjob-name"
)

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// statusOf finds the status of a container; nil when there is none.
func statusOf(p *corev1.Pod, name string) *corev1.ContainerStatus {
	for i := range p.Status.ContainerStatuses {
		if p.Status.ContainerStatuses[i].Name == name {
			return &p.Status.ContainerStatuses[i]
		}
	}
	return nil
}

func startOf(c corev1.ContainerStatus) time.Time {
	switch {
	case c.State.Running != nil:
		return c.State.Running.StartedAt.UTC()
	case c.State.Terminated != nil:
		return c.State.Terminated.StartedAt.UTC()
	}
	return time.Time{}
}

func finishOf(c corev1.ContainerStatus) time.Time {
	if c.State.Terminated != nil {
		return c.State.Terminated.FinishedAt.UTC()
	}
	return time.Time{}
}

// phaseOf tells how far the primary pod has come, and why not further.
func phaseOf(p *corev1.Pod, container string) (phase, string) {
	c := statusOf(p, container)
	switch {
	case c != nil && c.State.Running != nil:
		return running, ""
	case p.Status.Phase == corev1.PodSucceeded:
		return running, "" // its object will say so
	case c != nil && c.State.Terminated != nil && c.State.Terminated.ExitCode == 0:
		return running, stillThere(p, container)
	case p.Status.Phase == corev1.PodFailed, c != nil && c.State.Terminated != nil:
		return starting, fmt.Sprintf("pod %s has failed; it may be started again", p.Name)
	case gated(p):
		return queued, "queued: the pod is held by a scheduling gate"
	}
	return starting, whyNot(p, container)
}

// stillThere says what keeps a pod whose program has ended: a container beside it that does not end by itself.
func stillThere(p *corev1.Pod, container string) string {
	for _, c := range p.Status.ContainerStatuses {
		if c.Name != container && c.State.Running != nil {
			return fmt.Sprintf("its program has ended; container %s of the pod still runs", c.Name)
		}
	}
	return ""
}

func gated(p *corev1.Pod) bool {
	c := podCondition(p, corev1.PodScheduled)
	return c != nil && c.Status == corev1.ConditionFalse && c.Reason == corev1.PodReasonSchedulingGated
}

func podCondition(p *corev1.Pod, kind corev1.PodConditionType) *corev1.PodCondition {
	for i := range p.Status.Conditions {
		if p.Status.Conditions[i].Type == kind {
			return &p.Status.Conditions[i]
		}
	}
	return nil
}

// whyNot says what a pod waits for that has not begun.
func whyNot(p *corev1.Pod, container string) string {
	if c := podCondition(p, corev1.PodScheduled); c != nil && c.Status == corev1.ConditionFalse && c.Message != "" {
		return clip(c.Message)
	}
	if p.Spec.NodeName == "" && len(p.Status.ContainerStatuses) == 0 {
		return "waiting for a node"
	}
	for _, c := range p.Status.InitContainerStatuses {
		switch {
		case c.State.Running != nil && c.Name != collectorContainer:
			return fmt.Sprintf("init container %s runs", c.Name)
		case c.State.Waiting != nil && c.State.Waiting.Reason != "PodInitializing":
			return waitingFor(c)
		}
	}
	if c := statusOf(p, container); c != nil && c.State.Waiting != nil {
		return waitingFor(*c)
	}
	return "starting the pod"
}

// waitingFor says what a container waits for. While an image is pulled for the first time the status does not tell it
// from the other preparations.
func waitingFor(c corev1.ContainerStatus) string {
	switch w := c.State.Waiting; w.Reason {
	case "ContainerCreating", "PodInitializing", "":
		return fmt.Sprintf("starting container %s: its image, %s, is pulled if the node has not got it", c.Name, c.Image)
	case "CrashLoopBackOff":
		return fmt.Sprintf("container %s has failed and will be started again", c.Name)
	default:
		return clip(strings.TrimSuffix(fmt.Sprintf("container %s: %s: %s", c.Name, w.Reason, w.Message), ": "))
	}
}

// troubleOf finds what keeps the pods from running. While the primary program runs, another pod that waits is its
// own affair, and perhaps meant so; what can never start is not.
func (s *state) troubleOf(p phase) *trouble {
	var found *trouble
	for _, pod := range latest(s.pods) {
		t := troubleIn(pod)
		if t == nil || p == running && !t.final {
			continue
		}
		if found == nil || t.final && !found.final {
			found = t
		}
	}
	return found
}

func troubleIn(p *corev1.Pod) *trouble {
	if p.DeletionTimestamp != nil || p.Status.Phase == corev1.PodSucceeded || p.Status.Phase == corev1.PodFailed {
		return nil
	}
	if c := podCondition(p, corev1.PodScheduled); c != nil && c.Status == corev1.ConditionFalse && c.Reason == corev1.PodReasonUnschedulable {
		return &trouble{reason: hone.Unschedulable, since: firstTime(c.LastTransitionTime.Time, p.CreationTimestamp.Time),
			message: clip(cmp.Or(c.Message, "no node takes the pod"))}
	}
	for _, c := range slices.Concat(p.Status.InitContainerStatuses, p.Status.ContainerStatuses) {
		if c.State.Waiting == nil {
			continue
		}
		if t := troubleWith(p, c); t != nil {
			return t
		}
	}
	return nil
}

func troubleWith(p *corev1.Pod, c corev1.ContainerStatus) *trouble {
	since := placedAt(p)
	w := c.State.Waiting
	switch w.Reason {
	case "ErrImageNeverPull", "InvalidImageName":
		return &trouble{hone.ImageUnavailable, since, imageMessage(c), true}
	case "ErrImagePull", "ImagePullBackOff", "ImageInspectError", "RegistryUnavailable", "SignatureValidationFailed":
		return &trouble{hone.ImageUnavailable, since, imageMessage(c), neverPulls(w.Message)}
	case "CreateContainerConfigError", "CreateContainerError", "RunContainerError", "StartError", "PreCreateHookError", "PreStartHookError":
		return &trouble{hone.StartFailed, since, clip(fmt.Sprintf("container %s of pod %s cannot be started: %s: %s", c.Name, p.Name, w.Reason, w.Message)), false}
	}
	return nil
}

// placedAt is when a pod came to its node.
func placedAt(p *corev1.Pod) time.Time {
	var at time.Time
	if c := podCondition(p, corev1.PodScheduled); c != nil && c.Status == corev1.ConditionTrue {
		at = c.LastTransitionTime.Time
	}
	if p.Status.StartTime != nil {
		at = firstTime(at, p.Status.StartTime.Time)
	}
	return firstTime(at, p.CreationTimestamp.Time)
}

func imageMessage(c corev1.ContainerStatus) string {
	whose := "the image of container " + c.Name
	if c.Name == installContainer || c.Name == collectorContainer {
		whose = "the image of Hone's collector"
	}
	return clip(strings.TrimSuffix(fmt.Sprintf("%s, %s, cannot be had: %s: %s", whose, c.Image, c.State.Waiting.Reason, c.State.Waiting.Message), ": "))
}

// neverPulls reports whether what a registry answered will not change by asking again.
func neverPulls(message string) bool {
	message = strings.ToLower(message)
	for _, sign := range []string{"not found", "manifest unknown", "name unknown", "denied", "unauthorized", "authentication required", "insufficient_scope", "no match for platform", "no matching manifest"} {
		if strings.Contains(message, sign) {
			return true
		}
	}
	return false
}

// longestMessage is how many bytes of what a cluster says are passed on.
const longestMessage = 600

func clip(s string) string {
	s = strings.TrimSpace(s)
	if len(s) <= longestMessage {
		return s
	}
	return strings.ToValidUTF8(s[:longestMessage], "") + "…"
}

// prune keeps of a pod what read looks at, so that thousands can be kept in memory. The pod is not changed.
func prune(pod *corev1.Pod) *corev1.Pod {
	out := &corev1.Pod{TypeMeta: pod.TypeMeta, ObjectMeta: metav1.ObjectMeta{
		Name: pod.Name, Namespace: pod.Namespace, UID: pod.UID, ResourceVersion: pod.ResourceVersion,
		CreationTimestamp: pod.CreationTimestamp, DeletionTimestamp: pod.DeletionTimestamp,
		DeletionGracePeriodSeconds: pod.DeletionGracePeriodSeconds, Labels: map[string]string{},
	}}
	for name, value := range pod.Labels {
		if looked(name) {
			out.Labels[name] = value
		}
	}
	if name, ok := pod.Annotations[noteContainer]; ok {
		out.Annotations = map[string]string{noteContainer: name}
	}
	out.Spec.NodeName = pod.Spec.NodeName
	out.Status = corev1.PodStatus{Phase: pod.Status.Phase, Reason: pod.Status.Reason, Message: pod.Status.Message, StartTime: pod.Status.StartTime}
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodScheduled || c.Type == corev1.DisruptionTarget {
			out.Status.Conditions = append(out.Status.Conditions, c)
		}
	}
	out.Status.InitContainerStatuses = pruneStatuses(pod.Status.InitContainerStatuses)
	out.Status.ContainerStatuses = pruneStatuses(pod.Status.ContainerStatuses)
	return out
}

func looked(label string) bool {
	return strings.HasPrefix(label, "hone.dev/") || slices.Contains([]string{labelManagedBy, labelReplicaType, labelReplicaIndex,
		labelReplicatedJob, labelJobIndex, labelCompletion}, label)
}

func pruneStatuses(list []corev1.ContainerStatus) (out []corev1.ContainerStatus) {
	for _, c := range list {
		out = append(out, corev1.ContainerStatus{Name: c.Name, Image: c.Image, State: c.State, LastTerminationState: c.LastTerminationState, RestartCount: c.RestartCount})
	}
	return out
}
