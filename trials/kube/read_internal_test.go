package kube

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
)

// Objects as their operators leave them, shortened.
const (
	jobRuns      = `{apiVersion: batch/v1, kind: Job, metadata: {name: j}, status: {startTime: "2026-11-24T10:00:00Z", active: 1}}`
	jobComplete  = `{apiVersion: batch/v1, kind: Job, metadata: {name: j}, status: {startTime: "2026-11-24T10:00:00Z", completionTime: "2026-11-24T10:01:00Z", conditions: [{type: SuccessCriteriaMet, status: "True"}, {type: Complete, status: "True", reason: CompletionsReached, lastTransitionTime: "2026-11-24T10:01:00Z"}]}}`
	jobAnnounced = `{apiVersion: batch/v1, kind: Job, metadata: {name: j}, status: {conditions: [{type: SuccessCriteriaMet, status: "True"}]}}`
	jobFalling   = `{apiVersion: batch/v1, kind: Job, metadata: {name: j}, status: {conditions: [{type: FailureTarget, status: "True", reason: BackoffLimitExceeded}]}}`
	jobFailed    = `{apiVersion: batch/v1, kind: Job, metadata: {name: j}, status: {conditions: [{type: FailureTarget, status: "True"}, {type: Failed, status: "True", reason: BackoffLimitExceeded, message: Job has reached the specified backoff limit, lastTransitionTime: "2026-11-24T10:02:00Z"}]}}`
	jobLate      = `{apiVersion: batch/v1, kind: Job, metadata: {name: j}, status: {conditions: [{type: Failed, status: "True", reason: DeadlineExceeded, message: Job was active longer than specified deadline}]}}`
	jobDisrupted = `{apiVersion: batch/v1, kind: Job, metadata: {name: j}, status: {conditions: [{type: Failed, status: "True", reason: PodFailurePolicy, message: "Pod team/j-x has condition DisruptionTarget matching FailJob rule at index 0"}]}}`
	jobSuspended = `{apiVersion: batch/v1, kind: Job, metadata: {name: j}, spec: {suspend: true}, status: {conditions: [{type: Suspended, status: "True", reason: JobSuspended}]}}`
	torchRuns    = `{apiVersion: kubeflow.org/v1, kind: PyTorchJob, metadata: {name: j}, status: {conditions: [{type: Created, status: "True"}, {type: Running, status: "True"}]}}`
	torchAgain   = `{apiVersion: kubeflow.org/v1, kind: PyTorchJob, metadata: {name: j}, status: {conditions: [{type: Created, status: "True"}, {type: Running, status: "False"}, {type: Restarting, status: "True", reason: PyTorchJobRestarting}]}}`
	torchQueued  = `{apiVersion: kubeflow.org/v1, kind: PyTorchJob, metadata: {name: j}, spec: {runPolicy: {suspend: true}}, status: {conditions: [{type: Created, status: "True"}]}}`
	torchResumed = `{apiVersion: kubeflow.org/v1, kind: PyTorchJob, metadata: {name: j}, spec: {runPolicy: {suspend: false}}, status: {conditions: [{type: Suspended, status: "False", reason: PyTorchJobResumed}]}}`
	torchDone    = `{apiVersion: kubeflow.org/v1, kind: PyTorchJob, metadata: {name: j}, status: {completionTime: "2026-11-24T10:01:00Z", conditions: [{type: Running, status: "False"}, {type: Succeeded, status: "True", reason: PyTorchJobSucceeded}]}}`
	torchFailed  = `{apiVersion: kubeflow.org/v1, kind: PyTorchJob, metadata: {name: j}, status: {conditions: [{type: Running, status: "False"}, {type: Failed, status: "True", reason: PyTorchJobFailed, message: "PyTorchJob j is failed because 1 Master replica(s) failed."}]}}`
	torchLate    = `{apiVersion: kubeflow.org/v1, kind: PyTorchJob, metadata: {name: j}, status: {conditions: [{type: Failed, status: "True", reason: PyTorchJobFailed, message: Job j has failed because it was active longer than specified deadline}]}}`
	setDone      = `{apiVersion: jobset.x-k8s.io/v1alpha2, kind: JobSet, metadata: {name: j}, status: {terminalState: Completed, conditions: [{type: Completed, status: "True", reason: AllJobsCompleted}]}}`
	setFailed    = `{apiVersion: jobset.x-k8s.io/v1alpha2, kind: JobSet, metadata: {name: j}, status: {terminalState: Failed, conditions: [{type: Failed, status: "True", reason: FailedJobs, message: "jobset failed due to one or more job failures (first failed job: j-node-0)"}]}}`
	trainResumed = `{apiVersion: trainer.kubeflow.org/v1alpha1, kind: TrainJob, metadata: {name: j}, spec: {suspend: false}, status: {conditions: [{type: Suspended, status: "False", reason: Resumed}]}}`
	trainDone    = `{apiVersion: trainer.kubeflow.org/v1alpha1, kind: TrainJob, metadata: {name: j}, status: {conditions: [{type: Suspended, status: "False", reason: Resumed}, {type: Complete, status: "True", reason: AllJobsCompleted}]}}`
	trainUnknown = `{apiVersion: trainer.kubeflow.org/v1alpha1, kind: TrainJob, metadata: {name: j}, status: {conditions: [{type: Failed, status: "True", reason: TrainingRuntimeNotSupported, message: the runtime is not supported}]}}`
)

// Pods as the kubelet and the scheduler leave them, shortened. %s is where more of the metadata goes.
const (
	podRuns    = `{metadata: {name: p, creationTimestamp: "2026-11-24T10:00:01Z"%s}, status: {phase: Running, containerStatuses: [{name: trial, image: "x:1", state: {running: {startedAt: "2026-11-24T10:00:05Z"}}}]}}`
	podDone    = `{metadata: {name: p, creationTimestamp: "2026-11-24T10:00:01Z"%s}, status: {phase: Succeeded, initContainerStatuses: [{name: hone-collector, state: {terminated: {exitCode: 143, message: '{"delivered":true,"readings":12}'}}}], containerStatuses: [{name: trial, state: {terminated: {exitCode: 0, reason: Completed, startedAt: "2026-11-24T10:00:05Z", finishedAt: "2026-11-24T10:00:55Z"}}}]}}`
	podExit3   = `{metadata: {name: p, creationTimestamp: "2026-11-24T10:00:01Z"%s}, status: {phase: Failed, initContainerStatuses: [{name: hone-collector, state: {terminated: {exitCode: 1, message: '{"delivered":false,"readings":2,"error":"the service is away"}'}}}], containerStatuses: [{name: trial, state: {terminated: {exitCode: 3, reason: Error, startedAt: "2026-11-24T10:00:05Z", finishedAt: "2026-11-24T10:00:55Z"}}}]}}`
	podMemory  = `{metadata: {name: p, creationTimestamp: "2026-11-24T10:00:01Z"%s}, status: {phase: Failed, containerStatuses: [{name: trial, state: {terminated: {exitCode: 137, reason: OOMKilled, startedAt: "2026-11-24T10:00:05Z", finishedAt: "2026-11-24T10:00:55Z"}}}]}}`
	podKilled  = `{metadata: {name: p, creationTimestamp: "2026-11-24T10:00:01Z"%s}, status: {phase: Failed, containerStatuses: [{name: trial, state: {terminated: {exitCode: 137, reason: Error}}}]}}`
	podMissing = `{metadata: {name: p, creationTimestamp: "2026-11-24T10:00:01Z"%s}, status: {phase: Failed, containerStatuses: [{name: trial, state: {terminated: {exitCode: 127, reason: Error, message: "there is no program \"pyhton\" in the image (PATH=/bin)"}}}]}}`
	podOwn127  = `{metadata: {name: p, creationTimestamp: "2026-11-24T10:00:01Z"%s}, status: {phase: Failed, containerStatuses: [{name: trial, state: {terminated: {exitCode: 127, reason: Error}}}]}}`
	podEvicted = `{metadata: {name: p, creationTimestamp: "2026-11-24T10:00:01Z"%s}, status: {phase: Failed, reason: Evicted, message: "The node was low on resource: memory.", conditions: [{type: DisruptionTarget, status: "True", reason: TerminationByKubelet}], containerStatuses: [{name: trial, state: {terminated: {exitCode: 137, reason: Error}}}]}}`
	podTaken   = `{metadata: {name: p, creationTimestamp: "2026-11-24T10:00:01Z"%s}, status: {phase: Failed, conditions: [{type: DisruptionTarget, status: "True", reason: PreemptionByScheduler, message: "default-scheduler: preempting to accommodate a higher priority pod"}], containerStatuses: [{name: trial, state: {terminated: {exitCode: 143, reason: Error}}}]}}`
	podNode    = `{metadata: {name: p, creationTimestamp: "2026-11-24T10:00:01Z"%s}, spec: {nodeName: n1}, status: {phase: Failed, conditions: [{type: DisruptionTarget, status: "True", reason: DeletionByTaintManager}]}}`
	podGC      = `{metadata: {name: p, creationTimestamp: "2026-11-24T10:00:01Z"%s}, spec: {nodeName: n1}, status: {phase: Failed, conditions: [{type: DisruptionTarget, status: "True", reason: DeletionByPodGC}]}}`
	podDrained = `{metadata: {name: p, creationTimestamp: "2026-11-24T10:00:01Z"%s}, status: {phase: Failed, conditions: [{type: DisruptionTarget, status: "True", reason: EvictionByEvictionAPI, message: "Eviction API: evicting"}]}}`
	podLate    = `{metadata: {name: p, creationTimestamp: "2026-11-24T10:00:01Z"%s}, status: {phase: Failed, reason: DeadlineExceeded, message: Pod was active on the node longer than the specified deadline}}`
	podNoRoom  = `{metadata: {name: p, creationTimestamp: "2026-11-24T10:00:01Z"%s}, status: {phase: Failed, reason: OutOfcpu, message: "Pod was rejected: Node didn't have enough resource: cpu"}}`
	podWaits   = `{metadata: {name: p, creationTimestamp: "2026-11-24T10:00:01Z"%s}, status: {phase: Pending, conditions: [{type: PodScheduled, status: "False", reason: Unschedulable, message: "0/3 nodes are available: 3 Insufficient nvidia.com/gpu.", lastTransitionTime: "2026-11-24T10:00:02Z"}]}}`
	podGated   = `{metadata: {name: p, creationTimestamp: "2026-11-24T10:00:01Z"%s}, status: {phase: Pending, conditions: [{type: PodScheduled, status: "False", reason: SchedulingGated}]}}`
	podPulls   = `{metadata: {name: p, creationTimestamp: "2026-11-24T10:00:01Z"%s}, spec: {nodeName: n}, status: {phase: Pending, startTime: "2026-11-24T10:00:03Z", initContainerStatuses: [{name: hone-install, image: "c:1", state: {terminated: {exitCode: 0}}}, {name: hone-collector, image: "c:1", state: {running: {}}}], containerStatuses: [{name: trial, image: "x:1", state: {waiting: {reason: PodInitializing}}}]}}`
	podNoImage = `{metadata: {name: p, creationTimestamp: "2026-11-24T10:00:01Z"%s}, spec: {nodeName: n}, status: {phase: Pending, startTime: "2026-11-24T10:00:03Z", containerStatuses: [{name: trial, image: "x:1", state: {waiting: {reason: ImagePullBackOff, message: 'Back-off pulling image "x:1": ErrImagePull: failed to resolve reference: x:1: not found'}}}]}}`
	podSlow    = `{metadata: {name: p, creationTimestamp: "2026-11-24T10:00:01Z"%s}, spec: {nodeName: n}, status: {phase: Pending, startTime: "2026-11-24T10:00:03Z", containerStatuses: [{name: trial, image: "x:1", state: {waiting: {reason: ErrImagePull, message: "dial tcp: i/o timeout"}}}]}}`
	podNever   = `{metadata: {name: p, creationTimestamp: "2026-11-24T10:00:01Z"%s}, spec: {nodeName: n}, status: {phase: Pending, initContainerStatuses: [{name: hone-install, image: "c:1", state: {waiting: {reason: ErrImageNeverPull, message: Container image is not present with pull policy of Never}}}], containerStatuses: [{name: trial, image: "x:1", state: {waiting: {reason: PodInitializing}}}]}}`
	podSecret  = `{metadata: {name: p, creationTimestamp: "2026-11-24T10:00:01Z"%s}, spec: {nodeName: n}, status: {phase: Pending, startTime: "2026-11-24T10:00:03Z", containerStatuses: [{name: trial, image: "x:1", state: {waiting: {reason: CreateContainerConfigError, message: 'secret "s" not found'}}}]}}`
	podBroken  = `{metadata: {name: p, creationTimestamp: "2026-11-24T10:00:01Z"%s}, status: {phase: Failed, containerStatuses: [{name: trial, state: {terminated: {exitCode: 128, reason: StartError, message: "exec: \"x\": permission denied"}}}]}}`
	podMesh    = `{metadata: {name: p, creationTimestamp: "2026-11-24T10:00:01Z"%s}, status: {phase: Running, containerStatuses: [{name: istio-proxy, state: {running: {}}}, {name: trial, state: {terminated: {exitCode: 0}}}]}}`
	podAgain   = `{metadata: {name: p, creationTimestamp: "2026-11-24T10:00:01Z"%s}, status: {phase: Running, containerStatuses: [{name: trial, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 3}}}]}}`
	podBetter  = `{metadata: {name: p, creationTimestamp: "2026-11-24T10:00:01Z"%s}, status: {phase: Running, containerStatuses: [{name: trial, state: {running: {startedAt: "2026-11-24T10:00:05Z"}}, lastState: {terminated: {exitCode: 3, finishedAt: "2026-11-24T10:00:04Z"}}}]}}`
)

// pod makes a primary pod of one of the texts above; change may make another of it.
func pod(t testing.TB, text string, change ...func(*corev1.Pod)) *corev1.Pod {
	t.Helper()
	more := `, uid: u1, labels: {hone.dev/role: primary}, annotations: {hone.dev/container: trial}`
	p := &corev1.Pod{}
	require.NoError(t, runtime.DefaultUnstructuredConverter.FromUnstructured(objectOf(t, fmt.Sprintf(text, more)).Object, p))
	for _, c := range change {
		c(p)
	}
	return p
}

func at(text string) time.Time {
	t, err := time.Parse(time.TimeOnly, text)
	if err != nil {
		panic(err)
	}
	return time.Date(2026, 11, 24, t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}

func TestPhases(t *testing.T) {
	for name, c := range map[string]struct {
		obj    string
		pods   []string
		want   phase
		detail string
	}{
		"nothing is there yet":                   {jobRuns, nil, waiting, "waiting for the pods of the Job"},
		"a pod that runs":                        {jobRuns, []string{podRuns}, running, ""},
		"a program that has ended":               {jobRuns, []string{podDone}, running, ""},
		"a container beside it that goes on":     {jobRuns, []string{podMesh}, running, "its program has ended; container istio-proxy of the pod still runs"},
		"a program that has failed, perhaps":     {jobRuns, []string{podExit3}, starting, "pod p has failed; it may be started again"},
		"an end that is announced":               {jobAnnounced, []string{podDone}, running, ""},
		"a failure that is announced":            {jobFalling, []string{podExit3}, starting, "pod p has failed; it may be started again"},
		"a Job that is complete":                 {jobComplete, []string{podDone}, succeeded, ""},
		"a Job that has failed":                  {jobFailed, []string{podExit3}, failed, ""},
		"a suspended Job":                        {jobSuspended, nil, queued, "queued: the Job is suspended"},
		"a suspended Job whose pods still end":   {jobSuspended, []string{podRuns}, queued, "queued: the Job is suspended"},
		"no node":                                {jobRuns, []string{podWaits}, starting, "0/3 nodes are available: 3 Insufficient nvidia.com/gpu."},
		"a gate":                                 {jobRuns, []string{podGated}, queued, "queued: the pod is held by a scheduling gate"},
		"an image that is pulled":                {jobRuns, []string{podPulls}, starting, "starting container trial: its image, x:1, is pulled if the node has not got it"},
		"a container that is to be started anew": {jobRuns, []string{podAgain}, starting, "container trial has failed and will be started again"},
		"a PyTorchJob":                           {torchRuns, []string{podRuns}, running, ""},
		"one that is restarting is no failure":   {torchAgain, nil, waiting, "waiting for the pods of the PyTorchJob"},
		"one in a queue":                         {torchQueued, nil, queued, "queued: the PyTorchJob is suspended"},
		"one that was resumed":                   {torchResumed, []string{podRuns}, running, ""},
		"one that is done":                       {torchDone, []string{podDone}, succeeded, ""},
		"one that has failed":                    {torchFailed, nil, failed, ""},
		"a JobSet that is done":                  {setDone, nil, succeeded, ""},
		"a JobSet that has failed":               {setFailed, nil, failed, ""},
		"a TrainJob that was resumed":            {trainResumed, []string{podRuns}, running, ""},
		"a TrainJob that is done":                {trainDone, nil, succeeded, ""},
		"a TrainJob of no runtime":               {trainUnknown, nil, failed, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var pods []*corev1.Pod
			for _, text := range c.pods {
				pods = append(pods, pod(t, text))
			}
			r := read(objectOf(t, c.obj), pods, "", nil, nil)
			require.Equal(t, c.want.String(), r.phase.String())
			require.Equal(t, c.detail, r.detail)
			require.Equal(t, r.phase != failed, r.exit.Reason == "")
		})
	}
}

func TestCauses(t *testing.T) {
	asked := func(p *corev1.Pod) { // deleted at 10:00:50, with half a minute's time
		seconds := int64(30)
		p.DeletionGracePeriodSeconds = &seconds
		p.DeletionTimestamp = &p.CreationTimestamp
		when := p.CreationTimestamp
		when.Time = at("10:01:20")
		p.DeletionTimestamp = &when
	}
	later := func(p *corev1.Pod) {
		asked(p)
		p.DeletionTimestamp.Time = at("10:01:40")
	}
	for name, c := range map[string]struct {
		obj     string
		pod     string
		change  func(*corev1.Pod)
		reason  hone.Reason
		code    int
		message string
	}{
		"an exit status":                           {jobFailed, podExit3, nil, hone.NonZeroExit, 3, "container trial of pod p ended with exit status 3"},
		"out of memory":                            {jobFailed, podMemory, nil, hone.OutOfMemory, -1, "container trial of pod p was killed because it needed more memory than its limit"},
		"killed by somebody":                       {jobFailed, podKilled, nil, hone.Killed, -1, "container trial of pod p was killed (SIGKILL)"},
		"no such program":                          {jobFailed, podMissing, nil, hone.StartFailed, -1, `container trial of pod p could not start its program: there is no program "pyhton" in the image`},
		"a program's own status of 127":            {jobFailed, podOwn127, nil, hone.NonZeroExit, 127, "ended with exit status 127"},
		"a container that the runtime refuses":     {jobFailed, podBroken, nil, hone.StartFailed, -1, `could not be started: exec: "x": permission denied`},
		"an evicted pod":                           {jobDisrupted, podEvicted, nil, hone.Evicted, -1, "pod p was evicted: The node was low on resource: memory."},
		"a preempted pod":                          {jobDisrupted, podTaken, nil, hone.Preempted, -1, "pod p was preempted by another one: default-scheduler: preempting"},
		"a node that does not answer":              {jobDisrupted, podNode, nil, hone.NodeLost, -1, "pod p was lost with its node n1"},
		"a node that is gone":                      {jobDisrupted, podGC, nil, hone.NodeLost, -1, "pod p was lost with its node n1"},
		"a node that is emptied":                   {jobFailed, podDrained, nil, hone.Evicted, -1, "pod p was evicted: Eviction API: evicting"},
		"a pod that is gone, and its Job says why": {jobDisrupted, "", nil, hone.Preempted, -1, "DisruptionTarget"},
		"a pod that is gone, and nobody says why":  {jobFailed, "", nil, hone.Killed, -1, "its pods are gone, somebody has deleted them"},
		"a node without room":                      {jobFailed, podNoRoom, nil, hone.Evicted, -1, "pod p was refused by its node: OutOfcpu"},
		"the deadline of the Job":                  {jobLate, podKilled, nil, hone.TimedOut, -1, "DeadlineExceeded: Job was active longer"},
		"the deadline of the pod":                  {jobFailed, podLate, nil, hone.TimedOut, -1, "longer than its activeDeadlineSeconds"},
		"the deadline of an operator":              {torchLate, "", nil, hone.TimedOut, -1, "active longer than specified deadline"},
		"an operator's word":                       {torchFailed, "", nil, hone.NonZeroExit, -1, "the PyTorchJob has failed: PyTorchJobFailed: PyTorchJob j is failed because 1 Master replica(s) failed."},
		"a runtime that nobody supports":           {trainUnknown, "", nil, hone.StartFailed, -1, "the runtime is not supported"},
		"an image that is not there":               {setFailed, podNoImage, nil, hone.ImageUnavailable, -1, "the image of container trial, x:1, cannot be had"},
		"a pod that was deleted while it ran":      {jobFailed, podRuns, asked, hone.Killed, -1, "pod p was deleted by somebody"},
		"a program that ended when it was":         {jobFailed, podExit3, asked, hone.Killed, 3, "pod p was deleted while it ran"},
		"one that had failed when it was":          {jobFailed, podExit3, later, hone.NonZeroExit, 3, "container trial of pod p ended with exit status 3"},
		"a pod that never began":                   {jobFailed, podWaits, asked, hone.Killed, -1, "pod p was deleted by somebody"},
		"a failure before the last start":          {jobFailed, podAgain, nil, hone.NonZeroExit, 3, "ended with exit status 3"},
		"no failure but an old one":                {torchFailed, podBetter, nil, hone.NonZeroExit, -1, "1 Master replica(s) failed"},
	} {
		t.Run(name, func(t *testing.T) {
			var pods []*corev1.Pod
			if c.pod != "" {
				pods = append(pods, pod(t, c.pod))
				if c.change != nil {
					c.change(pods[0])
				}
			}
			for what, seen := range map[string][]*corev1.Pod{"whole": pods, "pruned": prunedAll(pods)} {
				r := read(objectOf(t, c.obj), seen, "", nil, nil)
				require.Equal(t, failed, r.phase, what)
				require.Equal(t, c.reason, r.exit.Reason, "%s: %s", what, r.exit.Message)
				require.Equal(t, c.code, r.exit.Code, what)
				require.Contains(t, r.exit.Message, c.message, what)
			}
		})
	}
}

func prunedAll(pods []*corev1.Pod) (out []*corev1.Pod) {
	for _, p := range pods {
		out = append(out, prune(p))
	}
	return out
}

func TestASuccessIsWhatTheOperatorSays(t *testing.T) {
	r := read(objectOf(t, jobComplete), []*corev1.Pod{pod(t, podDone)}, "", nil, nil)
	require.Equal(t, hone.Exit{Start: at("10:00:05"), End: at("10:00:55")}, r.exit)
	require.Equal(t, &wire.LastWord{Delivered: true, Readings: 12}, r.word)
	require.Equal(t, []string{"p", "trial"}, []string{r.primary, r.container})

	r = read(objectOf(t, jobComplete), nil, "", nil, nil)
	require.Equal(t, hone.Exit{Start: at("10:00:00"), End: at("10:01:00")}, r.exit, "without a pod, the object has the times")
	require.Nil(t, r.word)

	r = read(objectOf(t, torchDone), []*corev1.Pod{pod(t, podExit3)}, "", nil, nil)
	require.Equal(t, succeeded, r.phase)
	require.Equal(t, hone.Reason(""), r.exit.Reason)
	require.Equal(t, 3, r.exit.Code)
	require.Equal(t, &wire.LastWord{Readings: 2, Error: "the service is away"}, r.word)
}

func TestTroubles(t *testing.T) {
	for name, c := range map[string]struct {
		pods []string
		want *trouble
	}{
		"none while all is well":       {[]string{podRuns}, nil},
		"no node":                      {[]string{podWaits}, &trouble{hone.Unschedulable, at("10:00:02"), "0/3 nodes are available: 3 Insufficient nvidia.com/gpu.", false}},
		"an image that does not exist": {[]string{podNoImage}, &trouble{hone.ImageUnavailable, at("10:00:03"), `the image of container trial, x:1, cannot be had: ImagePullBackOff: Back-off pulling image "x:1": ErrImagePull: failed to resolve reference: x:1: not found`, true}},
		"a registry that is away":      {[]string{podSlow}, &trouble{hone.ImageUnavailable, at("10:00:03"), "the image of container trial, x:1, cannot be had: ErrImagePull: dial tcp: i/o timeout", false}},
		"Hone's own image":             {[]string{podNever}, &trouble{hone.ImageUnavailable, at("10:00:01"), "the image of Hone's collector, c:1, cannot be had: ErrImageNeverPull: Container image is not present with pull policy of Never", true}},
		"a Secret that is not there":   {[]string{podSecret}, &trouble{hone.StartFailed, at("10:00:03"), `container trial of pod p cannot be started: CreateContainerConfigError: secret "s" not found`, false}},
		"a gate is none":               {[]string{podGated}, nil},
		"a failure is none yet":        {[]string{podExit3}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var pods []*corev1.Pod
			for _, text := range c.pods {
				pods = append(pods, pod(t, text))
			}
			r := read(objectOf(t, torchRuns), prunedAll(pods), "", nil, nil)
			if c.want == nil {
				require.Nil(t, r.trouble)
				return
			}
			r.trouble.since = r.trouble.since.UTC()
			require.Equal(t, c.want, r.trouble)
			require.Equal(t, c.want.message, r.detail)
			require.Nil(t, read(objectOf(t, torchQueued), pods, "", nil, nil).trouble, "whoever is in a queue has none")
		})
	}
}

func TestATroubleIsAsOldAsItWasSeen(t *testing.T) {
	now := at("10:10:00")
	clock := func() time.Time { return now }
	var d doubt
	require.Nil(t, d.of(nil, clock))
	slow := &trouble{reason: hone.ImageUnavailable, since: at("10:00:00"), message: "i/o timeout"}
	require.Equal(t, at("10:10:00"), d.of(slow, clock).since)
	now = at("10:10:15")
	require.Equal(t, at("10:10:00"), d.of(slow, clock).since)
	require.Equal(t, at("10:00:00"), slow.since, "what was read is not changed")
	require.Nil(t, d.of(nil, clock))
	require.Equal(t, at("10:10:15"), d.of(slow, clock).since, "after it was gone it begins anew")
	require.Equal(t, at("10:00:00"), d.of(&trouble{reason: hone.Unschedulable, since: at("10:00:00")}, clock).since)
}

func worker(name string) func(*corev1.Pod) {
	return func(p *corev1.Pod) {
		p.Name, p.UID = name, "uid-"+p.UID
		p.Labels = map[string]string{labelReplicaType: "worker", labelReplicaIndex: strings.TrimPrefix(name, "worker-")}
		p.Annotations = nil
	}
}

func TestTheOtherPods(t *testing.T) {
	workers := func(text string) *corev1.Pod { return pod(t, text, worker("worker-0")) }
	t.Run("one that waits for a node while the primary one runs is its own affair", func(t *testing.T) {
		require.Nil(t, read(objectOf(t, torchRuns), []*corev1.Pod{pod(t, podRuns), workers(podWaits)}, "", nil, nil).trouble)
	})
	t.Run("one that can never start is not", func(t *testing.T) {
		r := read(objectOf(t, torchRuns), []*corev1.Pod{pod(t, podRuns), workers(podNoImage)}, "", nil, nil)
		require.True(t, r.trouble.final)
		require.Empty(t, r.detail)
	})
	t.Run("the one that failed first is to blame", func(t *testing.T) {
		first := pod(t, podMemory, worker("worker-1"))
		first.Status.ContainerStatuses[0].State.Terminated.FinishedAt.Time = at("10:00:40")
		r := read(objectOf(t, torchFailed), []*corev1.Pod{pod(t, podExit3), first}, "", nil, nil)
		require.Equal(t, hone.OutOfMemory, r.exit.Reason)
		require.Contains(t, r.exit.Message, "pod worker-1")
	})
	t.Run("in the same second, the one that knows why", func(t *testing.T) {
		r := read(objectOf(t, torchFailed), []*corev1.Pod{pod(t, podExit3), workers(podMemory)}, "", nil, nil)
		require.Equal(t, hone.OutOfMemory, r.exit.Reason)
	})
	t.Run("else the primary one", func(t *testing.T) {
		r := read(objectOf(t, torchFailed), []*corev1.Pod{workers(podExit3), pod(t, podExit3)}, "", nil, nil)
		require.Contains(t, r.exit.Message, "of pod p ")
	})
	t.Run("a pod that was taken away is to blame whenever that became known", func(t *testing.T) {
		r := read(objectOf(t, torchFailed), []*corev1.Pod{pod(t, podExit3), workers(podNode)}, "", nil, nil)
		require.Equal(t, hone.NodeLost, r.exit.Reason)
	})
	t.Run("pods that an operator removes afterwards are not", func(t *testing.T) {
		gone := workers(podRuns)
		gone.DeletionTimestamp = &gone.CreationTimestamp
		r := read(objectOf(t, torchFailed), []*corev1.Pod{pod(t, podExit3), gone}, "", nil, nil)
		require.Equal(t, hone.NonZeroExit, r.exit.Reason)
	})
}

func TestThePrimaryPod(t *testing.T) {
	named := func(name, created string, labels map[string]string) *corev1.Pod {
		return pod(t, podRuns, func(p *corev1.Pod) {
			p.Name, p.CreationTimestamp.Time = name, at(created)
			for label, value := range labels {
				p.Labels[label] = value
			}
		})
	}
	for name, c := range map[string]struct {
		pods []*corev1.Pod
		want string
	}{
		"there is none":                  {[]*corev1.Pod{nil, pod(t, podRuns, worker("worker-0"))}, ""},
		"is the newest":                  {[]*corev1.Pod{named("a", "10:00:02", nil), named("b", "10:00:01", nil)}, "a"},
		"has index 0 of an operator":     {[]*corev1.Pod{named("a", "10:00:01", map[string]string{labelReplicaIndex: "0"}), named("b", "10:00:02", map[string]string{labelReplicaIndex: "1"})}, "a"},
		"has index 0 of a Job":           {[]*corev1.Pod{named("a", "10:00:01", map[string]string{labelCompletion: "0"}), named("b", "10:00:02", map[string]string{labelCompletion: "1"})}, "a"},
		"is of the first job of its set": {[]*corev1.Pod{named("a", "10:00:01", map[string]string{labelCompletion: "0", labelJobIndex: "0"}), named("b", "10:00:02", map[string]string{labelCompletion: "0", labelJobIndex: "1"})}, "a"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, read(objectOf(t, torchRuns), c.pods, "", nil, nil).primary)
		})
	}
}

// field holds where a field of the status has a value.
type field struct{ name, value string }

func (f field) Holds(object map[string]any) bool {
	return f.value != "" && textOf(mapIn(object, "status"), f.name) == f.value
}

func TestConditionsOfTheExperiment(t *testing.T) {
	const ray = `{apiVersion: ray.io/v1, kind: RayJob, metadata: {name: j}, status: {jobStatus: %s, message: the driver has failed}}`
	success, failure := field{"jobStatus", "SUCCEEDED"}, field{"jobStatus", "FAILED"}
	require.Equal(t, succeeded, read(objectOf(t, fmt.Sprintf(ray, "SUCCEEDED")), nil, "", success, failure).phase)
	require.Equal(t, waiting, read(objectOf(t, fmt.Sprintf(ray, "RUNNING")), nil, "", success, failure).phase)
	r := read(objectOf(t, fmt.Sprintf(ray, "FAILED")), nil, "", success, failure)
	require.Equal(t, failed, r.phase)
	require.Equal(t, "the RayJob has failed: the driver has failed", r.exit.Message)
	require.Equal(t, failed, read(objectOf(t, fmt.Sprintf(ray, "FAILED")), nil, "", failure, failure).phase, "whoever has done both has failed")

	require.Equal(t, running, read(objectOf(t, jobComplete), []*corev1.Pod{pod(t, podDone)}, "", success, nil).phase, "what is given goes over the kind's own rule")
	require.Equal(t, failed, read(objectOf(t, jobFailed), nil, "", success, nil).phase, "the other one stays")
}

func TestPodsThatCannotBeSeen(t *testing.T) {
	const workflow = `{apiVersion: argoproj.io/v1alpha1, kind: Workflow, metadata: {name: j, annotations: {hone.dev/pods: elsewhere}}, status: {%s}}`
	r := read(objectOf(t, fmt.Sprintf(workflow, "")), nil, "", field{}, nil)
	require.Equal(t, waiting, r.phase)
	require.Equal(t, "waiting for the Workflow to begin", r.detail)
	r = read(objectOf(t, fmt.Sprintf(workflow, `startedAt: "2026-11-24T10:00:00Z"`)), nil, "", field{}, nil)
	require.Equal(t, running, r.phase)
	require.Equal(t, at("10:00:00"), r.started)

	f := fixture{Trial: hone.TrialTemplate{Manifest: asJSON(t, `{apiVersion: batch/v1, kind: Job, spec: {managedBy: kueue.x-k8s.io/multikueue, template: {spec: {containers: [{name: a, command: [x]}]}}}}`)}}
	obj, err := testBuilder().object(launch(f))
	require.NoError(t, err)
	require.Equal(t, podsElsewhere, obj.GetAnnotations()[notePods])
}

func TestAnObjectThatIsGone(t *testing.T) {
	r := read(nil, nil, "", nil, nil)
	require.Equal(t, failed, r.phase)
	require.Equal(t, hone.Lost, r.exit.Reason)
	require.Equal(t, hone.Evicted, read(nil, []*corev1.Pod{pod(t, podEvicted)}, "", nil, nil).exit.Reason, "its pod may say why")
}

func TestWhatIsPrunedIsNotLookedAt(t *testing.T) {
	for _, text := range []string{podRuns, podDone, podExit3, podMemory, podEvicted, podTaken, podNode, podWaits, podNoImage, podSlow, podNever, podSecret, podAgain} {
		for _, obj := range []string{jobRuns, jobFailed, torchRuns, setFailed, jobComplete} {
			whole := pod(t, text)
			whole.Spec.Containers = []corev1.Container{{Name: "trial", Env: []corev1.EnvVar{{Name: "SECRET", Value: "x"}}}}
			before := whole.DeepCopy()
			small := prune(whole)
			require.Equal(t, before, whole)
			require.Empty(t, small.Spec.Containers)
			require.Equal(t, read(objectOf(t, obj), []*corev1.Pod{whole}, "", nil, nil), read(objectOf(t, obj), []*corev1.Pod{small}, "", nil, nil))
		}
	}
}

// FuzzRead: whatever objects and pods there are, there is one answer, the same each time, and it is complete.
func FuzzRead(f *testing.F) {
	for i := range 40 {
		f.Add(uint64(i)*0x9e3779b97f4a7c15, uint64(i)*0xbf58476d1ce4e5b9)
	}
	objects := []string{jobRuns, jobComplete, jobAnnounced, jobFalling, jobFailed, jobLate, jobDisrupted, jobSuspended, torchRuns, torchAgain, torchQueued,
		torchResumed, torchDone, torchFailed, torchLate, setDone, setFailed, trainResumed, trainDone, trainUnknown, `{}`, `{status: [], spec: 1}`,
		`{kind: Job, apiVersion: batch/v1, status: {conditions: [1, {type: 2}, {type: Failed, status: true}], startTime: 3}}`}
	texts := []string{podRuns, podDone, podExit3, podMemory, podKilled, podMissing, podEvicted, podTaken, podNode, podDrained, podLate, podNoRoom, podWaits, podGated,
		podPulls, podNoImage, podSlow, podNever, podSecret, podBroken, podMesh, podAgain, podBetter, `{metadata: {name: ""%s}}`}
	var parsed []*unstructured.Unstructured
	for _, text := range objects {
		parsed = append(parsed, objectOf(f, text))
	}
	var kinds []*corev1.Pod
	for _, text := range texts {
		kinds = append(kinds, pod(f, text))
	}
	f.Fuzz(func(t *testing.T, a, b uint64) {
		draw := func(n int) int {
			k := int(a % uint64(n))
			a = a/uint64(n) ^ b<<7
			b = b*6364136223846793005 + 1442695040888963407
			return k
		}
		obj := parsed[draw(len(parsed))].DeepCopy()
		if more := mapsIn(mapIn(parsed[draw(len(parsed))].Object, "status"), "conditions"); mapIn(obj.Object, "status") != nil {
			for _, c := range more { // the conditions of another one as well
				add(mapIn(obj.Object, "status"), "conditions", c)
			}
		}
		var pods []*corev1.Pod
		for range draw(5) {
			p := kinds[draw(len(kinds))].DeepCopy()
			p.Name, p.CreationTimestamp.Time = fmt.Sprintf("p%d", draw(3)), at("10:00:00").Add(time.Duration(draw(100))*time.Second)
			if draw(2) == 1 {
				worker(fmt.Sprintf("worker-%d", draw(3)))(p)
			}
			if draw(4) == 1 {
				p.DeletionTimestamp = &p.CreationTimestamp
			}
			pods = append(pods, p)
		}
		if draw(9) == 1 {
			pods = append(pods, nil)
		}
		r := read(obj, pods, "", nil, nil)
		complete(t, r)
		if len(pods) > 1 {
			pods[0], pods[len(pods)-1] = pods[len(pods)-1], pods[0]
		}
		if distinct(pods) {
			require.Equal(t, r, read(obj, pods, "", nil, nil), "the order of the pods does not matter")
		}
		complete(t, read(nil, pods, "", nil, nil))
	})
}

func distinct(pods []*corev1.Pod) bool {
	seen := map[string]bool{}
	for _, p := range pods {
		if p != nil {
			if seen[p.Name] {
				return false
			}
			seen[p.Name] = true
		}
	}
	return true
}

// complete checks that a reading does not contradict itself.
func complete(t *testing.T, r reading) {
	t.Helper()
	switch r.phase {
	case failed:
		require.NotEmpty(t, r.exit.Reason)
		require.NotEmpty(t, r.exit.Message)
	case succeeded:
		require.Empty(t, r.exit.Reason)
	default:
		require.Equal(t, hone.Exit{}, r.exit)
		if r.phase != running {
			require.NotEmpty(t, r.detail)
		}
	}
	if !r.exit.Start.IsZero() && !r.exit.End.IsZero() {
		require.False(t, r.exit.End.Before(r.exit.Start))
	}
	if r.trouble != nil {
		require.NotEmpty(t, r.trouble.message)
		require.NotEmpty(t, r.trouble.reason)
	}
}
