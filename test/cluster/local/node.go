package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// startContainers starts containerd and gives it the images that the cluster itself needs.
func (c *Cluster) startContainers(ctx context.Context) error {
	if err := c.containerdConfig(); err != nil {
		return err
	}
	err := c.start(ctx, component{
		name: "containerd",
		argv: []string{"containerd", "--config", c.path("config", "containerd.toml")},
		ready: func(ctx context.Context) error {
			_, err := run(ctx, "ctr", "--address", c.socket(), "version")
			return err
		},
	})
	if err != nil {
		return err
	}
	return c.loadOwnImages(ctx)
}

func (c *Cluster) socket() string { return c.path("containerd.sock") }

// containerdConfig writes the settings of containerd and of the network plugin: everything below the state folder.
func (c *Cluster) containerdConfig() error {
	plugins, err := pluginDir()
	if err != nil {
		return err
	}
	text := fmt.Sprintf(`version = 2
root = %q
state = %q
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.aufs"]

[grpc]
  address = %q

[plugins."io.containerd.internal.v1.opt"]
  path = %q

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = %q
  # Without CAP_SYS_RESOURCE no process may be given a smaller oom_score_adj, and runc would fail.
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"

[plugins."io.containerd.grpc.v1.cri".containerd]
  snapshotter = %q
  default_runtime_name = "runc"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  Root = %q

[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = %q
  conf_dir = %q
`, c.path("containerd", "root"), c.path("containerd", "state"), c.socket(), c.path("containerd", "opt"),
		pauseImage, c.snapshotter(), c.path("containerd", "runc"), plugins, c.path("config", "cni"))
	if err := writeFile(c.path("config", "containerd.toml"), []byte(text)); err != nil {
		return err
	}
	return writeJSON(c.path("config", "cni", "10-hone.conflist"), map[string]any{
		"cniVersion": "0.4.0",
		"name":       c.bridge(),
		"plugins": []any{map[string]any{
			"type": "bridge", "bridge": c.bridge(), "isGateway": true, "hairpinMode": true, "mtu": 1400,
			"ipam": map[string]any{
				"type":    "host-local",
				"ranges":  []any{[]any{map[string]any{"subnet": c.podCIDR()}}},
				"routes":  []any{map[string]any{"dst": "0.0.0.0/0"}},
				"dataDir": c.path("cni"),
			},
		}},
	})
}

// pluginDir is where the network plugins are: Debian's folder or the usual one.
func pluginDir() (string, error) {
	for _, dir := range []string{"/usr/lib/cni", "/opt/cni/bin"} {
		if present(dir, []string{"bridge", "host-local", "loopback"}) {
			return dir, nil
		}
	}
	return "", errors.New("the network plugins bridge, host-local and loopback are neither in /usr/lib/cni nor in /opt/cni/bin" +
		" (on Debian: apt-get install containernetworking-plugins)")
}

// snapshotter is overlayfs, unless the state folder itself lies on an overlay, as it does in many containers.
func (c *Cluster) snapshotter() string {
	const overlay = 0x794c7630
	var fs syscall.Statfs_t
	if err := syscall.Statfs(c.options.Dir, &fs); err == nil && fs.Type == overlay {
		return "native"
	}
	return "overlayfs"
}

// startKubelet starts the kubelet and waits until the node is ready for pods.
func (c *Cluster) startKubelet(ctx context.Context) error {
	if err := c.makeCgroups(); err != nil {
		return err
	}
	if err := writeJSON(c.path("config", "kubelet.json"), c.kubeletConfig()); err != nil {
		return err
	}
	return c.start(ctx, component{
		name: "kubelet",
		argv: []string{
			c.state.Binaries["kubelet"],
			"--config=" + c.path("config", "kubelet.json"),
			"--kubeconfig=" + c.config("kubelet"),
			"--hostname-override=" + nodeName,
			"--node-ip=" + c.host(),
			"--root-dir=" + c.path("kubelet"),
			"--cert-dir=" + c.path("pki", "kubelet"),
		},
		ready: c.nodeReady,
	})
}

func (c *Cluster) kubeletConfig() map[string]any {
	settings := map[string]any{
		"apiVersion": "kubelet.config.k8s.io/v1beta1",
		"kind":       "KubeletConfiguration",
		"address":    c.host(), "port": c.port("kubelet"), "readOnlyPort": 0,
		"healthzBindAddress": "127.0.0.1", "healthzPort": c.port("kubelet-health"),
		"tlsCertFile": c.path("pki", "kubelet.crt"), "tlsPrivateKeyFile": c.path("pki", "kubelet.key"),
		"authentication": map[string]any{
			"anonymous": map[string]any{"enabled": false},
			"webhook":   map[string]any{"enabled": true},
			"x509":      map[string]any{"clientCAFile": c.path("pki", "ca.crt")},
		},
		"authorization":            map[string]any{"mode": "Webhook"},
		"containerRuntimeEndpoint": "unix://" + c.socket(),
		"podLogsDir":               c.path("pods"),
		"volumePluginDir":          c.path("kubelet", "plugins-exec"),
		"clusterDNS":               []string{c.host()},
		"clusterDomain":            "cluster.local",
		"cgroupDriver":             "cgroupfs", "cgroupRoot": c.cgroup(), "failCgroupV1": false,
		"enforceNodeAllocatable": []string{},
		"failSwapOn":             false,
		// The disk of a developer's machine is fuller than a node's may be.
		"evictionHard": map[string]string{}, "imageGCHighThresholdPercent": 100,
		"makeIPTablesUtilChains":    false, // kube-proxy makes its own
		"nodeStatusUpdateFrequency": "5s",
		"registryPullQPS":           0,
		"eventRecordQPS":            0,
	}
	if _, err := os.Stat("/etc/resolv.conf"); err != nil {
		settings["resolvConf"] = ""
	}
	return settings
}

// nodeReady asks the API server whether the node is.
func (c *Cluster) nodeReady(ctx context.Context) error {
	out, err := c.kubectl(ctx, "get", "node", nodeName, "-o", "json")
	if err != nil {
		return err
	}
	var node struct {
		Status struct {
			Conditions []struct{ Type, Status, Message string }
		}
	}
	if err := json.Unmarshal([]byte(out), &node); err != nil {
		return err
	}
	for _, condition := range node.Status.Conditions {
		if condition.Type == "Ready" {
			if condition.Status == "True" {
				return nil
			}
			return fmt.Errorf("the node is not ready: %s", condition.Message)
		}
	}
	return errors.New("the node has said nothing yet")
}

// cgroup is the group above those of all pods. A kubelet removes groups of pods that it does not know, so two on
// one machine must not share it.
func (c *Cluster) cgroup() string { return "/hone-cluster-" + strconv.Itoa(c.state.Index) }

// cgroupRoots are the mounted hierarchies: one, or with version 1 one for each controller.
func cgroupRoots() []string {
	const base = "/sys/fs/cgroup"
	if _, err := os.Stat(base + "/cgroup.controllers"); err == nil {
		return []string{base}
	}
	entries, _ := os.ReadDir(base)
	var roots []string
	for _, entry := range entries {
		if entry.IsDir() {
			roots = append(roots, filepath.Join(base, entry.Name()))
		}
	}
	return roots
}

// hasCgroups reports whether the group is there, and so may be another cluster's.
func (c *Cluster) hasCgroups() bool {
	return slices.ContainsFunc(cgroupRoots(), func(root string) bool {
		_, err := os.Stat(filepath.Join(root, c.cgroup()))
		return err == nil
	})
}

// makeCgroups makes the group in each hierarchy.
func (c *Cluster) makeCgroups() error {
	for _, root := range cgroupRoots() {
		dir := filepath.Join(root, c.cgroup())
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		controllers, err := os.ReadFile(filepath.Join(root, "cgroup.controllers"))
		if err == nil {
			// Version 2: what the groups below may limit is handed down level by level.
			handDown := "+" + strings.Join(strings.Fields(string(controllers)), " +")
			for _, level := range []string{root, dir} {
				_ = os.WriteFile(filepath.Join(level, "cgroup.subtree_control"), []byte(handDown), 0)
			}
			continue
		}
		// Version 1: a new cpuset is empty, and then nothing could be put into it.
		for _, name := range []string{"cpuset.cpus", "cpuset.mems"} {
			if value, err := os.ReadFile(filepath.Join(root, name)); err == nil {
				_ = os.WriteFile(filepath.Join(dir, name), value, 0)
			}
		}
	}
	return nil
}

// removeCgroups removes the group and all groups below it.
func (c *Cluster) removeCgroups() error {
	var failed []error
	for _, root := range cgroupRoots() {
		var dirs []string
		_ = filepath.WalkDir(filepath.Join(root, c.cgroup()), func(path string, entry os.DirEntry, err error) error {
			if err == nil && entry.IsDir() {
				dirs = append(dirs, path)
			}
			return nil
		})
		for i := len(dirs) - 1; i >= 0; i-- {
			failed = append(failed, syscall.Rmdir(dirs[i]))
		}
	}
	return errors.Join(failed...)
}
