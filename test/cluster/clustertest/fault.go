package clustertest

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/hone-tuner/hone/test/cluster/local"
	"github.com/stretchr/testify/require"
)

// Outage kills a component, such as kube-apiserver, for a while and starts it again.
func (c *Cluster) Outage(component string, while time.Duration) {
	c.t.Helper()
	cluster, err := local.Open(c.options)
	require.NoError(c.t, err)
	defer cluster.Close()
	killed := false
	for _, p := range cluster.State().Processes {
		if p.Name == component {
			killed = syscall.Kill(p.PID, syscall.SIGKILL) == nil
		}
	}
	require.True(c.t, killed, "%s runs", component)
	time.Sleep(while)
	require.NoError(c.t, cluster.Up(c.t.Context()))
}

// KillProcess kills a process of a pod, -9, from outside: one whose arguments contain a text and whose environment has an
// entry NAME=value. It reports whether there was one.
func (c *Cluster) KillProcess(args, entry string) bool {
	c.t.Helper()
	dirs, err := filepath.Glob("/proc/[0-9]*")
	require.NoError(c.t, err)
	for _, dir := range dirs {
		line, _ := os.ReadFile(filepath.Join(dir, "cmdline"))
		if !strings.Contains(strings.ReplaceAll(string(line), "\x00", " "), args) {
			continue
		}
		env, _ := os.ReadFile(filepath.Join(dir, "environ"))
		if !strings.Contains("\x00"+string(env), "\x00"+entry+"\x00") {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(dir))
		require.NoError(c.t, err)
		if syscall.Kill(pid, syscall.SIGKILL) == nil {
			return true
		}
	}
	return false
}
