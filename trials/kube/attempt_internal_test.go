package kube

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/hone-tuner/hone"
)

// someAttempt is an attempt of a runner that speaks to nobody, with its object.
func someAttempt() (*Runner, *attempt, *unstructured.Unstructured) {
	l := hone.Launch{Experiment: hone.Experiment{UID: "u1", Name: "digits", Namespace: "vision"}, Trial: hone.Trial{Number: 7, Attempt: 1}}
	l.Experiment.Spec.Trial = &hone.TrialTemplate{}
	r := &Runner{Options: Options{Clock: time.Now}, attempts: map[hone.AttemptID]*attempt{}, complaints: complaints{of: map[string]*complaint{}}}
	a := newAttempt(r, l)
	r.attempts[a.id] = a
	obj := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "batch/v1", "kind": "Job"}}
	obj.SetName("digits-0007")
	obj.SetNamespace("vision")
	obj.SetLabels(marksOf(l))
	obj.SetUID("object")
	obj.SetResourceVersion("9")
	return r, a, obj
}

func TestAnOlderAnswerTakesNothingBack(t *testing.T) {
	r, a, made := someAttempt()
	now := made.DeepCopy()
	now.SetResourceVersion("12")
	r.seen(now) // the watch is faster than the answer of the request
	a.see(made)
	require.Equal(t, "12", a.object.GetResourceVersion())

	_, a, made = someAttempt()
	a.lose(made.DeepCopy())
	a.see(made)
	require.Nil(t, a.look().object, "it was gone before the answer came")
}

func TestOnlyWhatIsTheAttemptsOwnIsTakenIn(t *testing.T) {
	r, a, obj := someAttempt()
	yes := true
	part := obj.DeepCopy()
	part.SetUID("part")
	part.SetOwnerReferences([]metav1.OwnerReference{{Kind: "TrainJob", Name: "digits-0007", UID: "object", Controller: &yes}})
	r.seen(part)
	require.Nil(t, a.object, "a part that its controller gave the same labels is not the object")
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{UID: "forged", Name: "x", Namespace: "elsewhere", Labels: obj.GetLabels()}}
	r.seen(pod)
	require.Zero(t, a.look().pods, "a pod in another namespace is somebody else's")
	pod.Namespace = "vision"
	r.seen(pod)
	require.Equal(t, 1, a.look().alive)
	ended := pod.DeepCopy()
	ended.Status.Phase = corev1.PodFailed
	r.seen(ended)
	require.Zero(t, a.look().alive)
}

func TestTheJanitorKnowsItsOwn(t *testing.T) {
	_, a, obj := someAttempt()
	id, ok := madeFor(obj)
	require.True(t, ok)
	require.Equal(t, a.id, id)
	copied := obj.DeepCopy()
	copied.SetName("my-own-try")
	_, ok = madeFor(copied)
	require.False(t, ok, "somebody's copy under another name")
	yes := true
	obj.SetOwnerReferences([]metav1.OwnerReference{{Controller: &yes}})
	_, ok = madeFor(obj)
	require.False(t, ok, "a part of something")
}

func TestEventsOfAnEarlierObjectAreLeftAside(t *testing.T) {
	r, _, obj := someAttempt()
	created := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	obj.SetCreationTimestamp(metav1.NewTime(created))
	hear := func(name string, uid types.UID, at time.Time) string {
		r.complaints.of["vision"] = &complaint{at: time.Now(), messages: map[about]said{{name, uid}: {"forbidden", at}}}
		message, err := r.why(t.Context(), obj)
		require.NoError(t, err)
		return message
	}
	require.Equal(t, "forbidden", hear("digits-0007", "object", created.Add(time.Second)))
	require.Empty(t, hear("digits-0007", "another", created.Add(time.Second)))
	require.Equal(t, "forbidden", hear("digits-0007-node-0", "part", created.Add(time.Second)))
	require.Empty(t, hear("digits-0007-node-0", "part", created.Add(-time.Minute)))
}
