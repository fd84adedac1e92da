package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/client"
	"github.com/hone-tuner/hone/spec"
)

// TestTheSameTrialsWhicheverWay runs one experiment by hone run, by hone submit over the socket and over the network, and by the
// Go client: with one trial at a time and the same seed, it is the same trials.
func TestTheSameTrialsWhicheverWay(t *testing.T) {
	const text = `apiVersion: hone.dev/v1beta1
kind: Experiment
metadata: {name: same}
spec:
  objective: {metric: accuracy, goal: maximize}
  parameters:
    - {name: x, type: double, min: 0, max: 1}
    - {name: y, type: double, min: 0, max: 1}
  algorithm: {name: auto, seed: 11}
  budget: {trials: 14}
`
	const trial = `  trial:
    command: [sh, -c, "echo accuracy=$(echo ${parameters.x} ${parameters.y} | awk '{print 1 - ($1-0.3)^2 - ($2-0.6)^2}')"]
`
	h := newHome(t, text+trial)
	h.must("run", h.file, "-q")
	want := points(t, (&service{home: h}).trialsOf("same"))

	h.data = filepath.Join(h.dir, "served")
	token := filepath.Join(h.dir, "token")
	s := h.serve("--token-file", token)
	h.must("submit", h.file, "--wait", "-q")
	require.Equal(t, want, points(t, s.trialsOf("same")), "hone submit by the socket")

	secret, err := os.ReadFile(token)
	require.NoError(t, err)
	remote := h.command("submit", h.file, "--wait", "-q", "--name", "same-remote", "--server", s.url)
	remote.Env = append(remote.Env, "HONE_TOKEN="+string(secret[:len(secret)-1]))
	out, err := remote.CombinedOutput()
	require.NoError(t, err, string(out))
	require.Equal(t, want, points(t, s.trialsOf("same-remote")), "hone submit over the network")

	c := client.New(client.Options{BaseURL: s.url, Token: string(secret[:len(secret)-1])})
	catalog, err := c.Algorithms(t.Context())
	require.NoError(t, err)
	read, err := spec.New(catalog).Decode([]byte(text+trial), hone.Overrides{Name: "same-go"})
	require.NoError(t, err)
	x, err := client.Submit(t.Context(), c, read.Experiment)
	require.NoError(t, err)
	_, err = x.Wait(t.Context())
	require.NoError(t, err)
	require.Equal(t, want, points(t, s.trialsOf("same-go")), "the Go client")
}

// points are what trials tried, and what came of it, in their order.
func points(t *testing.T, all []exported) (out []any) {
	require.Len(t, all, 14)
	for _, trial := range all {
		out = append(out, trial.Parameters, trial.Value)
	}
	return out
}
