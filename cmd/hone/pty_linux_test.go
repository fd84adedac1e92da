package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// openPTY makes a pseudo terminal of some size: what is written to the program's side comes out here.
func openPTY(t *testing.T, width, height uint16) (here, program *os.File) {
	t.Helper()
	here, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no pseudo terminals here: %v", err)
	}
	t.Cleanup(func() { _ = here.Close() })
	require.NoError(t, unix.IoctlSetPointerInt(int(here.Fd()), unix.TIOCSPTLCK, 0))
	n, err := unix.IoctlGetInt(int(here.Fd()), unix.TIOCGPTN)
	require.NoError(t, err)
	program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = program.Close() })
	require.NoError(t, unix.IoctlSetWinsize(int(here.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Col: width, Row: height}))
	return here, program
}

// viewer keeps what stands on a terminal.
type viewer struct {
	mu      sync.Mutex
	vt      vt
	changed chan struct{}
}

func (v *viewer) read(r io.Reader) {
	rest := ""
	buf := make([]byte, 4096)
	for {
		n, err := r.Read(buf)
		if err != nil {
			return
		}
		// What may be cut in the middle of a sequence or a character waits for the rest.
		data := rest + string(buf[:n])
		end := len(data)
		if i := strings.LastIndexByte(data, 0x1b); i >= 0 && !regexp.MustCompile(`^\x1b\[[?0-9;]*[A-Za-z]`).MatchString(data[i:]) {
			end = i
		}
		for end > 0 && end > len(data)-4 && !strings.HasPrefix(strings.ToValidUTF8(data[:end], "\xff"), data[:end]) {
			end--
		}
		v.mu.Lock()
		_, _ = v.vt.Write([]byte(data[:end]))
		v.mu.Unlock()
		rest = data[end:]
		select {
		case v.changed <- struct{}{}:
		default:
		}
	}
}

// await blocks until the terminal shows a text, or no longer.
func (v *viewer) await(t *testing.T, text string, shown bool) {
	t.Helper()
	deadline := time.After(time.Minute)
	for {
		v.mu.Lock()
		screen := v.vt.String()
		v.mu.Unlock()
		if strings.Contains(screen, text) == shown {
			return
		}
		select {
		case <-v.changed:
		case <-deadline:
			t.Fatalf("the terminal shows\n%s\ninstead of %q", screen, text)
		}
	}
}

// TestTheLiveBoardOnATerminal runs the program on a pseudo terminal, and uses its keyboard.
func TestTheLiveBoardOnATerminal(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "experiment.yaml"), []byte(`
apiVersion: hone.dev/v1beta1
kind: Experiment
metadata: {name: tiny}
spec:
  objective: {metric: score, goal: maximize}
  parameters: [{name: x, type: int, min: 1, max: 3}]
  algorithm: {name: grid, seed: 7}
  initial: [{x: 1}, {x: 2}, {x: 3}]
  budget: {trials: 3}
  trial: {command: [/bin/sh, -c, "echo step=1 score=${parameters.x}; echo step=2 score=${parameters.x}; echo to stderr >&2"]}
`), 0o600))
	environment := append(os.Environ(), "TERM=xterm-256color", "LANG=C.UTF-8", "NO_COLOR=", "HONE_SERVER=", "HONE_CONTEXT=", "HONE_DATA="+dir+"/data",
		"XDG_CONFIG_HOME="+dir)
	hone := func(args ...string) *exec.Cmd {
		cmd := exec.CommandContext(t.Context(), "hone", args...)
		cmd.Dir, cmd.Env = dir, environment
		return cmd
	}
	out, err := hone("run", "experiment.yaml", "-q").CombinedOutput()
	require.NoError(t, err, "%s", out)

	here, program := openPTY(t, 80, 12)
	before, err := unix.IoctlGetTermios(int(program.Fd()), unix.TCGETS)
	require.NoError(t, err)
	cmd := hone("leaderboard", "tiny", "--watch")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = program, program, program
	require.NoError(t, cmd.Start())
	v := &viewer{vt: vt{width: 80}, changed: make(chan struct{}, 1)}
	go v.read(here)
	press := func(keys string) {
		_, err := here.WriteString(keys)
		require.NoError(t, err)
	}
	v.await(t, "3 trials  sorted by ranking", true)
	v.await(t, "▸★    1  tiny-0003  Succeeded", true)
	press("\x1b[B\r")
	v.await(t, "tiny-0002  Succeeded  score 2  rank 2", true)
	v.await(t, "to stderr", true)
	require.NoError(t, unix.IoctlSetWinsize(int(here.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Col: 60, Row: 8}))
	require.NoError(t, cmd.Process.Signal(unix.SIGWINCH)) // it has no terminal that controls it
	press("\x1b")
	v.await(t, "▸     2  tiny-0002", true)
	press("/x>1\r")
	v.await(t, "2 of 3 trials", true)
	press("q")
	require.NoError(t, cmd.Wait())
	v.await(t, "Enter open", false)
	v.await(t, " ★    1  tiny-0003  Succeeded", true)
	after, err := unix.IoctlGetTermios(int(program.Fd()), unix.TCGETS)
	require.NoError(t, err)
	require.Equal(t, before, after, "the terminal is as it was")
}
