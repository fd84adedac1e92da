package service_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone/test/cluster/clustertest"
	"github.com/hone-tuner/hone/test/cluster/image"
)

// Images of these tests.
const (
	collectorImage = "docker.io/local/hone-collector:test"
	trainerImage   = "docker.io/local/hone-trainer:test"
	digitsImage    = "docker.io/local/hone-digits:test"
)

// built is what is built once for all tests.
type built struct{ program, dir string }

var shared built //nolint:gochecknoglobals // set once, by TestMain

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "hone-service")
	if err != nil {
		panic(err)
	}
	shared = built{dir: dir}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// prepare builds hone and loads the images, the first time that a test needs them.
func prepare(t *testing.T, c *clustertest.Cluster) string {
	t.Helper()
	if shared.program != "" {
		return shared.program
	}
	const root = "../../.."
	program := filepath.Join(shared.dir, "hone")
	cmd := exec.Command("go", "build", "-buildvcs=false", "-o", program, "./cmd/hone")
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	shared.program = program
	if !c.Node {
		return program
	}
	load := func(name, path string, data []byte) {
		c.Load(image.Image{Name: name, Files: []image.File{{Path: path, Data: data}}, Entrypoint: []string{path}, User: "65532:65532"})
	}
	load(collectorImage, "/collector", c.Build(root, "./cmd/collector"))
	load(digitsImage, "/digits", c.Build(root, "./examples/digits"))
	load(trainerImage, "/trainer", c.Build("..", "./cmd/trainer"))
	return program
}
