package local

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// module is one of modules/, which pins the versions of binaries that come from elsewhere.
type module struct {
	name string
	// binaries are the names of the files that it builds.
	binaries []string
	// flags of the linker, besides those that leave out what debuggers need.
	ldflags string
}

const kubernetesVersion = "v1.34.4"

var (
	controlPlaneModules = []module{
		{name: "etcd", binaries: []string{"etcd"}},
		{
			name:     "kubernetes",
			binaries: []string{"kube-apiserver", "kube-controller-manager", "kube-proxy", "kube-scheduler", "kubectl", "kubelet"},
			ldflags: "-X k8s.io/component-base/version.gitVersion=" + kubernetesVersion +
				" -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=34",
		},
	}
	operatorModules = []module{
		{name: "jobset", binaries: []string{"jobset"}},
		{name: "trainer", binaries: []string{"trainer-controller-manager"}},
		{name: "training-operator", binaries: []string{"training-operator.v1"}},
	}
	nameModule = module{name: "coredns", binaries: []string{"coredns"}}
	kwokModule = module{name: "kwok", binaries: []string{"kwok"}}
)

// modules lists what this cluster needs.
func (c *Cluster) modules() []module {
	list := append([]module{}, controlPlaneModules...)
	if c.state.Node {
		list = append(list, nameModule)
	}
	if c.options.Operators {
		list = append(list, operatorModules...)
	}
	if c.options.FakeNodes > 0 {
		list = append(list, kwokModule)
	}
	return list
}

// build makes sure that all binaries are there, and builds what is not in the cache.
func (c *Cluster) build(ctx context.Context) error {
	if err := c.findSource(); err != nil {
		return err
	}
	for _, m := range c.modules() {
		if err := c.buildModule(ctx, m); err != nil {
			return fmt.Errorf("building %s: %w", m.name, err)
		}
	}
	return nil
}

func (c *Cluster) buildModule(ctx context.Context, m module) error {
	source := filepath.Join(c.options.Source, "modules", m.name)
	version, err := versionOf(source, m.ldflags)
	if err != nil {
		return err
	}
	dir := filepath.Join(c.options.Cache, m.name+"-"+version)
	for _, name := range m.binaries {
		c.state.Binaries[name] = filepath.Join(dir, name)
	}
	if present(dir, m.binaries) {
		return nil
	}
	c.say("building %s (once; this takes minutes)", strings.Join(m.binaries, ", "))
	began := time.Now()
	// Built beside and moved as a whole, so that an interrupted build leaves nothing that looks finished.
	fresh := dir + ".new"
	if err := os.MkdirAll(fresh, 0o755); err != nil {
		return err
	}
	target := fresh + string(filepath.Separator)
	if len(m.binaries) == 1 {
		target = filepath.Join(fresh, m.binaries[0])
	}
	if err := c.goBuild(ctx, source, target, m.ldflags, "tool"); err != nil {
		return err
	}
	if !present(fresh, m.binaries) {
		return fmt.Errorf("the build in %s did not write %s", fresh, strings.Join(m.binaries, ", "))
	}
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	c.say("built %s in %.0f s", m.name, time.Since(began).Seconds())
	return os.Rename(fresh, dir)
}

// goBuild builds static binaries for this machine.
func (c *Cluster) goBuild(ctx context.Context, dir, target, ldflags, pattern string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-trimpath", "-ldflags", "-s -w "+ldflags, "-o", target, pattern)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=")
	cmd.Stdout, cmd.Stderr = c.options.Out, c.options.Out
	return cmd.Run()
}

// versionOf names what a module builds: the versions of everything in it, the compiler and its flags.
func versionOf(source, ldflags string) (string, error) {
	sum := sha256.New()
	for _, name := range []string{"go.mod", "go.sum"} {
		data, err := os.ReadFile(filepath.Join(source, name))
		if err != nil {
			return "", err
		}
		sum.Write(data)
	}
	fmt.Fprint(sum, ldflags, runtime.Version(), runtime.GOARCH)
	return hex.EncodeToString(sum.Sum(nil))[:12], nil
}

func present(dir string, names []string) bool {
	for _, name := range names {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return false
		}
	}
	return true
}

// findSource looks for the folder test/cluster from the working directory upwards.
func (c *Cluster) findSource() error {
	if c.options.Source != "" {
		return nil
	}
	dir, err := os.Getwd()
	if err != nil {
		return err
	}
	for ; ; dir = filepath.Dir(dir) {
		for _, candidate := range []string{dir, filepath.Join(dir, "test", "cluster")} {
			if _, err := os.Stat(filepath.Join(candidate, "modules", "kubernetes", "go.mod")); err == nil {
				c.options.Source = candidate
				return nil
			}
		}
		if dir == filepath.Dir(dir) {
			return errors.New("the folder test/cluster of the project is not here and not above: go there, or name it with --source")
		}
	}
}

// manifests is the folder of a module's sources, where its custom resources and webhooks are described.
func (c *Cluster) manifests(ctx context.Context, m, path string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", path)
	cmd.Dir = filepath.Join(c.options.Source, "modules", m)
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod")
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("where are the sources of %s: %w", path, err)
	}
	dir := strings.TrimSpace(string(out))
	if dir == "" {
		cmd := exec.CommandContext(ctx, "go", "mod", "download", path)
		cmd.Dir = filepath.Join(c.options.Source, "modules", m)
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("%w: %s", err, out)
		}
		return c.manifests(ctx, m, path)
	}
	return dir, nil
}
