package kube

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	hone "github.com/hone-tuner/hone"
)

// cause is why a pod failed.
type cause struct {
	reason  hone.Reason
	message string
	hint    string // the usual reason, where nothing tells the real one
	code    int
	start   time.Time
	end     time.Time
	primary bool
}

// success is the end of an attempt whose object says that it has succeeded. What its containers left is not held against
// it: whether a container's status is a failure of the whole is for the operator to say.
func (s *state) success(condition) hone.Exit {
	exit := hone.Exit{}
	if s.primary != nil {
		if c := statusOf(s.primary, s.containerOf(s.primary)); c != nil && c.State.Terminated != nil {
			exit.Code = int(c.State.Terminated.ExitCode)
		}
	}
	return exit
}

// lost is the end of an attempt whose object is gone.
func (s *state) lost() hone.Exit {
	exit := hone.Exit{Reason: hone.Lost, Code: -1, Message: "its object is gone: somebody has deleted it"}
	if c, ok := s.worst(); ok && disrupted(c.reason) {
		exit.Reason, exit.Message = c.reason, c.message
	}
	return exit
}

// failure is the end of an attempt whose object says that it has failed. The object says that, its pods say why.
func (s *state) failure(end condition) hone.Exit {
	if overtime(end) {
		return hone.Exit{Reason: hone.TimedOut, Code: -1, Message: s.says(end)}
	}
	c, found := s.worst()
	switch {
	case found && (c.reason != hone.Killed || !disruption(end)):
		return hone.Exit{Reason: c.reason, Code: c.code, Message: c.message + c.hint}
	case disruption(end):
		return hone.Exit{Reason: hone.Preempted, Code: -1, Message: s.says(end)}
	case end.reason == "TrainingRuntimeNotSupported":
		return hone.Exit{Reason: hone.StartFailed, Code: -1, Message: s.says(end)}
	case s.vanished(end):
		return hone.Exit{Reason: hone.Killed, Code: -1, Message: "its pods are gone, somebody has deleted them; " + s.says(end)}
	}
	return hone.Exit{Reason: hone.NonZeroExit, Code: -1, Message: s.says(end)}
}

// overtime reports whether an object ended at its own deadline.
func overtime(end condition) bool {
	return end.reason == "DeadlineExceeded" || strings.Contains(end.message, "active longer than specified deadline")
}

// disruption reports whether a Job says that its pod was taken away. It still does when the pod is gone.
func disruption(end condition) bool {
	return end.reason == "PodFailurePolicy" && strings.Contains(end.message, "condition "+string(corev1.DisruptionTarget))
}

// vanished reports whether the failed pods of an object of Jobs are gone. A Job counts a pod that is deleted
// among those that have failed.
func (s *state) vanished(end condition) bool {
	return len(s.pods) == 0 && !s.remote() && s.kind.shape == shapeJob && end.reason == "BackoffLimitExceeded"
}

// says is what the object says of its end.
func (s *state) says(end condition) string {
	text := strings.Trim(end.reason+": "+end.message, ": ")
	if text == "" { // an expression said so; kinds of other people often have these
		status := mapIn(s.obj.Object, "status")
		text = strings.Trim(textOf(status, "reason")+": "+textOf(status, "message"), ": ")
	}
	if text == "" {
		return fmt.Sprintf("the %s has failed", s.obj.GetKind())
	}
	return clip(fmt.Sprintf("the %s has failed: %s", s.obj.GetKind(), text))
}

// disrupted reports whether a pod was taken away from its program, rather than failed by it.
func disrupted(r hone.Reason) bool {
	return r == hone.Preempted || r == hone.Evicted || r == hone.NodeLost
}

// worst finds the pod that made the others fail: one that was taken away, else the first that failed. Of those of
// the same second it is the one that knows best why.
func (s *state) worst() (cause, bool) {
	var causes []cause
	for _, p := range latest(s.pods) {
		if c, failed := causeOf(p, s.containerOf(p)); failed {
			c.primary = p == s.primary
			causes = append(causes, c)
		}
	}
	if len(causes) == 0 {
		return cause{}, false
	}
	return slices.MinFunc(causes, func(a, b cause) int {
		return cmp.Or(
			compareBool(disrupted(b.reason), disrupted(a.reason)),
			compareBool(a.reason == hone.Killed, b.reason == hone.Killed), // what an operator cleans up afterwards looks so
			compareBool(a.end.IsZero(), b.end.IsZero()),
			a.end.Truncate(time.Second).Compare(b.end.Truncate(time.Second)),
			compareBool(a.reason == hone.NonZeroExit, b.reason == hone.NonZeroExit),
			compareBool(b.primary, a.primary),
			strings.Compare(a.message, b.message),
		)
	}), true
}

// causeOf tells why a pod failed; false when it did not.
func causeOf(p *corev1.Pod, container string) (cause, bool) {
	if c, ok := takenAway(p); ok {
		return c, true
	}
	if p.Status.Reason == "DeadlineExceeded" {
		return cause{reason: hone.TimedOut, code: -1, message: podSays(p, "ran longer than its activeDeadlineSeconds")}, true
	}
	c, ok := failedContainer(p, container)
	switch {
	case ok && byDeletion(p, c):
		c.reason, c.hint, c.message = hone.Killed, "", fmt.Sprintf("pod %s was deleted while it ran (%s)", p.Name, c.message)
		return c, true
	case ok:
		return c, true
	case p.DeletionTimestamp != nil && p.Status.Phase != corev1.PodSucceeded:
		return cause{reason: hone.Killed, code: -1, message: fmt.Sprintf("pod %s was deleted by somebody", p.Name), end: p.DeletionTimestamp.Time}, true
	case p.Status.Phase == corev1.PodFailed && p.Status.Reason != "":
		return cause{reason: rejected(p.Status.Reason), code: -1, message: podSays(p, "was refused by its node: "+p.Status.Reason)}, true
	case p.Status.Phase == corev1.PodFailed:
		return cause{reason: hone.Killed, code: -1, message: podSays(p, "has failed, and nothing says why")}, true
	}
	return notStarted(p)
}

// byDeletion reports whether a container ended because its pod was deleted. What ended before that was asked for has failed by
// itself: operators delete the pods of a job that has failed. Within the same second, the status decides.
func byDeletion(p *corev1.Pod, c cause) bool {
	if p.DeletionTimestamp == nil || c.reason == hone.OutOfMemory {
		return false
	}
	asked := p.DeletionTimestamp.Time
	if grace := p.DeletionGracePeriodSeconds; grace != nil {
		asked = asked.Add(-time.Duration(*grace) * time.Second)
	}
	const terminated = 143
	return c.end.IsZero() || c.end.After(asked) || c.end.Equal(asked) && (c.code == -1 || c.code == terminated)
}

// notStarted is a failure of what had not begun when its object gave up.
func notStarted(p *corev1.Pod) (cause, bool) {
	t := troubleIn(p)
	if t == nil {
		return cause{}, false
	}
	return cause{reason: t.reason, code: -1, message: t.message, start: t.since}, true
}

// rejected is what it means when a kubelet would not take a pod that the scheduler gave it: there was no room for it after
// all, or the node is going down.
func rejected(reason string) hone.Reason {
	switch reason {
	case "NodeLost", "NodeShutdown", "Shutdown", "Terminated":
		return hone.NodeLost
	case "Preempting", "Preempted":
		return hone.Preempted
	}
	return hone.Evicted
}

func podSays(p *corev1.Pod, what string) string {
	return clip(strings.TrimSuffix(fmt.Sprintf("pod %s %s: %s", p.Name, what, p.Status.Message), ": "))
}

// takenAway tells whether a pod was taken away from its program, and by whom.
func takenAway(p *corev1.Pod) (cause, bool) {
	d := podCondition(p, corev1.DisruptionTarget)
	if d != nil && d.Status != corev1.ConditionTrue {
		d = nil
	}
	if d == nil && p.Status.Reason != "Evicted" && p.Status.Reason != "NodeLost" && p.Status.Reason != "Preempting" || p.Status.Phase == corev1.PodSucceeded {
		return cause{}, false
	}
	c := cause{reason: hone.Evicted, code: -1, message: podSays(p, "was evicted")}
	why := p.Status.Reason
	if d != nil {
		c.end = d.LastTransitionTime.Time
		why = d.Reason
	}
	switch why {
	case corev1.PodReasonPreemptionByScheduler, "Preempting":
		c.reason, c.message = hone.Preempted, podSays(p, "was preempted by another one")
	case "DeletionByTaintManager", "DeletionByPodGC", "NodeLost":
		c.reason, c.message = hone.NodeLost, podSays(p, "was lost with its node "+p.Spec.NodeName)
	}
	if d != nil && p.Status.Message == "" && d.Message != "" {
		c.message = clip(c.message + ": " + d.Message)
	}
	return c, true
}

// failedContainer finds the container that made a pod fail: the primary one, else the first that failed. The
// collector's status does not count.
func failedContainer(p *corev1.Pod, container string) (cause, bool) {
	var first *cause
	for _, c := range slices.Concat(p.Status.ContainerStatuses, p.Status.InitContainerStatuses) {
		t := c.State.Terminated
		if t == nil && c.State.Waiting != nil { // to be started again
			t = c.LastTerminationState.Terminated
		}
		if t == nil || t.ExitCode == 0 && t.Reason != "OOMKilled" || c.Name == collectorContainer {
			continue
		}
		found := causeIn(p, c.Name, t)
		if c.Name == container {
			return found, true
		}
		if first == nil || found.end.Before(first.end) {
			first = &found
		}
	}
	if first == nil {
		return cause{}, false
	}
	return *first, true
}

// causeIn tells what the end of a container means.
func causeIn(p *corev1.Pod, name string, t *corev1.ContainerStateTerminated) cause {
	where := fmt.Sprintf("container %s of pod %s", name, p.Name)
	c := cause{reason: hone.NonZeroExit, code: int(t.ExitCode), start: t.StartedAt.Time, end: t.FinishedAt.Time,
		message: fmt.Sprintf("%s ended with exit status %d", where, t.ExitCode)}
	const killed = 137
	own, bySignal := signalled(t)
	if bySignal || c.code == killed {
		c.code = -1
	}
	switch {
	case t.Reason == "OOMKilled", strings.Contains(t.Message, "has run out of memory"):
		c.reason, c.message = hone.OutOfMemory, where+" was killed because it needed more memory than its limit"
	case t.Reason == "StartError" || t.Reason == "ContainerCannotRun" || t.Reason == "RunContainerError":
		c.reason, c.code, c.message = hone.StartFailed, -1, where+" could not be started"
	case notProgram(t):
		c.reason, c.code, c.message = hone.StartFailed, -1, where+" could not start its program"
	case bySignal:
		c.message = where
		if !own {
			c.reason = hone.Killed
		}
	case t.ExitCode == killed:
		c.reason, c.message = hone.Killed, where+" was killed (SIGKILL)"
	}
	if t.Message != "" {
		c.message = clip(c.message + ": " + t.Message)
	}
	if c.reason == hone.Killed && t.ExitCode == killed {
		c.hint = "; nobody here sent it, so perhaps its node was out of memory"
	}
	return c
}

// signalled reports whether a signal ended the program, as the collector says that started it, and whether that is the
// program's own failure, such as a wrong address, which another attempt would only repeat.
func signalled(t *corev1.ContainerStateTerminated) (own, yes bool) {
	_, rest, yes := strings.Cut(t.Message, "the program was ended by signal ")
	for _, name := range []string{"SIGSEGV", "SIGABRT", "SIGFPE", "SIGILL", "SIGBUS", "SIGSYS", "SIGTRAP", "SIGPIPE"} {
		own = own || yes && strings.Contains(rest, name)
	}
	return own, yes
}

// notProgram reports whether the collector found no program to start: it ends as a shell would then, and says why.
func notProgram(t *corev1.ContainerStateTerminated) bool {
	const noProgram, noAccess = 127, 126
	return (t.ExitCode == noProgram || t.ExitCode == noAccess) &&
		(strings.Contains(t.Message, "there is no program") || strings.Contains(t.Message, "cannot be executed"))
}
