package runner_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/trials/kube"
	"github.com/hone-tuner/hone/trials/trialstest"
)

func TestConformance(t *testing.T) {
	s := prepare(t)
	trialstest.Run(t, func(t *testing.T) trialstest.Place {
		t.Parallel()
		return s.place(t)
	})
}

// TestTheCluster tries what a cluster has besides.
func TestTheCluster(t *testing.T) {
	s := prepare(t)
	for name, test := range map[string]func(t *testing.T, s *stand, r *kube.Runner){
		"every reading arrives once":                              readingsArrive,
		"readings arrive also when another runner sees the end":   readingsSurvive,
		"what is released goes, and its log stays":                released,
		"a trial that is queued says so, and can be stopped":      queuedStopped,
		"a trial that is let go of a queue runs":                  queuedReleased,
		"an object of somebody else is left alone":                stranger,
		"a trial of another experiment with its name is no match": namesake,
		"a job that somebody deletes is noticed":                  deleted,
		"an image that is not there ends the trial":               noImage,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, s, s.open(t, t.TempDir()))
		})
	}
}

// launch makes what starts the first attempt of a trial with the program of the suite.
func (s *stand) launch(t *testing.T, args ...string) hone.Launch {
	t.Helper()
	l := trialstest.Launch(trialstest.Experiment(t, args...), 1, 1)
	s.prepare(&l)
	return l
}

func start(t *testing.T, r *kube.Runner, l hone.Launch) {
	t.Helper()
	_, err := r.Start(t.Context(), l)
	require.NoError(t, err)
}

// left lists what is in the cluster of an experiment.
func (s *stand) left(t *testing.T, l hone.Launch) []string {
	t.Helper()
	return strings.Fields(s.c.Kubectl("-n", s.namespace, "get", "jobs,pods", "-l", "hone.dev/uid="+l.Experiment.UID, "-o", "name"))
}

// suspended makes a queue of its own: a Job that nobody starts yet.
func (s *stand) suspended(t *testing.T, args ...string) hone.Launch {
	t.Helper()
	l := s.launch(t, args...)
	trial := *l.Experiment.Spec.Trial
	var job map[string]any
	require.NoError(t, json.Unmarshal(manifest(trial.Command), &job))
	job["spec"].(map[string]any)["suspend"] = true
	var err error
	trial.Manifest, err = json.Marshal(job)
	require.NoError(t, err)
	trial.Image, trial.Command = "", nil
	l.Experiment.Spec.Trial = &trial
	return l
}

// values checks that the readings of a trial are 0, 1, 2 … once each.
func (s *stand) values(t *testing.T, l hone.Launch, n int) {
	t.Helper()
	s.readings.mu.Lock()
	defer s.readings.mu.Unlock()
	got := s.readings.values[l.Trial.Name()]
	require.Len(t, got, n)
	for i, value := range got {
		if value != float64(i) {
			require.FailNow(t, "a reading is not where it should be", "%d: %v", i, value)
		}
	}
}

func readingsArrive(t *testing.T, s *stand, r *kube.Runner) {
	const many = 50_000
	l := s.launch(t, "write", fmt.Sprint(many))
	emission, err := r.Start(t.Context(), l)
	require.NoError(t, err)
	require.Empty(t, trialstest.Finish(t, r, l.ID()).Reason)
	s.values(t, l, many)
	require.NoFileExists(t, emission.Stdout, "there is nothing to be read a second time")
}

func readingsSurvive(t *testing.T, s *stand, r *kube.Runner) {
	l := s.launch(t, "write", "1000")
	start(t, r, l)
	require.NoError(t, r.Close())
	r = s.open(t, t.TempDir())
	start(t, r, l)
	require.Empty(t, trialstest.Finish(t, r, l.ID()).Reason)
	s.values(t, l, 1000)
}

func released(t *testing.T, s *stand, r *kube.Runner) {
	l := s.launch(t, "exit", "3")
	start(t, r, l)
	exit := trialstest.Finish(t, r, l.ID())
	require.Equal(t, 3, exit.Code, exit.Message)
	require.NotEmpty(t, s.left(t, l), "until its end is on record")
	r.Release(l.ID())
	trialstest.Until(t, "nothing is left", func() bool { return len(s.left(t, l)) == 0 })
	log, err := r.OpenLog(t.Context(), l.Experiment, l.Trial, hone.LogQuery{Attempt: 1})
	require.NoError(t, err)
	require.NoError(t, log.Close())
	r.Release(l.ID()) // once more does no harm
}

func queuedStopped(t *testing.T, s *stand, r *kube.Runner) {
	l := s.suspended(t, "exit", "0")
	start(t, r, l)
	trialstest.Until(t, "the trial is queued", func() bool { return strings.Contains(r.Describe(l.ID()), "queued") })
	require.NoError(t, r.Stop(t.Context(), l.ID(), trialstest.Patience))
	exit := trialstest.Finish(t, r, l.ID())
	require.Equal(t, hone.Killed, exit.Reason)
	require.True(t, exit.Requested)
	require.Equal(t, -1, exit.Code)
	require.Empty(t, r.Describe(l.ID()))
	trialstest.Until(t, "nothing is left", func() bool { return len(s.left(t, l)) == 0 })
}

func queuedReleased(t *testing.T, s *stand, r *kube.Runner) {
	l := s.suspended(t, "exit", "5")
	start(t, r, l)
	trialstest.Until(t, "the trial is queued", func() bool { return strings.Contains(r.Describe(l.ID()), "queued") })
	s.c.Kubectl("-n", s.namespace, "patch", "job", l.Trial.Name(), "--type=merge", "-p", `{"spec":{"suspend":false}}`)
	exit := trialstest.Finish(t, r, l.ID())
	require.Equal(t, 5, exit.Code, exit.Message)
}

func stranger(t *testing.T, s *stand, r *kube.Runner) {
	l := s.launch(t, "exit", "0")
	s.c.Kubectl("-n", s.namespace, "create", "job", l.Trial.Name(), "--image="+programImage, "--", program, "sleep")
	start(t, r, l)
	exit := trialstest.Finish(t, r, l.ID())
	require.Equal(t, hone.StartFailed, exit.Reason)
	require.Contains(t, exit.Message, "that Hone has not made")
	r.Release(l.ID())
	require.NoError(t, r.Forget(t.Context(), l.Experiment.UID))
	require.Contains(t, s.c.Kubectl("-n", s.namespace, "get", "job", l.Trial.Name(), "-o", "name"), l.Trial.Name())
	s.c.Kubectl("-n", s.namespace, "delete", "job", l.Trial.Name(), "--grace-period=1")
}

func namesake(t *testing.T, s *stand, r *kube.Runner) {
	first := s.launch(t, "exit", "3")
	start(t, r, first)
	require.Equal(t, 3, trialstest.Finish(t, r, first.ID()).Code)
	second := s.launch(t, "exit", "4")
	second.Experiment.Name, second.Trial.Experiment = first.Experiment.Name, first.Experiment.Name
	start(t, r, second)
	exit := trialstest.Finish(t, r, second.ID())
	require.Equal(t, hone.StartFailed, exit.Reason)
	require.Contains(t, exit.Message, "another experiment")
}

func deleted(t *testing.T, s *stand, r *kube.Runner) {
	file := filepath.Join(t.TempDir(), "never")
	l := s.launch(t, "until", file)
	start(t, r, l)
	trialstest.Until(t, "it runs", func() bool {
		phase, _ := s.c.Try("-n", s.namespace, "get", "pods", "-l", "hone.dev/uid="+l.Experiment.UID, "-o", "jsonpath={.items[*].status.phase}")
		return phase == "Running"
	})
	s.c.Kubectl("-n", s.namespace, "delete", "job", l.Trial.Name())
	exit := trialstest.Finish(t, r, l.ID())
	require.True(t, exit.Reason.Retryable(), "%v", exit)
	require.False(t, exit.Requested)
	require.Contains(t, exit.Message, "deleted")
}

func noImage(t *testing.T, s *stand, r *kube.Runner) {
	l := s.launch(t, "exit", "0")
	trial := *l.Experiment.Spec.Trial
	trial.Manifest = json.RawMessage(strings.ReplaceAll(string(manifest([]string{program, "exit", "0"})), programImage, "docker.io/local/no-such-image:1"))
	trial.Image, trial.Command = "", nil
	l.Experiment.Spec.Trial = &trial
	start(t, r, l)
	exit := trialstest.Finish(t, r, l.ID())
	require.Equal(t, hone.ImageUnavailable, exit.Reason)
	require.Contains(t, exit.Message, "no-such-image")
	r.Release(l.ID())
	trialstest.Until(t, "nothing is left", func() bool { return len(s.left(t, l)) == 0 })
	_, err := os.Stat(filepath.Join(r.Dir, l.Experiment.UID))
	require.ErrorIs(t, err, os.ErrNotExist, "there was no output")
}
