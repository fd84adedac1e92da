package local

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// startFakeNodes starts kwok and registers the nodes that it plays. Pods get there only with a toleration of the
// taint kwok.x-k8s.io/node; they become Running at once, and those of Jobs succeed a while later.
func (c *Cluster) startFakeNodes(ctx context.Context) error {
	if err := c.fakeStages(ctx); err != nil {
		return err
	}
	err := c.start(ctx, component{
		name: "kwok",
		argv: []string{
			c.state.Binaries["kwok"],
			"--kubeconfig=" + c.Kubeconfig(),
			"--config=" + c.path("config", "kwok.yaml"),
			"--manage-all-nodes=false",
			"--manage-nodes-with-label-selector=type=kwok",
			"--node-lease-duration-seconds=40",
			"--cidr=10.215.0.0/16",
			"--server-address=" + c.local("kwok"),
		},
		ready: func(ctx context.Context) error { return healthy(ctx, "http://"+c.local("kwok")+"/healthz") },
	})
	if err != nil {
		return err
	}
	if err := c.registerFakeNodes(ctx); err != nil {
		return err
	}
	c.state.FakeNodes = c.options.FakeNodes
	_, err = c.kubectl(ctx, "wait", "node", "--selector=type=kwok", "--for=condition=Ready", "--timeout=120s")
	return err
}

// fakeStages joins the stages of a fake pod's life from kwok's own: ready at once, complete after the time that
// the annotation pod-complete.stage.kwok.x-k8s.io/delay says, gone when deleted.
func (c *Cluster) fakeStages(ctx context.Context) error {
	dir, err := c.manifests(ctx, "kwok", "sigs.k8s.io/kwok")
	if err != nil {
		return err
	}
	var all bytes.Buffer
	for _, name := range []string{"fast/pod-ready.yaml", "general/pod-complete.yaml", "fast/pod-delete.yaml"} {
		stage, err := os.ReadFile(filepath.Join(dir, "kustomize", "stage", "pod", name))
		if err != nil {
			return err
		}
		fmt.Fprintf(&all, "---\n%s\n", stage)
	}
	return writeFile(c.path("config", "kwok.yaml"), all.Bytes())
}

func (c *Cluster) registerFakeNodes(ctx context.Context) error {
	nodes := make([]any, c.options.FakeNodes)
	for i := range nodes {
		nodes[i] = map[string]any{
			"apiVersion": "v1", "kind": "Node",
			"metadata": map[string]any{
				"name":        "fake-" + strconv.Itoa(i),
				"labels":      map[string]string{"type": "kwok", "kubernetes.io/hostname": "fake-" + strconv.Itoa(i)},
				"annotations": map[string]string{"kwok.x-k8s.io/node": "fake", "node.alpha.kubernetes.io/ttl": "0"},
			},
			"spec": map[string]any{"taints": []any{map[string]any{"key": "kwok.x-k8s.io/node", "value": "fake", "effect": "NoSchedule"}}},
		}
	}
	file := c.path("config", "fake-nodes.json")
	if err := writeJSON(file, map[string]any{"apiVersion": "v1", "kind": "List", "items": nodes}); err != nil {
		return err
	}
	_, err := c.kubectl(ctx, "apply", "--server-side", "--force-conflicts", "-f", file)
	return err
}
