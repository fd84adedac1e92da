package kube

import (
	"cmp"
	"encoding/json"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
)

// phase is how far an attempt has come.
type phase int

const (
	waiting   phase = iota // nothing is there yet
	queued                 // a queue, or somebody, has suspended it
	starting               // its pods are there, its program does not run
	running                // its program runs, or has ended and the object does not say so yet
	succeeded              // the object says so
	failed                 // the object says so, or is gone
)

func (p phase) String() string {
	switch p {
	case waiting:
		return "waiting"
	case queued:
		return "queued"
	case starting:
		return "starting"
	case running:
		return "running"
	case succeeded:
		return "succeeded"
	case failed:
		return "failed"
	}
	return fmt.Sprintf("phase %d", int(p))
}

// reading is what an object and its pods say of an attempt.
type reading struct {
	phase phase
	// detail says why it does not run yet, for people; "" while it runs.
	detail string
	// started is when the primary container of the current pod began; zero when it has not.
	started time.Time
	// exit is how it ended, when it has.
	exit hone.Exit
	// own is the end of the program in the primary pod, whatever the object says of it; nil while it has not ended.
	own *hone.Exit
	// word is what the collector said at its end; nil when it has said nothing (yet).
	word *wire.LastWord
	// primary is the name of the primary pod, the newest one, and container that of its primary container; "" when
	// there is none.
	primary, container string
	// trouble is what keeps it from running, if that may become a failure.
	trouble *trouble
}

// read tells what an object says of an attempt, nil when it is gone, and its pods, also those of earlier restarts and
// those that are gone. success and failure are the conditions of the experiment; nil means the kind's own rule. An
// object of which both hold has failed. That a pod has failed says nothing by itself: whether the whole has is for
// its operator to say, which may start another one.
func read(obj *unstructured.Unstructured, pods []*corev1.Pod, primaryContainer string, success, failure hone.ObjectCondition) reading {
	s := state{pods: pods, wanted: primaryContainer}
	if obj != nil {
		s.obj = obj
		s.kind, s.known = kindOf(obj.GroupVersionKind())
	}
	s.primary = newestPrimary(pods)
	r := reading{}
	if s.primary != nil {
		r.primary, r.container = s.primary.Name, s.containerOf(s.primary)
		r.word = wordOf(s.primary)
		if c := statusOf(s.primary, r.container); c != nil {
			r.started = startOf(*c)
		}
		if r.own = endOf(s.primary, r.container); r.own != nil && r.word != nil {
			refine(r.own, r.word)
		}
	}
	end := s.judge(success, failure)
	switch {
	case obj == nil:
		r.phase, r.exit = failed, s.lost()
	case end.failed:
		r.phase, r.exit = failed, s.failure(end.condition)
	case end.succeeded:
		r.phase, r.exit = succeeded, s.success(end.condition)
	default:
		s.progress(&r)
		return r
	}
	s.times(&r, end.condition)
	if r.word != nil {
		refine(&r.exit, r.word)
	}
	return r
}

// refine puts what the collector knows better into an exit: times to the nanosecond, and why the program of a
// container was killed that lives on in it.
func refine(exit *hone.Exit, w *wire.LastWord) {
	if !w.Start.IsZero() && !w.End.Before(w.Start) {
		exit.Start, exit.End = w.Start, w.End
	}
	if w.OutOfMemory && (exit.Reason == hone.Killed || exit.Reason == hone.NonZeroExit) {
		exit.Reason = hone.OutOfMemory
	}
}

// state is what read looks at.
type state struct {
	obj     *unstructured.Unstructured // nil when it is gone
	kind    kind
	known   bool
	pods    []*corev1.Pod
	primary *corev1.Pod // the newest one; nil when there is none
	wanted  string      // spec.trial.primaryContainer
}

// condition is an entry of status.conditions. The kinds have types of their own for it, with these fields.
type condition struct {
	kind, reason, message string
	true                  bool
	at                    time.Time
}

func (s *state) conditions() (out []condition) {
	if s.obj == nil {
		return nil
	}
	for _, c := range mapsIn(mapIn(s.obj.Object, "status"), "conditions") {
		at, _ := time.Parse(time.RFC3339, cmp.Or(textOf(c, "lastTransitionTime"), textOf(c, "lastUpdateTime"), textOf(c, "lastProbeTime")))
		out = append(out, condition{kind: textOf(c, "type"), reason: textOf(c, "reason"), message: textOf(c, "message"),
			true: textOf(c, "status") == "True", at: at})
	}
	return out
}

// holding finds the condition of a type that is true.
func (s *state) holding(kind string) (condition, bool) {
	if kind == "" {
		return condition{}, false
	}
	for _, c := range s.conditions() {
		if c.kind == kind && c.true {
			return c, true
		}
	}
	return condition{}, false
}

// verdict is whether an object has ended. The condition is the one that says so; empty where an expression said it.
type verdict struct {
	succeeded, failed bool
	condition         condition
}

// judge asks the object whether it has ended. Conditions that only announce the end (SuccessCriteriaMet,
// FailureTarget of a Job) are waited out: pods may still be at work then.
func (s *state) judge(success, failure hone.ObjectCondition) (v verdict) {
	if s.obj == nil {
		return v
	}
	if v.condition, v.failed = s.holding(s.kind.failed); failure != nil {
		v.failed = failure.Holds(s.obj.Object)
	}
	if v.failed {
		return v
	}
	if v.condition, v.succeeded = s.holding(s.kind.succeeded); success != nil {
		v.succeeded = success.Holds(s.obj.Object)
	}
	return v
}

// progress tells how far an attempt has come that has not ended.
func (s *state) progress(r *reading) {
	switch {
	case s.suspended():
		r.phase, r.detail = queued, fmt.Sprintf("queued: the %s is suspended", s.obj.GetKind())
	case s.primary == nil && s.remote():
		s.unseen(r)
	case s.primary == nil:
		r.phase, r.detail = waiting, fmt.Sprintf("waiting for the pods of the %s", s.obj.GetKind())
	default:
		r.phase, r.detail = phaseOf(s.primary, r.container)
	}
	if r.phase == queued {
		r.started = time.Time{}
		return
	}
	r.trouble = s.troubleOf(r.phase)
	if r.trouble != nil && r.phase != running {
		r.detail = r.trouble.message
	}
}

// suspended reports whether the object is: by what is asked of it, or by what it says.
func (s *state) suspended() bool {
	for _, path := range [][]string{{"spec", "suspend"}, {"spec", "runPolicy", "suspend"}} {
		if parent := mapIn(s.obj.Object, path[:len(path)-1]...); parent[path[len(path)-1]] == true {
			return true
		}
	}
	_, yes := s.holding(condSuspended)
	return yes
}

// remote reports whether the pods cannot be seen from here.
func (s *state) remote() bool {
	return s.obj != nil && s.obj.GetAnnotations()[notePods] == podsElsewhere
}

// unseen tells how far an attempt has come by its object alone.
func (s *state) unseen(r *reading) {
	status := mapIn(s.obj.Object, "status")
	began, says := s.holding("Running")
	r.started = firstTime(timeIn(status, "startTime"), timeIn(status, "startedAt"), began.at)
	if !says && r.started.IsZero() {
		r.phase, r.detail = waiting, fmt.Sprintf("waiting for the %s to begin", s.obj.GetKind())
		return
	}
	r.phase, r.started = running, firstTime(r.started, s.obj.GetCreationTimestamp().Time)
}

// containerOf is the name of the primary container of a pod: the one that the pod was marked with.
func (s *state) containerOf(p *corev1.Pod) string {
	if name := p.Annotations[noteContainer]; name != "" {
		return name
	}
	for _, name := range []string{s.wanted, s.kind.container} {
		if name != "" && statusOf(p, name) != nil {
			return name
		}
	}
	if len(p.Status.ContainerStatuses) > 0 {
		return p.Status.ContainerStatuses[0].Name
	}
	return cmp.Or(s.wanted, s.kind.container)
}

// wordOf reads the collector's last word in a pod.
func wordOf(p *corev1.Pod) *wire.LastWord {
	for _, c := range p.Status.InitContainerStatuses {
		if c.Name != collectorContainer || c.State.Terminated == nil {
			continue
		}
		var w wire.LastWord
		if json.Unmarshal([]byte(c.State.Terminated.Message), &w) == nil {
			return &w
		}
	}
	return nil
}

// times fills in when the attempt began and ended, from the best source that there is.
func (s *state) times(r *reading, end condition) {
	status := map[string]any{}
	if s.obj != nil {
		status = mapIn(s.obj.Object, "status")
	}
	var finished time.Time
	if s.primary != nil {
		if c := statusOf(s.primary, r.container); c != nil {
			finished = finishOf(*c)
		}
	}
	r.exit.Start = firstTime(r.exit.Start, r.started, timeIn(status, "startTime"))
	r.exit.End = firstTime(r.exit.End, finished, timeIn(status, "completionTime"), end.at)
	if r.exit.End.Before(r.exit.Start) {
		r.exit.End = firstTime(end.at)
		if r.exit.End.Before(r.exit.Start) {
			r.exit.End = time.Time{}
		}
	}
}

func firstTime(times ...time.Time) time.Time {
	for _, t := range times {
		if !t.IsZero() {
			return t.UTC()
		}
	}
	return time.Time{}
}

func timeIn(status map[string]any, field string) time.Time {
	t, _ := time.Parse(time.RFC3339, textOf(status, field))
	return t
}
