package local

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// stopOrder is the order in which processes leave: what needs others goes before them.
var stopOrder = []string{
	"kwok", "training-operator", "trainer", "jobset", "coredns", "kubelet", "kube-proxy",
	"kube-scheduler", "kube-controller-manager", "kube-apiserver", "etcd",
}

// Down stops the cluster and takes away all that it made on the machine: containers, mounts, network links,
// rules, control groups and its data. The logs stay.
func (c *Cluster) Down(ctx context.Context) error {
	for _, name := range stopOrder {
		if p, ok := c.process(name); ok {
			began := time.Now()
			p.stop(5 * time.Second)
			c.say("%-24s stopped after %.1f s", name, time.Since(began).Seconds())
		}
	}
	var failed []error
	if _, ok := c.process("kube-proxy"); ok {
		// It complains about what it does not find.
		_, _ = run(ctx, c.state.Binaries["kube-proxy"], "--cleanup")
		c.noFirewall(ctx)
	}
	if c.state.Node {
		failed = append(failed, c.stopContainers(ctx), c.unmount())
	}
	c.noServingCerts()
	failed = append(failed, c.noNetwork(ctx))
	if c.state.Node {
		failed = append(failed, c.removeCgroups())
		c.tidy()
	}
	if err := errors.Join(failed...); err != nil {
		return fmt.Errorf("the cluster is stopped, but not all of it could be taken away: %w", err)
	}
	return c.clear()
}

// stopContainers kills every container of this cluster's containerd, then containerd itself and the shims.
func (c *Cluster) stopContainers(ctx context.Context) error {
	p, ok := c.process("containerd")
	if ok && p.alive() {
		ctr := []string{"ctr", "--address", c.socket(), "--namespace", "k8s.io"}
		tasks, err := run(ctx, append(ctr, "tasks", "list", "--quiet")...)
		if err != nil {
			return err
		}
		for _, id := range strings.Fields(tasks) {
			_, _ = run(ctx, append(ctr, "tasks", "delete", "--force", id)...)
		}
		containers, err := run(ctx, append(ctr, "containers", "list", "--quiet")...)
		if err != nil {
			return err
		}
		for _, id := range strings.Fields(containers) {
			_, _ = run(ctx, append(ctr, "containers", "delete", id)...)
		}
		p.stop(10 * time.Second)
	}
	return c.killShims()
}

// killShims ends what is left of containers: processes whose command line names this cluster's containerd.
func (c *Cluster) killShims() error {
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, file := range files {
		data, err := os.ReadFile(file)
		argv := strings.Split(string(data), "\x00")
		if err != nil || !strings.HasPrefix(filepath.Base(argv[0]), "containerd-shim") || !strings.Contains(string(data), c.socket()) {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err != nil {
			continue
		}
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
	}
	return nil
}

// unmount undoes every mount below the state folder, the innermost first.
func (c *Cluster) unmount() error {
	mounts, err := os.Open("/proc/self/mounts")
	if err != nil {
		return err
	}
	defer mounts.Close()
	var targets []string
	for lines := bufio.NewScanner(mounts); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if target := strings.ReplaceAll(fields[1], `\040`, " "); strings.HasPrefix(target, c.options.Dir+"/") {
			targets = append(targets, target)
		}
	}
	sort.Sort(sort.Reverse(sort.StringSlice(targets)))
	var failed []error
	for _, target := range targets {
		if err := syscall.Unmount(target, syscall.MNT_DETACH); err != nil && !errors.Is(err, syscall.EINVAL) {
			failed = append(failed, fmt.Errorf("unmounting %s: %w", target, err))
		}
	}
	return errors.Join(failed...)
}

// noFirewall removes the chain that kube-proxy makes and leaves for a kubelet to remove.
func (c *Cluster) noFirewall(ctx context.Context) {
	for _, from := range []string{"INPUT", "OUTPUT"} {
		_ = iptables(ctx, "-D", []string{"filter", from, "-j", "KUBE-FIREWALL"})
	}
	_ = iptables(ctx, "-F", []string{"filter", "KUBE-FIREWALL"})
	_ = iptables(ctx, "-X", []string{"filter", "KUBE-FIREWALL"})
}

// tidy removes what the kubelet and the network plugins leave in folders of the machine that cannot be chosen.
func (c *Cluster) tidy() {
	links, _ := filepath.Glob("/var/log/containers/*.log")
	for _, link := range links {
		if target, err := os.Readlink(link); err == nil && strings.HasPrefix(target, c.options.Dir+"/") {
			_ = os.Remove(link)
		}
	}
	// Folders go only if nobody else has anything in them.
	for _, dir := range []string{
		"/var/log/containers", "/var/lib/kubelet/device-plugins", "/var/lib/kubelet",
		"/var/lib/cni/results", "/var/lib/cni", "/run/containerd/s", "/run/containerd",
	} {
		_ = syscall.Rmdir(dir)
	}
}

// clear empties the state folder but for the logs and the lock.
func (c *Cluster) clear() error {
	entries, err := os.ReadDir(c.options.Dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if entry.Name() == "logs" || entry.Name() == "lock" {
			continue
		}
		if err := os.RemoveAll(c.path(entry.Name())); err != nil {
			return err
		}
	}
	c.state = State{}
	return nil
}
