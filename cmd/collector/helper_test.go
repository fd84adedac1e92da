package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/api"
	"github.com/hone-tuner/hone/embedded"
)

// binary is the real program.
var binary string

func TestMain(m *testing.M) { os.Exit(withBinary(m)) }

func withBinary(m *testing.M) int {
	dir, err := os.MkdirTemp("", "collector")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "collector")
	build := exec.Command("go", "build", "-ldflags", "-s -w -X main.version=v9.9.9", "-o", binary, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%v: %s", err, out)
		return 1
	}
	return m.Run()
}

const token = "the token of the trial"

// world is a service with a trial that runs, and a pod for it.
type world struct {
	t       *testing.T
	service *embedded.Service
	server  *httptest.Server
	dir     string // HONE_DIR
	last    string // the termination log of the sidecar
	env     []string

	mu     sync.Mutex
	before http.HandlerFunc // answers in the service's place, where it is set and returns after writing
	served int
}

var digits = hone.Name{Namespace: "default", Name: "digits"}

// newWorld makes a world whose trial has some metrics.
func newWorld(t *testing.T, metrics string) *world {
	t.Helper()
	service, err := embedded.Open("", embedded.Options{})
	require.NoError(t, err)
	w := &world{t: t, service: service, dir: t.TempDir()}
	t.Cleanup(func() { require.NoError(t, service.Close()) })
	_, err = service.CreateExperiment(t.Context(), []byte(`{"apiVersion": "hone.dev/v1beta1", "kind": "Experiment",
		"metadata": {"name": "digits"}, "spec": {"objective": {"metric": "loss", "goal": "minimize"},
		"parameters": [{"name": "lr", "type": "double", "min": 0, "max": 1}], "algorithm": {"name": "random", "seed": 1}, "budget": {"trials": 3}}}`))
	require.NoError(t, err)
	_, err = service.Ask(t.Context(), digits, hone.AskRequest{Count: 1, Client: "w"})
	require.NoError(t, err)
	push := api.NewPushHandler(service, func(_ context.Context, n hone.Name, number int, given string) error {
		if n == digits && number == 1 && given == token {
			return nil
		}
		return hone.Errorf(hone.Unauthenticated, "the token is not that of trial %d", number)
	}, api.Options{})
	w.server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		w.served++
		before := w.before
		w.mu.Unlock()
		if before != nil {
			before(rw, r)
			return
		}
		push.ServeHTTP(rw, r)
	}))
	t.Cleanup(w.server.Close)
	w.last = filepath.Join(t.TempDir(), "termination-log")
	require.NoError(t, os.WriteFile(w.last, nil, 0o600))
	w.env = append(os.Environ(), "HONE_DIR="+w.dir, "HONE_URL="+w.server.URL, "HONE_TOKEN="+token, "HONE_NAMESPACE=default", "HONE_EXPERIMENT=digits",
		"HONE_TRIAL=digits-0001", "HONE_ATTEMPT=1", "HONE_OBJECTIVE=loss", "HONE_METRICS="+metrics, "HONE_POD=0f6a2c1e-1111", "HONE_TERMINATION_LOG="+w.last)
	return w
}

// answer lets something else than the service answer; nil ends that.
func (w *world) answer(f http.HandlerFunc) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.before = f
}

func (w *world) requests() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.served
}

// process is a running command of the real program.
type process struct {
	*exec.Cmd
	t      *testing.T
	stderr *buffer
}

// buffer takes what a process prints.
type buffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func (w *world) start(args ...string) *process {
	w.t.Helper()
	p := &process{Cmd: exec.Command(binary, args...), t: w.t, stderr: &buffer{}}
	p.Env, p.Stderr = w.env, p.stderr
	require.NoError(w.t, p.Start())
	w.t.Cleanup(func() { _ = p.Process.Kill(); _ = p.Wait() })
	return p
}

// sidecar starts the sidecar, and returns once it is ready.
func (w *world) sidecar() *process {
	w.t.Helper()
	_ = os.Remove(filepath.Join(w.dir, "run", "ready"))
	p := w.start("follow")
	w.eventually(func() bool {
		ready := exec.Command(binary, "ready")
		ready.Env = w.env
		return ready.Run() == nil
	})
	return p
}

// program runs a shell script under the wrapper, to its end.
func (w *world) program(script string) {
	w.t.Helper()
	p := w.start("exec", "--", "sh", "-c", script)
	require.NoError(w.t, p.Wait(), p.stderr)
}

// terminate ends a sidecar as a cluster does, and returns its last word.
func (w *world) terminate(p *process) last {
	w.t.Helper()
	require.NoError(w.t, p.Process.Signal(syscall.SIGTERM))
	require.NoError(w.t, p.Wait(), p.stderr)
	data, err := os.ReadFile(w.last)
	require.NoError(w.t, err)
	var l last
	require.NoError(w.t, json.Unmarshal(data, &l), "%q %s", data, p.stderr)
	if _, err := os.Stat(filepath.Join(w.dir, "run", "exit")); err == nil && l.Readings > 0 {
		require.False(w.t, l.Start.IsZero() || l.End.Before(l.Start), "the program's times are told: %s", data)
	}
	l.Start, l.End = time.Time{}, time.Time{}
	return l
}

// eventually waits until something is so.
func (w *world) eventually(so func() bool) {
	w.t.Helper()
	require.Eventually(w.t, so, 60*time.Second, 5*time.Millisecond)
}

// values are the readings that the service has, in their order.
func (w *world) values() []string {
	w.t.Helper()
	ms, err := w.service.Measurements(w.t.Context(), digits, 1, "loss")
	require.NoError(w.t, err)
	out := make([]string, len(ms))
	for i, m := range ms {
		require.EqualValues(w.t, i+1, *m.Step, "no step was printed: readings are numbered as they come")
		out[i] = m.Value.String()
	}
	return out
}

// numbers are the texts of 1 to n.
func numbers(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = strconv.Itoa(i + 1)
	}
	return out
}
