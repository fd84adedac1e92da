package local

import (
	"cmp"
	"io"
	"os"
	"path/filepath"
)

// Options say what kind of cluster is wanted.
type Options struct {
	// Dir is the state folder; "" means DefaultDir.
	Dir string
	// Cache keeps built binaries between runs; "" means DefaultCache.
	Cache string
	// Source is the folder test/cluster of the project; "" means: look for it from the working directory upwards.
	Source string
	// ControlPlane leaves out the node: no kubelet, no containers, no pods that run.
	ControlPlane bool
	// RequireNode makes a machine that cannot run a kubelet an error; otherwise the cluster then has no node.
	RequireNode bool
	// Operators says whether the training operator, JobSet and Trainer are wanted.
	Operators bool
	// FirstPort is where the search for free ports begins.
	FirstPort int
	// FakeNodes is the number of nodes that kwok plays.
	FakeNodes int
	// QPS limits the calls a second of the controller manager and the scheduler; 0 keeps Kubernetes's own limits.
	QPS int
	// Out gets the progress, one line a step.
	Out io.Writer
}

// DefaultDir is where the cluster lives unless told otherwise.
func DefaultDir() string { return filepath.Join(os.TempDir(), "hone-cluster") }

// DefaultCache is where built binaries are kept unless told otherwise.
func DefaultCache() string {
	home, _ := os.UserHomeDir()
	return filepath.Join(cmp.Or(os.Getenv("XDG_CACHE_HOME"), filepath.Join(home, ".cache")), "hone-cluster")
}

func (o Options) withDefaults() Options {
	o.Dir = cmp.Or(o.Dir, DefaultDir())
	o.Cache = cmp.Or(o.Cache, DefaultCache())
	o.FirstPort = cmp.Or(o.FirstPort, 26400)
	if o.Out == nil {
		o.Out = io.Discard
	}
	return o
}
