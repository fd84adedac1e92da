// Package clustertest is what a test needs of the cluster that `make cluster` started: its address, a namespace of
// its own, images built on the spot, and waiting.
//
// Entry point: Connect. A test without a cluster is skipped, and says so.
package clustertest

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hone-tuner/hone/test/cluster/image"
	"github.com/hone-tuner/hone/test/cluster/local"
	"github.com/stretchr/testify/require"
)

// Cluster is a running cluster as a test sees it.
type Cluster struct {
	t *testing.T
	// Kubeconfig is a file with an administrator's access.
	Kubeconfig string
	// HostIP is the address of this machine for the cluster's pods.
	HostIP string
	// Node says whether pods run. Without, they are accepted and stay Pending.
	Node bool

	program string // kubectl
	options local.Options
	without string
}

// Connect finds the cluster of HONE_CLUSTER_DIR, or the one at the usual place, and skips the test if there is none.
func Connect(t *testing.T) *Cluster {
	t.Helper()
	options := local.Options{Dir: os.Getenv("HONE_CLUSTER_DIR")}
	cluster, err := local.Open(options)
	require.NoError(t, err)
	defer cluster.Close()
	if !cluster.Exists() {
		t.Skip("there is no cluster: `make cluster` starts one")
	}
	return &Cluster{
		t: t, Kubeconfig: cluster.Kubeconfig(), HostIP: cluster.HostIP(),
		Node: cluster.State().Node, options: options, program: filepath.Join(filepath.Dir(cluster.Kubeconfig()), "bin", "kubectl"), without: cluster.State().WithoutNode,
	}
}

// NeedsPods skips the test where no pod can run.
func (c *Cluster) NeedsPods() {
	c.t.Helper()
	if !c.Node {
		c.t.Skip("this test runs pods, and the cluster has no node: " + c.without)
	}
}

// Namespace makes a namespace with labels (name=value) that is deleted, with all in it, when the test ends.
func (c *Cluster) Namespace(labels ...string) string {
	c.t.Helper()
	var random [4]byte
	_, err := rand.Read(random[:])
	require.NoError(c.t, err)
	name := "test-" + hex.EncodeToString(random[:])
	c.Kubectl("create", "namespace", name)
	if len(labels) > 0 {
		c.Kubectl(append([]string{"label", "namespace", name}, labels...)...)
	}
	c.t.Cleanup(func() {
		if c.t.Failed() {
			out, _ := c.Try("-n", name, "get", "pods,events", "-o", "wide")
			c.t.Logf("the namespace of the failed test:\n%s", out)
		}
		c.Kubectl("delete", "namespace", name, "--timeout=90s")
	})
	return name
}

// Kubectl calls kubectl; the test fails if it does.
func (c *Cluster) Kubectl(args ...string) string {
	c.t.Helper()
	out, err := c.Try(args...)
	require.NoError(c.t, err, out)
	return out
}

// Try calls kubectl. What it wrote, also to stderr, is returned in any case.
func (c *Cluster) Try(args ...string) (string, error) {
	return c.kubectl("", args...)
}

// Apply creates or changes what a manifest describes, in a namespace.
func (c *Cluster) Apply(namespace, manifest string) {
	c.t.Helper()
	out, err := c.kubectl(manifest, "-n", namespace, "apply", "-f", "-")
	require.NoError(c.t, err, out)
}

// TryApply is Apply for what the API server shall refuse.
func (c *Cluster) TryApply(namespace, manifest string) (string, error) {
	return c.kubectl(manifest, "-n", namespace, "apply", "-f", "-")
}

func (c *Cluster) kubectl(stdin string, args ...string) (string, error) {
	cmd := exec.Command(c.program, append([]string{"--kubeconfig", c.Kubeconfig}, args...)...)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// Wait waits until an object (for example job/train) has a condition; the test fails with the object's state if
// that takes longer than the time given.
func (c *Cluster) Wait(namespace, object, condition string, patience time.Duration) {
	c.t.Helper()
	out, err := c.Try("-n", namespace, "wait", object, "--for=condition="+condition, "--timeout="+patience.String())
	if err == nil {
		return
	}
	state, _ := c.Try("-n", namespace, "get", object, "-o", "yaml")
	require.NoError(c.t, err, "%s\n%s", out, state)
}

// Load builds an image and makes it known to the node.
func (c *Cluster) Load(img image.Image) {
	c.t.Helper()
	var archive bytes.Buffer
	require.NoError(c.t, image.Write(&archive, img))
	file := filepath.Join(c.t.TempDir(), "image.tar")
	require.NoError(c.t, os.WriteFile(file, archive.Bytes(), 0o600))
	cluster, err := local.Open(c.options)
	require.NoError(c.t, err)
	defer cluster.Close()
	require.NoError(c.t, cluster.Load(c.t.Context(), file))
}

// Build builds a Go program as a static binary, from the folder of a module.
func (c *Cluster) Build(module, pkg string) []byte {
	c.t.Helper()
	binary := filepath.Join(c.t.TempDir(), "binary")
	cmd := exec.Command("go", "build", "-buildvcs=false", "-trimpath", "-ldflags", "-s -w", "-o", binary, pkg)
	cmd.Dir = module
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	require.NoError(c.t, err, string(out))
	data, err := os.ReadFile(binary)
	require.NoError(c.t, err)
	return data
}

// ServiceAccount is the same cluster as a service account sees it, which is made if need be. What it may do is for
// the test to grant.
func (c *Cluster) ServiceAccount(namespace, name string) *Cluster {
	c.t.Helper()
	cluster, err := local.Open(c.options)
	require.NoError(c.t, err)
	defer cluster.Close()
	config, err := cluster.ServiceAccountKubeconfig(c.t.Context(), namespace, name, time.Hour)
	require.NoError(c.t, err)
	other := *c
	other.Kubeconfig = filepath.Join(c.t.TempDir(), "kubeconfig")
	require.NoError(c.t, os.WriteFile(other.Kubeconfig, []byte(config), 0o600))
	return &other
}
