//go:build examples

package examples_test

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/client"
	"github.com/stretchr/testify/require"
)

// TestWorkersInPython has three workers, of which one is interrupted and one is killed, and a server that is
// killed in the middle and started again.
func TestWorkersInPython(t *testing.T) {
	const trials = 40
	data := t.TempDir()
	address, kill := serveHone(t, data, "127.0.0.1:0")
	one, two, three := worker(t, address, "one"), worker(t, address, "two"), worker(t, address, "three")

	require.Contains(t, two.line(t), " begins")
	require.NoError(t, two.Process.Signal(syscall.SIGTERM))
	require.Contains(t, two.rest(t), "given back")
	require.Equal(t, 130, two.ProcessState.ExitCode())

	require.Contains(t, three.line(t), " begins")
	require.NoError(t, three.Process.Kill())
	_ = three.rest(t)

	require.Contains(t, one.line(t), " begins")
	kill()
	_, _ = serveHone(t, data, strings.TrimPrefix(address, "http://"))
	require.Contains(t, one.rest(t), "the experiment has ended")
	require.Zero(t, one.ProcessState.ExitCode())

	c := client.New(client.Options{BaseURL: address})
	defer c.Close()
	e, err := client.Open(c, hone.Name{Name: "python"}).Wait(t.Context())
	require.NoError(t, err)
	require.Equal(t, hone.BudgetSpent, e.Status.Reason)
	counts := e.Status.Counts
	require.Equal(t, trials, counts.Succeeded+counts.EarlyStopped, "none failed, none is lost")
	require.Positive(t, counts.EarlyStopped)
	require.Less(t, float64(e.Status.Best.Value), 1.0)
	again := 0
	for trial, err := range c.AllTrials(t.Context(), hone.Name{Name: "python"}, hone.TrialFilter{}) {
		require.NoError(t, err)
		if trial.Attempt > 1 {
			again++
		}
	}
	require.NotZero(t, again, "what the two others were at was handed out again")
}

// TestGoProgramsOptimize runs the programs of go-client, without a server and with one.
func TestGoProgramsOptimize(t *testing.T) {
	require.Regexp(t, `^60 trials; best branin-00\d\d: height 0\.[34]`, goProgram(t, "function"))
	require.Regexp(t, `^12 trials, \d+ of them stopped early; best digits-in-process-00\d\d: accuracy 0\.9`,
		goProgram(t, "digits", "-data", t.TempDir(), "-trials", "12", "-epochs", "20"))

	address, _ := serveHone(t, t.TempDir(), "127.0.0.1:0")
	require.Regexp(t, `^20 trials; best branin-00\d\d`, goProgram(t, "function", "-server", address, "-trials", "20"))
	done := make(chan string, 2)
	for range cap(done) {
		go func() { done <- goProgram(t, "digits", "-server", address, "-trials", "10", "-epochs", "10") }()
	}
	require.Equal(t, <-done, <-done, "both say how the experiment that they shared ended")
}

func goProgram(t *testing.T, name string, args ...string) string {
	cmd := exec.Command("go", append([]string{"run", "./go-client/" + name}, args...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Errorf("%s %v: %v\n%s", name, args, err, out)
	}
	return string(out)
}

// serveHone starts bin/hone serve and returns its address, and what kills it.
func serveHone(t *testing.T, data, listen string) (address string, kill func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cmd := exec.CommandContext(ctx, program(t), "serve", "--data-dir", data, "--listen", listen)
	out, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	kill = func() {
		cancel()
		_ = cmd.Wait()
	}
	t.Cleanup(kill)
	lines := bufio.NewReader(out)
	serving := regexp.MustCompile(`serving on (http://[^ ]+)`)
	for {
		line, err := lines.ReadString('\n')
		require.NoError(t, err, "the server did not start")
		if found := serving.FindStringSubmatch(line); found != nil {
			go func() { _, _ = io.Copy(io.Discard, lines) }()
			return found[1], kill
		}
	}
}

// pythonWorker is a worker that runs, and what it prints.
type pythonWorker struct {
	*exec.Cmd
	out *bufio.Reader
}

func worker(t *testing.T, address, name string) pythonWorker {
	t.Helper()
	cmd := exec.Command("python3", "-B", "worker.py", address, "experiment.yaml", "--name", name, "--lease", "2")
	cmd.Dir, cmd.Stderr = "ask-tell-python", os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return pythonWorker{Cmd: cmd, out: bufio.NewReader(out)}
}

func (w pythonWorker) line(t *testing.T) string {
	t.Helper()
	line, err := w.out.ReadString('\n')
	require.NoError(t, err)
	return line
}

// rest is what the worker prints to its end.
func (w pythonWorker) rest(t *testing.T) string {
	t.Helper()
	text, err := io.ReadAll(w.out)
	require.NoError(t, err)
	_ = w.Wait()
	return string(text)
}
