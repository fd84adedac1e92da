package service_test

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// job is a manifest with one thing wrong.
func job(text string) string {
	return strings.Replace(`
manifest:
  apiVersion: batch/v1
  kind: Job
  spec:
    backoffLimit: 0
    template:
      spec:
        restartPolicy: Never
        containers:
          - {name: train, image: "`+trainerImage+`", command: [/trainer, "say=${parameters.lr}"]}`, "backoffLimit: 0", text, 1)
}

// TestMistakesAreToldAtOnce hands in what cannot run: that is said before anything is made.
func TestMistakesAreToldAtOnce(t *testing.T) {
	s := serve(t)
	for name, tt := range map[string]struct{ trial, says string }{
		"unknown-kind":    {strings.Replace(strings.Replace(job("backoffLimit: 0"), "batch/v1", "example.dev/v1", 1), "kind: Job", "kind: Train", 1) + "\nprimaryContainer: train\nsuccess: object.status.done == true", "no kind Train"},
		"unknown-primary": {job("backoffLimit: 0") + "\nprimaryContainer: other", `it has "train"`},
		"placeholder":     {strings.Replace(job("backoffLimit: 0"), "parameters.lr", "parameters.rate", 1), `no parameter "rate"`},
		"field":           {job("backofLimit: 3"), `unknown field "spec.backofLimit"`},
		"value":           {job("parallelism: -1"), "spec.parallelism"},
	} {
		t.Run(name, func(t *testing.T) {
			_, problem, err := s.try("submit", s.write(name, "budget: {trials: 2}", tt.trial))
			require.Error(t, err)
			require.Contains(t, problem, tt.says)
		})
	}
	s.nothingLeft()
}

// TestMistakesThatShowLater are those that the cluster notices only when it runs the pod. Each ends the experiment
// within a minute.
func TestMistakesThatShowLater(t *testing.T) {
	s := serve(t)
	names := map[string]struct{ trial, reason, says string }{
		"image":   {strings.ReplaceAll(trainer("say=${parameters.lr}"), trainerImage, "docker.io/local/nothing:1"), "ImageUnavailable", "docker.io/local/nothing:1"},
		"program": {strings.ReplaceAll(trainer("say=${parameters.lr}"), "/trainer", "/nothing"), "StartFailed", "/nothing"},
		"exit":    {trainer("say=${parameters.lr}", "say=last words", "fail=7"), "NonZeroExit", "last words"},
		"silent":  {trainer("say=${parameters.lr}"), "MetricsUnavailable", "accuracy"},
	}
	began := time.Now()
	for name, tt := range names {
		s.hone("submit", s.write(name, "parallelism: 3\nbudget: {trials: 9}", tt.trial))
	}
	for name, tt := range names {
		e := s.finished(name)
		t.Logf("%s: %v after submission: %s", name, time.Since(began).Round(time.Second), e.Status.Message)
		require.Equal(t, "Failed", e.Status.State)
		require.Contains(t, e.Status.Message, tt.reason)
		said := ""
		for _, tr := range s.trials(name) { // others may still be stopping
			if tr.Reason == tt.reason {
				said = tr.Message
			}
		}
		require.Contains(t, said, tt.says)
	}
	s.nothingLeft()
}

// TestANamespaceThatRefusesThePods ends in its own words.
func TestANamespaceThatRefusesThePods(t *testing.T) {
	s := serve(t)
	s.c.Kubectl("label", "namespace", s.namespace, "pod-security.kubernetes.io/enforce=restricted")
	s.hone("submit", s.write("root", "parallelism: 1\nbudget: {trials: 3}", job("backoffLimit: 0")))
	e := s.finished("root")
	require.Contains(t, e.Status.Message, "Refused")
	require.Contains(t, s.trial("root-0001").Message, "violates PodSecurity")
}

// TestANamespaceWithoutRights gives the service an account that may do nothing in it.
func TestANamespaceWithoutRights(t *testing.T) {
	s := serve(t)
	s.end(syscall.SIGTERM)
	s.kubeconfig = s.c.ServiceAccount(s.namespace, "nobody").Kubeconfig
	s.start()
	_, problem, err := s.try("submit", s.write("rights", "budget: {trials: 2}", trainer("say=${parameters.lr}")))
	require.Error(t, err)
	require.Contains(t, problem, "may not make objects of kind Job")
	require.Contains(t, problem, "cannot create resource")
}
