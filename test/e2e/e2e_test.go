package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// binary is the program under test.
var binary string

func TestMain(m *testing.M) { os.Exit(buildAndRun(m)) }

func buildAndRun(m *testing.M) int {
	if url := os.Getenv(poolVariable); url != "" {
		if err := workInPool(url, os.Getenv(workerVariable)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return 0
	}
	dir, err := os.MkdirTemp("", "hone-e2e")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	binary = filepath.Join(dir, "hone")
	if out, err := exec.Command("go", "build", fmt.Sprintf("-race=%t", !measured()), "-o", binary, "../../cmd/hone").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// home is a folder with an experiment file and a data directory.
type home struct {
	t    *testing.T
	dir  string
	file string
	data string
}

func newHome(t *testing.T, experiment string) home {
	dir := t.TempDir()
	h := home{t: t, dir: dir, file: filepath.Join(dir, "experiment.yaml"), data: filepath.Join(dir, "data")}
	require.NoError(t, os.WriteFile(h.file, []byte(experiment), 0o600))
	return h
}

// command prepares hone with the data directory of this home.
func (h home) command(args ...string) *exec.Cmd {
	cmd := exec.Command(binary, args...)
	cmd.Env = append(os.Environ(), "HONE_DATA="+h.data)
	cmd.Dir = h.dir
	return cmd
}

// must runs hone, which must succeed, and returns its stdout.
func (h home) must(args ...string) []byte {
	cmd := h.command(args...)
	out, err := cmd.Output()
	if exit, ok := err.(*exec.ExitError); ok { //nolint:errorlint // exactly what Output returns
		require.NoError(h.t, err, "hone %v: %s%s", args, out, exit.Stderr)
	}
	require.NoError(h.t, err)
	return out
}

// into runs hone with -o json and decodes what it prints.
func (h home) into(v any, args ...string) {
	require.NoError(h.t, json.Unmarshal(h.must(append(args, "-o", "json")...), v))
}
