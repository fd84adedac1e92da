package local

import (
	"os"
	"path/filepath"
	"time"

	"github.com/hashicorp/go-hclog"

	hone "github.com/hone-tuner/hone"
)

// Options are what a runner needs.
type Options struct {
	// DataDir is the absolute path of the data directory.
	DataDir string
	// Supervisor is how the supervisor process is started: a program and its first arguments. The data
	// directory is put behind them. The program must call Supervise with it, and do nothing else.
	Supervisor []string
	// Logger takes what the runner has to say; nil for nothing.
	Logger hclog.Logger
	// Environment is this process's own, in which Check and Free look for GPUs; nil for os.Environ.
	Environment []string
	// Now is the clock by which Prune tells the age of trials; nil for time.Now.
	Now func() time.Time
}

func (o Options) withDefaults() (Options, error) {
	if !filepath.IsAbs(o.DataDir) {
		return o, hone.Errorf(hone.InvalidArgument, "the data directory %q must be an absolute path", o.DataDir)
	}
	if len(o.Supervisor) == 0 || o.Supervisor[0] == "" {
		return o, hone.Errorf(hone.InvalidArgument, "the runner must know how its supervisor is started")
	}
	o.DataDir = resolve(filepath.Clean(o.DataDir))
	if o.Logger == nil {
		o.Logger = hclog.NewNullLogger()
	}
	if o.Environment == nil {
		o.Environment = os.Environ()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o, nil
}

// resolve follows the links in a path, as far as it exists: the paths that trials see must be the same
// whichever way somebody came to the data directory.
func resolve(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	if parent := filepath.Dir(path); parent != path {
		return filepath.Join(resolve(parent), filepath.Base(path))
	}
	return path
}
