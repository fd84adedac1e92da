package runner_test

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"
	"github.com/stretchr/testify/require"
	"k8s.io/client-go/tools/clientcmd"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/spec"
	"github.com/hone-tuner/hone/test/cluster/clustertest"
	"github.com/hone-tuner/hone/trials/kube"
	"github.com/hone-tuner/hone/trials/trialstest"
)

// stand is a namespace of the cluster, with the images loaded and a service that takes readings.
type stand struct {
	c              *clustertest.Cluster
	namespace, url string
	readings       *readings
}

// prepare makes a stand for a test and all those in it.
func prepare(t *testing.T) *stand {
	t.Helper()
	c := clustertest.Connect(t)
	c.NeedsPods()
	load(t, c)
	s := &stand{c: c, namespace: c.Namespace(), readings: &readings{values: map[string][]float64{}, last: map[string]int64{}}}
	s.url = s.readings.serve(t, c.HostIP)
	return s
}

// place is the cluster as the suite sees it, for one test.
func (s *stand) place(t *testing.T) trialstest.Place {
	t.Helper()
	dir := t.TempDir()
	return trialstest.Place{
		Open:    func() hone.Runner { return s.open(t, dir) },
		Prepare: s.prepare,
		Alive:   alive,
		Left: func(uid string) []string {
			left := strings.Fields(s.c.Kubectl("-n", s.namespace, "get", "jobs,pods", "-l", "hone.dev/uid="+uid, "-o", "name"))
			logs, err := filepath.Glob(filepath.Join(dir, uid, "*"))
			require.NoError(t, err)
			return append(left, logs...)
		},
		Slow: true, OneLog: true, TextOnly: true, OwnEnvironment: true, OwnFolder: true,
	}
}

// open opens a runner with a folder for logs. Another one with the same folder is the same service, started again.
func (s *stand) open(t *testing.T, dir string) *kube.Runner {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", s.c.Kubeconfig)
	require.NoError(t, err)
	config.QPS, config.Burst = 100, 200
	logger := hclog.New(&hclog.LoggerOptions{Output: os.Stderr, Level: hclog.Warn, Name: t.Name()})
	r, err := kube.New(kube.Options{Config: config, Instance: "test-" + hash(dir), Namespaces: []string{s.namespace},
		Image: collectorImage, PullPolicy: "Never", Compiler: spec.New(hone.Catalog{}), Dir: dir, Logger: logger})
	require.NoError(t, err)
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func hash(text string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(text))
	return fmt.Sprintf("%08x", h.Sum32())
}

// prepare lets a trial run in the image. Names of objects are those of experiments, so each has its own. A trial that
// shares files with its test is a Job of a manifest, which mounts them.
func (s *stand) prepare(l *hone.Launch) {
	e := &l.Experiment
	e.Name, e.Namespace = "digits-"+hash(e.UID), s.namespace
	l.Trial.Experiment = e.Name
	l.URL, l.Token = s.url, token(l.Trial.Name())
	trial := *e.Spec.Trial
	trial.Image, trial.Command = programImage, slices.Clone(trial.Command)
	if own, err := os.Executable(); err == nil && trial.Command[0] == own {
		trial.Command[0] = program
	}
	if slices.ContainsFunc(trial.Command, func(arg string) bool { return strings.HasPrefix(arg, shared) }) {
		trial.Manifest, trial.Image, trial.Command = manifest(trial.Command), "", nil
	}
	e.Spec.Trial = &trial
}

// manifest is a Job whose program sees the files of the tests, and may write them.
func manifest(command []string) json.RawMessage {
	type tree = map[string]any
	data, err := json.Marshal(tree{
		"apiVersion": "batch/v1", "kind": "Job",
		"spec": tree{"backoffLimit": 0, "template": tree{"spec": tree{
			"restartPolicy": "Never",
			"volumes":       []tree{{"name": "files", "hostPath": tree{"path": shared}}},
			"containers": []tree{{
				"name": "main", "image": programImage, "imagePullPolicy": "Never", "command": command,
				"securityContext": tree{"runAsUser": 0},
				"volumeMounts":    []tree{{"name": "files", "mountPath": shared}},
			}},
		}}},
	})
	if err != nil {
		panic(err) // it is made of text
	}
	return data
}

// alive reports whether a process of an attempt lives on this machine, which is the node, by its number in the pod.
func alive(l hone.Launch, pid int) bool {
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range dirs {
		env, err := os.ReadFile(dir + "/environ")
		if err != nil || !strings.Contains("\x00"+string(env), "\x00HONE_TRIAL="+l.Trial.Name()+"\x00") {
			continue
		}
		if number(dir) == pid {
			return true
		}
	}
	return false
}

// number is how a process knows itself: the innermost of its numbers; -1 when it has ended.
func number(dir string) int {
	status, _ := os.ReadFile(dir + "/status")
	for line := range strings.Lines(string(status)) {
		f := strings.Fields(line)
		switch {
		case len(f) > 1 && f[0] == "State:" && f[1] == "Z":
			return -1
		case len(f) > 1 && f[0] == "NSpid:":
			n, err := strconv.Atoi(f[len(f)-1])
			if err == nil {
				return n
			}
		}
	}
	return -1
}
