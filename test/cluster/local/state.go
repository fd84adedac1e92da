package local

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// State is what is known about a cluster from one call to the next; it lies as state.json in the state folder.
type State struct {
	// Node says whether the cluster has a node that runs pods.
	Node bool `json:"node"`
	// WithoutNode says why it has none.
	WithoutNode string `json:"withoutNode,omitempty"`
	// Index makes the names and addresses of several clusters on one machine differ.
	Index     int            `json:"index"`
	Ports     map[string]int `json:"ports"`
	Processes []Process      `json:"processes"`
	// Sysctls holds the kernel's settings from before, to be restored.
	Sysctls map[string]string `json:"sysctls,omitempty"`
	// Rules are the iptables rules that were added: table, chain, and the rule itself.
	Rules [][]string `json:"rules,omitempty"`
	// FakeNodes is how many nodes kwok plays.
	FakeNodes int `json:"fakeNodes,omitempty"`
	// Binaries are the paths of what was built, by name.
	Binaries map[string]string `json:"binaries"`
}

// Cluster is a cluster on this machine, running or not.
type Cluster struct {
	options Options
	state   State
	lock    *os.File
}

// Open reads what is known about the cluster of a state folder. It is locked until Close: two calls at once on
// one cluster wait for each other.
func Open(options Options) (*Cluster, error) {
	c := &Cluster{options: options.withDefaults()}
	dir, err := filepath.Abs(c.options.Dir)
	if err != nil {
		return nil, err
	}
	c.options.Dir = dir
	if len(dir) > 70 {
		return nil, fmt.Errorf("the state folder %s has a long name, and the sockets in it would not work: choose one of at most 70 bytes", dir)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	if err := c.locked(); err != nil {
		return nil, err
	}
	data, err := os.ReadFile(c.path("state.json"))
	if err == nil {
		err = json.Unmarshal(data, &c.state)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		c.Close()
		return nil, fmt.Errorf("%s: %w", c.path("state.json"), err)
	}
	if c.state.Ports == nil {
		c.state.Ports, c.state.Binaries = map[string]int{}, map[string]string{}
	}
	return c, nil
}

func (c *Cluster) locked() error {
	lock, err := os.OpenFile(c.path("lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	c.lock = lock
	return syscall.Flock(int(lock.Fd()), syscall.LOCK_EX)
}

// Close gives the cluster's lock back.
func (c *Cluster) Close() { c.lock.Close() }

// State is a copy of what is known about the cluster.
func (c *Cluster) State() State { return c.state }

// Exists reports whether the cluster was brought up and not taken down since.
func (c *Cluster) Exists() bool { return len(c.state.Processes) > 0 }

// Kubeconfig is the file with an administrator's access.
func (c *Cluster) Kubeconfig() string { return c.path("kubeconfig") }

// path is a file of the state folder.
func (c *Cluster) path(parts ...string) string {
	return filepath.Join(append([]string{c.options.Dir}, parts...)...)
}

func (c *Cluster) save() error {
	data, err := json.MarshalIndent(c.state, "", "  ")
	if err != nil {
		return err
	}
	return writeFile(c.path("state.json"), data)
}

// writeFile replaces a file as a whole, readable by its owner only.
func writeFile(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(path+".new", data, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// writeJSON writes a configuration file; JSON is YAML too.
func writeJSON(path string, value any) error {
	data, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return err
	}
	return writeFile(path, data)
}

func (c *Cluster) say(format string, args ...any) { fmt.Fprintf(c.options.Out, format+"\n", args...) }

// port is the port of a listener, chosen free the first time and kept.
func (c *Cluster) port(name string) int {
	if port, ok := c.state.Ports[name]; ok {
		return port
	}
	taken := map[int]bool{}
	for _, port := range c.state.Ports {
		taken[port] = true
	}
	port := c.options.FirstPort
	for taken[port] || !free(port) {
		port++
	}
	c.state.Ports[name] = port
	return port
}

// free reports whether nobody listens on a port, on any address.
func free(port int) bool {
	listener, err := net.Listen("tcp", ":"+strconv.Itoa(port))
	if err != nil {
		return false
	}
	listener.Close()
	return true
}

// local is an address on loopback with the port of a listener.
func (c *Cluster) local(name string) string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(c.port(name)))
}
