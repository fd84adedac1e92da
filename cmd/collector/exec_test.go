package main

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/hone-tuner/hone/collector/wrap"
)

// pod is a container of a trial without a sidecar.
type pod struct{ dir, last string }

func newPod(t *testing.T) *pod {
	p := &pod{dir: t.TempDir(), last: filepath.Join(t.TempDir(), "last")}
	require.NoError(t, os.WriteFile(p.last, nil, 0o600))
	return p
}

func (p *pod) command(args ...string) *exec.Cmd {
	c := exec.Command(binary, append([]string{"exec", "--"}, args...)...)
	c.Env = append(os.Environ(), "HONE_DIR="+p.dir, "HONE_TERMINATION_LOG="+p.last)
	return c
}

// ended is what was noted of the end.
func (p *pod) ended(t require.TestingT) (e wrap.Ended) {
	data, err := os.ReadFile(filepath.Join(p.dir, "run", "exit"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &e))
	return e
}

func (p *pod) copied(t require.TestingT) string {
	data, err := os.ReadFile(filepath.Join(p.dir, "run", "stdout"))
	require.NoError(t, err)
	return string(data)
}

func TestTheProgramGetsItsArgumentsAsTheyAre(t *testing.T) {
	gen := rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom([]string{"", "--", "-x", "$HOME", "`id`", "a b", "'\"", "\n", "*", "\\"}),
		rapid.Map(rapid.String(), func(s string) string { return strings.ReplaceAll(s, "\x00", "") })), 0, 20)
	for seed := range 15 { // each starts a program
		p := newPod(t)
		args := gen.Example(seed)
		out, err := p.command(append([]string{"sh", "-c", `for a; do printf '%s\0' "$a"; done`, "sh"}, args...)...).Output()
		require.NoError(t, err)
		want := ""
		for _, a := range args {
			want += a + "\x00"
		}
		require.Equal(t, want, string(out))
		require.Equal(t, want, p.copied(t))
	}
}

func TestBytesPassThroughUnchanged(t *testing.T) {
	p := newPod(t)
	data := make([]byte, 5<<20+17)
	random := rand.NewChaCha8([32]byte{1})
	_, _ = random.Read(data)
	c := p.command("cat")
	c.Stdin = bytes.NewReader(data)
	out, err := c.Output()
	require.NoError(t, err)
	require.True(t, bytes.Equal(data, out))
	require.True(t, string(data) == p.copied(t))
}

func TestExitCodesAreKept(t *testing.T) {
	script := filepath.Join(t.TempDir(), "script")
	require.NoError(t, os.WriteFile(script, []byte("#!/no/such/interpreter\n"), 0o700))
	nonsense := filepath.Join(t.TempDir(), "nonsense")
	require.NoError(t, os.WriteFile(nonsense, []byte("hello"), 0o700))
	for name, c := range map[string]struct {
		args           []string
		code           int
		signal, stderr string
	}{
		"well":                 {[]string{"true"}, 0, "", ""},
		"a number":             {[]string{"sh", "-c", "exit 3"}, 3, "", ""},
		"255":                  {[]string{"sh", "-c", "exit 255"}, 255, "", ""},
		"killed":               {[]string{"sh", "-c", "kill -9 $$"}, 137, "SIGKILL", "ended by signal 9 (SIGKILL)"},
		"terminated":           {[]string{"sh", "-c", "kill -TERM $$"}, 143, "SIGTERM", "ended by signal 15 (SIGTERM)"},
		"not found":            {[]string{"nosuchprogram"}, 127, "", `there is no program "nosuchprogram"`},
		"no such path":         {[]string{"/no/such/program"}, 127, "", "/no/such/program cannot be executed: no such file"},
		"not executable":       {[]string{"/etc/passwd"}, 126, "", "/etc/passwd cannot be executed: permission denied"},
		"a folder":             {[]string{"/etc"}, 126, "", "is a directory"},
		"no interpreter":       {[]string{script}, 127, "", "what interprets it"},
		"no program":           {[]string{nonsense}, 126, "", "no program for this machine"},
		"a command of a shell": {[]string{"exit 3"}, 127, "", "it is not read by a shell"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPod(t)
			command := p.command(c.args...)
			var stderr bytes.Buffer
			command.Stderr = &stderr
			_ = command.Run()
			require.Equal(t, c.code, command.ProcessState.ExitCode())
			e := p.ended(t)
			require.Equal(t, c.code, e.Code)
			require.Equal(t, c.signal, e.Signal)
			last, err := os.ReadFile(p.last)
			require.NoError(t, err)
			if c.stderr == "" {
				require.Empty(t, stderr.String())
				require.Empty(t, last, "the exit code says it")
				return
			}
			require.Contains(t, stderr.String(), c.stderr)
			require.Equal(t, 1, strings.Count(stderr.String(), "\n"))
			require.Contains(t, string(last), c.stderr)
		})
	}
}

func TestSignalsReachTheProgram(t *testing.T) {
	p := newPod(t)
	c := p.command("sh", "-c", `trap 'echo hup' HUP; trap 'echo usr2' USR2; trap 'echo term; exit 7' TERM; echo ready; while :; do sleep 0.01; done`)
	out, err := c.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, c.Start())
	line := make([]byte, 64)
	for _, step := range []struct {
		want string
		send syscall.Signal
	}{{"ready\n", syscall.SIGHUP}, {"hup\n", syscall.SIGUSR2}, {"usr2\n", syscall.SIGTERM}, {"term\n", 0}} {
		n, err := out.Read(line)
		require.NoError(t, err)
		require.Equal(t, step.want, string(line[:n]))
		if step.send != 0 {
			require.NoError(t, c.Process.Signal(step.send))
		}
	}
	_ = c.Wait()
	require.Equal(t, 7, c.ProcessState.ExitCode())
}

func TestWhatAShellHasStartedHearsTheEndAndMaySaveItsWork(t *testing.T) {
	p := newPod(t)
	c := p.command("sh", "-c", `sh -c 'trap "sleep 0.3; echo saved; exit 0" TERM; echo ready; while :; do sleep 0.01; done'; echo not reached`)
	out, err := c.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, c.Start())
	line := make([]byte, 64)
	_, err = out.Read(line)
	require.NoError(t, err)
	require.NoError(t, c.Process.Signal(syscall.SIGTERM))
	n, err := out.Read(line)
	require.NoError(t, err)
	require.Equal(t, "saved\n", string(line[:n]))
	_ = c.Wait()
	require.Equal(t, 143, c.ProcessState.ExitCode())
}

func TestWhatIsLeftBehindIsNotWaitedFor(t *testing.T) {
	p := newPod(t)
	out, _ := p.command("sh", "-c", `sleep 100 2>/dev/null & echo $!; exit 3`).Output()
	require.Equal(t, 3, p.ended(t).Code)
	require.Equal(t, string(out), p.copied(t))
	_ = exec.Command("kill", strings.TrimSpace(string(out))).Run()
}

func TestOrphansAreReapedByTheFirstProcess(t *testing.T) {
	if exec.Command("unshare", "--pid", "--fork", "--mount-proc", "true").Run() != nil {
		t.Skip("process namespaces cannot be made here")
	}
	p := newPod(t)
	inner := p.command("sh", "-c", `(sleep 0.05 & sleep 0.05 &); sleep 0.3; cat /proc/[0-9]*/status | grep -c '^State:.Z'`)
	c := exec.Command("unshare", append([]string{"--pid", "--fork", "--mount-proc"}, inner.Args...)...)
	c.Env = inner.Env
	out, _ := c.Output()
	require.Equal(t, "0\n", string(out))
}

func TestAFullDiskIsNotTheProgramsTrouble(t *testing.T) {
	w := newWorld(t, `{}`)
	if err := syscall.Mount("tmpfs", w.dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Skip("a small disk cannot be made here: ", err)
	}
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(w.dir, syscall.MNT_DETACH)) })
	p := w.sidecar()
	const all = 5 << 20
	c := exec.Command(binary, "exec", "--", "sh", "-c", `echo loss=1; yes | head -c 5242880; echo loss=2`)
	c.Env = w.env
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	require.NoError(t, err)
	require.Len(t, out, all+len("loss=1\nloss=2\n"))
	require.Equal(t, 1, strings.Count(stderr.String(), "metrics may be missing"), stderr.String())

	l := w.terminate(p)
	require.EqualValues(t, 1, l.Readings, "the disk keeps room for what was read")
	require.False(t, l.Delivered, "the log of the pod has to be read")
	require.Contains(t, l.Error, "no room for them on the disk")
}

func TestInstallCopiesTheProgramAsAWhole(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "bin")
	for range 2 {
		require.NoError(t, exec.Command(binary, "install", dir).Run())
	}
	info, err := os.Stat(filepath.Join(dir, "collector"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o755), info.Mode())
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 1)
	out, err := exec.Command(filepath.Join(dir, "collector"), "version").Output()
	require.NoError(t, err)
	require.Contains(t, string(out), "v9.9.9")
	require.Error(t, exec.Command(binary, "install", "/proc/nowhere").Run())
}

func TestPythonsOutputIsNotKeptBack(t *testing.T) {
	p := newPod(t)
	c := p.command("sh", "-c", `echo "$PYTHONUNBUFFERED $HONE_TRIAL_DIR"; test -d "$HONE_TRIAL_DIR"`)
	out, err := c.Output()
	require.NoError(t, err)
	require.Equal(t, "1 "+p.dir+"/trial\n", string(out))
	c = p.command("sh", "-c", `echo "<$PYTHONUNBUFFERED>"`)
	c.Env = append(c.Env, "PYTHONUNBUFFERED=")
	out, err = c.Output()
	require.NoError(t, err)
	require.Equal(t, "<>\n", string(out))
}
