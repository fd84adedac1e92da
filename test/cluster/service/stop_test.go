package service_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// trainer is a trial that runs the trainer with some steps, as `image` and `command`.
func trainer(steps ...string) string {
	words, _ := json.Marshal(append([]string{"/trainer"}, steps...))
	return "image: " + trainerImage + "\ncommand: " + string(words) + "\ngrace: 5s"
}

var (
	askedToEnd = regexp.MustCompile(`asked to end at (\S+)`)
	// deciding is the first reading that the rule looks at.
	deciding = regexp.MustCompile(`step=4 .*time=(\d+)`)
)

// TestAnEarlyStopReachesTheProgram lets a rule give a trial up, and reads from its log when the program heard of it.
func TestAnEarlyStopReachesTheProgram(t *testing.T) {
	s := serve(t)
	file := s.write("early", `parallelism: 1
budget: {trials: 1}
earlyStopping: {name: threshold, settings: {lower: 0.5, warmupSteps: 3}}`, trainer("print=200ms", "value=0.1", "steps=1000", "say=${parameters.lr}"))
	s.hone("submit", file)
	e := s.finished("early")
	tr := s.trial("early-0001")
	require.Equal(t, "EarlyStopped", tr.State, "%s %s", e.Status.Message, tr.Message)
	log := s.hone("logs", "early-0001")
	heard := askedToEnd.FindStringSubmatch(log)
	require.NotNil(t, heard, "the program hears SIGTERM, and its log is kept:\n%s", last(log, 5))
	at, err := time.Parse(time.RFC3339Nano, heard[1])
	require.NoError(t, err)
	decided := deciding.FindStringSubmatch(log)
	require.NotNil(t, decided, log)
	ms, err := strconv.ParseInt(decided[1], 10, 64)
	require.NoError(t, err)
	t.Logf("from the reading that decides to SIGTERM in the program: %v", at.Sub(time.UnixMilli(ms)))
	require.GreaterOrEqual(t, len(s.steps("early-0001")), 4)
	s.nothingLeft()
}

// TestDeletingAnExperimentLeavesNothing deletes one whose trials run.
func TestDeletingAnExperimentLeavesNothing(t *testing.T) {
	s := serve(t)
	s.c.Apply(s.namespace, strings.ReplaceAll(plainRuntime, digitsImage, trainerImage))
	s.hone("submit", s.write("jobs", "parallelism: 2\nbudget: {trials: 4}", trainer("say=accuracy=0.5", "wait=10m")))
	s.hone("submit", s.write("trainjobs", "parallelism: 1\nbudget: {trials: 2}",
		strings.ReplaceAll(strings.ReplaceAll(asTrainJob, "/digits", "/trainer"), "--epochs=5", "wait=10m")))
	for _, trial := range []string{"jobs-0001", "jobs-0002", "trainjobs-0001"} {
		s.until(trial+" runs", func() bool {
			out, _ := s.c.Try("-n", s.namespace, "get", "pods", "-l", "hone.dev/trial="+trial, "-o", "jsonpath={.items[*].status.phase}")
			return strings.TrimSpace(out) == "Running"
		})
	}
	s.hone("delete", "jobs", "--yes")
	s.hone("delete", "trainjobs", "--yes")
	s.c.Kubectl("-n", s.namespace, "delete", "trainingruntime", "plain")
	s.nothingLeft()
}

// TestWhatIsRetainedStays keeps the objects of ended trials, until their experiment is deleted.
func TestWhatIsRetainedStays(t *testing.T) {
	s := serve(t)
	s.hone("submit", "--wait", s.write("kept", "parallelism: 2\nbudget: {trials: 2}", trainer("steps=2")+"\nretain: true"))
	out := s.c.Kubectl("-n", s.namespace, "get", "jobs", "-l", "hone.dev/experiment=kept", "-o", "name")
	require.Equal(t, 2, strings.Count(out, "job.batch/"), out)
	s.hone("delete", "kept", "--yes")
	s.nothingLeft()
}

// TestAQueuedTrialWaits suspends the jobs as a queue does, and lets them go later.
func TestAQueuedTrialWaits(t *testing.T) {
	s := serve(t)
	trial := strings.Replace(asJob, "backoffLimit: 0", "backoffLimit: 0\n    suspend: true", 1) + "\ntimeout: 20s"
	s.hone("submit", s.write("queued", "parallelism: 1\nbudget: {trials: 1}", trial))
	s.until("the trial is shown as queued", func() bool { return strings.Contains(s.trial("queued-0001").Message, "queued") })
	before := time.Now()
	s.c.Kubectl("-n", s.namespace, "patch", "job", "queued-0001", "--type=merge", "-p", `{"spec":{"suspend":false}}`)
	e := s.finished("queued")
	require.Equal(t, "Succeeded", e.Status.State, e.Status.Message)
	require.False(t, s.trial("queued-0001").StartTime.Before(before.Truncate(time.Second)), "waiting is not its duration")
}

// TestManyReadings delivers every one of fifty thousand.
func TestManyReadings(t *testing.T) {
	s := serve(t)
	const many = 50_000
	s.hone("submit", "--wait", s.write("many", "parallelism: 1\nbudget: {trials: 1}", trainer(fmt.Sprintf("steps=%d", many))))
	require.Equal(t, curve(many), s.steps("many-0001"))
}

// TestInARestrictedNamespace runs a trial where the restricted Pod Security Standard is enforced.
func TestInARestrictedNamespace(t *testing.T) {
	s := serve(t)
	s.c.Kubectl("label", "namespace", s.namespace, "pod-security.kubernetes.io/enforce=restricted")
	trial := strings.Replace(asJob, "restartPolicy: Never", "restartPolicy: Never\n        securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}", 1)
	trial = strings.Replace(trial, "command: [/digits", "securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}, command: [/digits", 1)
	s.hone("submit", s.write("restricted", "parallelism: 1\nbudget: {trials: 1}", trial))
	e := s.finished("restricted")
	require.Equal(t, "Succeeded", e.Status.State, e.Status.Message)
	require.Equal(t, curve(epochs), s.steps("restricted-0001"))
}

// TestAQuotaIsWaitedFor allows one job at a time: the others wait, which they say, can be stopped meanwhile, and run
// when it is their turn.
func TestAQuotaIsWaitedFor(t *testing.T) {
	s := serve(t)
	s.c.Kubectl("-n", s.namespace, "create", "quota", "one", "--hard=count/jobs.batch=1")
	s.hone("submit", s.write("quota", "parallelism: 3\nbudget: {trials: 4}", trainer("print=100ms", "steps=10")))
	waiting := ""
	s.until("a trial says that it waits for the quota", func() bool {
		for _, tr := range s.trials("quota") {
			if tr.State == "Running" && strings.Contains(tr.Message, "exceeded quota") {
				waiting = tr.Name
			}
		}
		return waiting != ""
	})
	s.hone("stop-trial", waiting)
	s.until("it is stopped", func() bool { return s.trial(waiting).State == "Stopped" })
	e := s.finished("quota")
	require.Equal(t, "Succeeded", e.Status.State, e.Status.Message)
	for _, tr := range s.trials("quota") {
		if tr.Name != waiting {
			require.Equal(t, "Succeeded", tr.State, "%s: %s", tr.Name, tr.Message)
			require.Equal(t, curve(10), s.steps(tr.Name))
		}
	}
	s.nothingLeft()
}
