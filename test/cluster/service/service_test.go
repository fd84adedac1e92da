package service_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone/test/cluster/clustertest"
)

// patience bounds what a test waits for. Nothing is measured by it: a test that reaches it has failed.
const patience = 10 * time.Minute

// service is a `hone serve` outside of the cluster whose trials run in it.
type service struct {
	t            *testing.T
	c            *clustertest.Cluster
	program, dir string
	url, token   string
	kubeconfig   string
	cmd          *exec.Cmd
	flags        []string
	namespace    string
}

// serve starts the service with a namespace of its own, in a cluster that runs pods.
func serve(t *testing.T, flags ...string) *service {
	t.Helper()
	clustertest.Connect(t).NeedsPods()
	return serveAnywhere(t, flags...)
}

// serveAnywhere starts it in any cluster.
func serveAnywhere(t *testing.T, flags ...string) *service {
	t.Helper()
	c := clustertest.Connect(t)
	s := &service{t: t, c: c, program: prepare(t, c), dir: t.TempDir(), kubeconfig: c.Kubeconfig, flags: flags, namespace: c.Namespace()}
	s.url = "http://" + freeAddress(t, c.HostIP)
	t.Cleanup(func() {
		s.end(syscall.SIGTERM)
		if t.Failed() {
			log, _ := os.ReadFile(s.log())
			t.Logf("the end of the service's log:\n%s", last(string(log), 60))
		}
	})
	s.start()
	return s
}

func freeAddress(t *testing.T, ip string) string {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(ip, "0"))
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}

func (s *service) log() string { return filepath.Join(s.dir, "serve.log") }

// start starts the process, again after it was killed, and waits until it serves.
func (s *service) start() {
	s.t.Helper()
	log, err := os.OpenFile(s.log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	require.NoError(s.t, err)
	defer log.Close()
	s.cmd = exec.Command(s.program, append([]string{"serve", "--runner", "kubernetes", "--kubeconfig", s.kubeconfig, "--listen", strings.TrimPrefix(s.url, "http://"),
		"--url", s.url, "--data-dir", filepath.Join(s.dir, "data"), "--token-file", filepath.Join(s.dir, "token"), "--collector-image", collectorImage,
		"--collector-pull-policy", "Never", "--log-level", "debug", "--log-format", "json"}, s.flags...)...)
	s.cmd.Stdout, s.cmd.Stderr = log, log
	require.NoError(s.t, s.cmd.Start())
	s.until("the service is ready", func() bool {
		res, err := http.Get(s.url + "/readyz")
		if err != nil {
			return false
		}
		defer res.Body.Close()
		return res.StatusCode == http.StatusOK
	})
	token, err := os.ReadFile(filepath.Join(s.dir, "token"))
	require.NoError(s.t, err)
	s.token = strings.TrimSpace(string(token))
}

// end ends the process.
func (s *service) end(signal syscall.Signal) {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Signal(signal)
	_ = s.cmd.Wait()
	s.cmd = nil
}

func (s *service) until(what string, holds func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			require.FailNow(s.t, "in vain waited until "+what)
		}
	}
}

// try calls hone as a user does.
func (s *service) try(args ...string) (stdout, stderr string, err error) {
	cmd := exec.Command(s.program, append(args, "-n", s.namespace)...)
	cmd.Env = append(os.Environ(), "HONE_SERVER="+s.url, "HONE_TOKEN="+s.token, "NO_COLOR=1")
	var out, problem bytes.Buffer
	cmd.Stdout, cmd.Stderr, cmd.Dir = &out, &problem, s.dir
	err = cmd.Run()
	return out.String(), problem.String(), err
}

func (s *service) hone(args ...string) string {
	s.t.Helper()
	out, problem, err := s.try(args...)
	require.NoError(s.t, err, problem)
	return out
}

// into decodes what a command prints as JSON.
func (s *service) into(v any, args ...string) {
	s.t.Helper()
	require.NoError(s.t, json.Unmarshal([]byte(s.hone(append(args, "-o", "json")...)), v))
}

// write writes an experiment file.
func (s *service) write(name, limits, trial string) string {
	s.t.Helper()
	file := filepath.Join(s.dir, name+".yaml")
	text := fmt.Sprintf(`apiVersion: hone.dev/v1beta1
kind: Experiment
metadata: {name: %s, namespace: %s}
spec:
  objective: {metric: accuracy, goal: maximize}
  parameters:
    - {name: lr, type: double, min: 1.0e-4, max: 1.0, scale: log}
  algorithm: {name: random, seed: 1}
%s
  trial:
%s
`, name, s.namespace, indent(limits, 2), indent(trial, 4))
	require.NoError(s.t, os.WriteFile(file, []byte(text), 0o600))
	return file
}

func indent(text string, by int) string {
	lines := strings.Split(strings.Trim(text, "\n"), "\n")
	for i := range lines {
		lines[i] = strings.Repeat(" ", by) + lines[i]
	}
	return strings.Join(lines, "\n")
}

// trial is what is looked at of a trial.
type trial struct {
	Name, State, Reason, Message string
	Attempt                      int
	Value                        *float64
	StartTime, EndTime           time.Time
}

func (s *service) trials(name string) []trial {
	s.t.Helper()
	var page struct{ Trials []trial }
	s.into(&page, "trials", name)
	return page.Trials
}

func (s *service) trial(name string) trial {
	s.t.Helper()
	var t trial
	s.into(&t, "trial", name)
	return t
}

// experiment is what is looked at of an experiment.
type experiment struct {
	Status struct {
		State, Reason, Message string
		Best                   *struct{ Value float64 }
	}
}

func (s *service) experiment(name string) experiment {
	s.t.Helper()
	var e experiment
	s.into(&e, "get", name)
	return e
}

// finished waits until an experiment has ended.
func (s *service) finished(name string) experiment {
	s.t.Helper()
	var e experiment
	s.until(name+" has ended", func() bool {
		e = s.experiment(name)
		return e.Status.State == "Succeeded" || e.Status.State == "Failed" || e.Status.State == "Stopped"
	})
	return e
}

// steps lists the steps of the readings of a trial.
func (s *service) steps(name string) (out []int) {
	s.t.Helper()
	var r struct {
		Measurements []struct{ Step int }
	}
	s.into(&r, "metrics", name, "--metric", "accuracy")
	for _, m := range r.Measurements {
		out = append(out, m.Step)
	}
	return out
}

// curve are the steps that a whole curve has.
func curve(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i + 1
	}
	return out
}

// kinds are those of which nothing may stay.
const kinds = "jobs,pods,pytorchjobs,trainjobs,trainingruntimes,jobsets"

// nothingLeft waits until nothing of Hone's is in the namespace.
func (s *service) nothingLeft() {
	s.t.Helper()
	s.until("nothing is left in the cluster", func() bool {
		out := s.c.Kubectl("-n", s.namespace, "get", kinds, "-l", "app.kubernetes.io/managed-by=hone", "-o", "name")
		return strings.TrimSpace(out) == ""
	})
}

func last(text string, lines int) string {
	all := strings.Split(text, "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
