package main

import (
	"bytes"
	"io"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// kustomizations is the folder that holds them.
const kustomizations = "../kustomize"

// overlays are what people install.
func overlays() []string { return []string{"standalone", "namespaced", "kubeflow"} }

// rendered is an overlay with components, as the command writes it.
func rendered(t *testing.T, args ...string) map[string]object {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, run(append([]string{"-kustomize", kustomizations}, args...), &out, io.Discard))
	return decode(t, out.String())
}

// TestTheOneFileIsThatOfTheKustomization: after a change, make manifests.
func TestTheOneFileIsThatOfTheKustomization(t *testing.T) {
	var want bytes.Buffer
	require.NoError(t, run([]string{"-kustomize", kustomizations}, &want, io.Discard))
	have, err := os.ReadFile("../install.yaml")
	require.NoError(t, err)
	require.Equal(t, want.String(), string(have), "deploy/install.yaml is stale: run make manifests")
}
