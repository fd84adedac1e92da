package kube

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	hone "github.com/hone-tuner/hone"
)

// ended is a pod whose program has ended.
func ended(code int32, reason, message string) *corev1.Pod {
	at := metav1.NewTime(time.Date(2026, 1, 1, 0, 0, 1, 0, time.UTC))
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "digits-0001-x", Labels: map[string]string{labelRole: rolePrimary},
		Annotations: map[string]string{noteContainer: "trial"}}}
	p.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: "trial", State: corev1.ContainerState{
		Terminated: &corev1.ContainerStateTerminated{ExitCode: code, Reason: reason, Message: message, StartedAt: at, FinishedAt: at},
	}}}
	return p
}

func TestTheEndOfAProgramIsToldByItsContainer(t *testing.T) {
	for name, tt := range map[string]struct {
		pod    *corev1.Pod
		reason hone.Reason
		code   int
		says   string
	}{
		"it ended well":          {ended(0, "Completed", ""), "", 0, ""},
		"it failed":              {ended(4, "Error", ""), hone.NonZeroExit, 4, "exit status 4"},
		"a signal ended it":      {ended(143, "Error", "the program was ended by signal 15 (SIGTERM)"), hone.Killed, -1, "trial of pod digits-0001-x: the program was ended by signal 15"},
		"it broke off by itself": {ended(139, "Error", "the program was ended by signal 11 (SIGSEGV) and left a core dump"), hone.NonZeroExit, -1, "SIGSEGV"},
		"a shell says so":        {ended(143, "Error", ""), hone.NonZeroExit, 143, "exit status 143"},
		"the kubelet killed it":  {ended(137, "Error", ""), hone.Killed, -1, "SIGKILL"},
		"it had no memory":       {ended(137, "OOMKilled", ""), hone.OutOfMemory, -1, "memory"},
		"it is not there":        {ended(127, "Error", `there is no program "x" in the image`), hone.StartFailed, -1, `no program "x"`},
	} {
		t.Run(name, func(t *testing.T) {
			exit := endOf(tt.pod, "trial")
			require.NotNil(t, exit)
			require.Equal(t, tt.reason, exit.Reason)
			require.Equal(t, tt.code, exit.Code)
			require.Contains(t, exit.Message, tt.says)
			require.False(t, exit.End.IsZero())
		})
	}
	require.Nil(t, endOf(ended(137, "ContainerStatusUnknown", "The container could not be located"), "trial"), "nobody knows")
	require.Nil(t, endOf(ended(0, "", ""), "another"))
}

func TestWhoIsAskedToEndKeepsItsOwnEnd(t *testing.T) {
	asked := hone.Exit{Reason: hone.Killed, Code: -1, Message: "it was asked to end", Requested: true}
	late := hone.Exit{Reason: hone.TimedOut, Code: -1, Message: "it ran longer than its timeout of 1s"}
	of := func(p *corev1.Pod) sight {
		return sight{reading: read(nil, []*corev1.Pod{p}, "", nil, nil)}
	}
	require.Equal(t, asked, sight{}.answer(asked), "nothing of it had begun")

	exit := of(ended(0, "Completed", "")).answer(asked)
	require.Empty(t, exit.Reason)
	require.True(t, exit.Requested)

	exit = of(ended(4, "Error", "")).answer(asked)
	require.Equal(t, hone.NonZeroExit, exit.Reason)
	require.Equal(t, 4, exit.Code)
	require.True(t, exit.Requested)

	exit = of(ended(137, "Error", "")).answer(asked)
	require.Equal(t, hone.Killed, exit.Reason)
	require.Contains(t, exit.Message, "it was asked to end")
	require.NotContains(t, exit.Message, "memory", "it is known why")

	exit = of(ended(4, "Error", "")).answer(late)
	require.Equal(t, hone.TimedOut, exit.Reason)
	require.Equal(t, late.Message, exit.Message)
	require.Equal(t, 4, exit.Code)
	require.False(t, exit.Requested)
}

func TestWhoIsKilledOutOfNowhereGetsTheUsualCause(t *testing.T) {
	failure := func(p *corev1.Pod) hone.Exit {
		s := state{pods: []*corev1.Pod{p}, primary: p}
		return s.failure(condition{})
	}
	require.Contains(t, failure(ended(137, "Error", "")).Message, "out of memory")
	p := ended(137, "Error", "")
	p.DeletionTimestamp = &p.Status.ContainerStatuses[0].State.Terminated.FinishedAt
	require.NotContains(t, failure(p).Message, "out of memory", "somebody has deleted its pod")
}

func TestALaterAttemptWaitsForTheEarlierOnes(t *testing.T) {
	r := &Runner{attempts: map[hone.AttemptID]*attempt{}}
	first := newAttempt(r, hone.Launch{Experiment: hone.Experiment{UID: "u", Name: "digits"}, Trial: hone.Trial{Number: 1, Attempt: 1}})
	r.attempts[first.id] = first
	third := hone.AttemptID{UID: "u", Number: 1, Attempt: 3}
	require.NoError(t, r.early(first.id))
	require.ErrorIs(t, r.early(third), hone.Conflict)
	require.NoError(t, r.early(hone.AttemptID{UID: "u", Number: 2, Attempt: 3}), "that is another trial")
	first.finish(hone.Exit{})
	require.NoError(t, r.early(third))
}
