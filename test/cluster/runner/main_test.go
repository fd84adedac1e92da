// Package runner_test puts trials/kube on the real cluster through the conformance suite of hone.Runner, and what a
// cluster has besides.
package runner_test

import (
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/api"
	"github.com/hone-tuner/hone/test/cluster/clustertest"
	"github.com/hone-tuner/hone/test/cluster/image"
	"github.com/hone-tuner/hone/test/cluster/local"
)

// Images of these tests.
const (
	collectorImage = "docker.io/local/runner-collector:test"
	programImage   = "docker.io/local/runner-program:test"
)

// program is the program of the suite in its image.
const program = "/program"

// shared is a folder of this machine that pods see at the same path.
var shared string //nolint:gochecknoglobals // set once, by TestMain

func TestMain(m *testing.M) {
	flag.Parse()
	// Tests wait for pods: more of them than there are processors can do so.
	for name, value := range map[string]string{"test.parallel": "12", "rapid.checks": "2", "rapid.nofailfile": "true"} {
		if err := flag.Set(name, value); err != nil {
			panic(err)
		}
	}
	dir, err := os.MkdirTemp("", "hone-runner-")
	if err != nil {
		panic(err)
	}
	shared = dir
	if os.Getenv("HONE_CLUSTER_DIR") == "" {
		_ = os.Setenv("HONE_CLUSTER_DIR", local.DefaultDir())
	}
	_ = os.Setenv("TMPDIR", dir) // the files of all tests are in there
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// loaded is set when the cluster has the images of these tests.
var loaded bool //nolint:gochecknoglobals // set once, by the first test

// load builds the images of these tests, the first time.
func load(t *testing.T, c *clustertest.Cluster) {
	t.Helper()
	if loaded {
		return
	}
	loaded = true
	const root = "../../.."
	c.Load(image.Image{Name: collectorImage, User: "65532:65532", Files: []image.File{{Path: "/collector", Data: c.Build(root, "./cmd/collector")}}})
	c.Load(image.Image{Name: programImage, Env: []string{"HONE_TRIALSTEST_PROGRAM=1"}, Files: []image.File{{Path: program, Data: c.Build("..", "./cmd/program")}}})
}

// readings is a service that takes the readings of trials. A batch that is sent again, because its answer was late,
// counts once, as in the real service.
type readings struct {
	mu     sync.Mutex
	values map[string][]float64 // by trial
	last   map[string]int64     // by trial and source, the newest batch
}

// token is what a trial's collector shows.
func token(trial string) string { return "token-of-" + trial }

// Measure implements hone.MeasurementService.
func (r *readings) Measure(_ context.Context, n hone.Name, b hone.Batch) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	trial := hone.TrialName(n.Name, b.Number)
	source := trial + " " + b.Source
	if b.Sequence <= r.last[source] {
		return false, nil
	}
	r.last[source] = b.Sequence
	for _, m := range b.Measurements {
		r.values[trial] = append(r.values[trial], float64(m.Value))
	}
	return false, nil
}

// Measurements implements hone.MeasurementService.
func (r *readings) Measurements(context.Context, hone.Name, int, string) ([]hone.Measurement, error) {
	return nil, nil
}

// serve lets pods push their readings over the routes of the real service.
func (r *readings) serve(t *testing.T, ip string) (url string) {
	t.Helper()
	push := api.NewPushHandler(r, func(_ context.Context, n hone.Name, number int, given string) error {
		if given != token(hone.TrialName(n.Name, number)) {
			return hone.Errorf(hone.PermissionDenied, "that token is another's")
		}
		return nil
	}, api.Options{})
	listener, err := net.Listen("tcp", net.JoinHostPort(ip, "0"))
	require.NoError(t, err)
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		q.Host = "localhost" // the handler is made for loopback, and says so to everybody else
		push.ServeHTTP(w, q)
	})}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	return fmt.Sprintf("http://%s", listener.Addr())
}
