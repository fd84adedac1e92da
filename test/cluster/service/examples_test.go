package service_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTheExamplesRun hands in the files of examples/kubernetes with the image of the trainer, a few trials of each.
func TestTheExamplesRun(t *testing.T) {
	s := serve(t)
	const folder = "../../../examples/kubernetes"
	prepared := func(name string) string {
		data, err := os.ReadFile(filepath.Join(folder, name))
		require.NoError(t, err)
		text := strings.ReplaceAll(string(data), "registry.example/digits:1", digitsImage)
		text = strings.ReplaceAll(text, "namespace: digits-restricted", "namespace: "+s.namespace)
		file := filepath.Join(s.dir, name)
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		return file
	}
	s.c.Kubectl("apply", "-f", prepared("runtime.yaml"))
	t.Cleanup(func() { s.c.Kubectl("delete", "-f", filepath.Join(s.dir, "runtime.yaml"), "--wait=false") })
	names := []string{"job", "pytorchjob", "trainjob", "tensorboard"}
	if out, err := s.c.Try("-n", "kube-system", "get", "service", "kube-dns"); err == nil {
		names = append(names, "distributed")
	} else {
		t.Logf("distributed.yaml is left out, its pods find each other by name: %s", out)
	}
	run := func(name string) {
		t.Run(name, func(t *testing.T) {
			s.t = t
			out := s.hone("submit", prepared(name+".yaml"), "--trials", "2", "--wait")
			require.Contains(t, out, "Succeeded")
		})
	}
	for _, name := range names {
		run(name)
	}
	s.c.Kubectl("label", "namespace", s.namespace, "pod-security.kubernetes.io/enforce=restricted")
	run("restricted")
	s.t = t
}
