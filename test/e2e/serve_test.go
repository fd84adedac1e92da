package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// service is a `hone serve` that is started again and again on the same data directory.
type service struct {
	home
	cmd  *exec.Cmd
	log  string
	url  string
	args []string
}

var serving = regexp.MustCompile(`serving on (http\S+) and`)

// serve starts the service and waits until it serves.
func (h home) serve(args ...string) *service {
	s := &service{home: h, log: filepath.Join(h.dir, "serve.log"), args: args}
	s.start()
	h.t.Cleanup(func() { _ = s.cmd.Process.Kill(); _ = s.cmd.Wait() })
	return s
}

func (s *service) start() {
	require.NoError(s.t, os.WriteFile(s.log, nil, 0o600))
	log, err := os.OpenFile(s.log, os.O_WRONLY|os.O_APPEND, 0o600)
	require.NoError(s.t, err)
	defer log.Close()
	listen := "127.0.0.1:0"
	if s.url != "" { // the same again
		listen = strings.TrimPrefix(s.url, "http://")
	}
	s.cmd = s.command(append([]string{"serve", "--listen", listen}, s.args...)...)
	s.cmd.Stderr = log
	require.NoError(s.t, s.cmd.Start())
	eventually(s.t, "the service has started", func() bool {
		text, _ := os.ReadFile(s.log)
		found := serving.FindSubmatch(text)
		if found != nil {
			s.url = string(found[1])
		}
		return found != nil
	})
}

// end sends a signal to the service and to no other process, and waits for it.
func (s *service) end(signal os.Signal) error {
	require.NoError(s.t, s.cmd.Process.Signal(signal))
	return s.cmd.Wait()
}

// trialsOf are the exported trials of an experiment.
func (s *service) trialsOf(name string) (all []exported) {
	for _, line := range strings.Split(strings.TrimSpace(string(s.must("export", name))), "\n") {
		var t exported
		require.NoError(s.t, json.Unmarshal([]byte(line), &t))
		all = append(all, t)
	}
	return all
}

type exported struct {
	Name         string
	State        string
	Attempt      int
	Parameters   map[string]float64
	Value        float64
	Measurements []struct{ Step int }
}

// onceEach requires that the programs of all trials were started once, and that all their readings are there.
func (s *service) onceEach(name string, trials int) {
	starts, err := os.ReadFile(filepath.Join(s.dir, "starts"))
	require.NoError(s.t, err)
	require.Equal(s.t, trials, strings.Count(string(starts), "\n"), "as many starts as trials")
	all := s.trialsOf(name)
	require.Len(s.t, all, trials)
	for _, t := range all {
		require.Equal(s.t, "Succeeded", t.State, t.Name)
		require.Equal(s.t, 1, t.Attempt, t.Name)
		require.Equal(s.t, 1, strings.Count(string(starts), t.Name+" "), "%s was started once", t.Name)
		require.Len(s.t, t.Measurements, 10, t.Name)
	}
}

// TestAServiceThatIsKilledFiveTimes kills it with SIGKILL at random moments while local trials run. Each start goes on by itself;
// whoever waits for the experiment does so over all of it.
func TestAServiceThatIsKilledFiveTimes(t *testing.T) {
	h := newHome(t, second)
	s := h.serve()
	wait := h.command("submit", h.file, "--wait", "-q")
	require.NoError(t, wait.Start())
	eventually(t, "the first trial has begun", func() bool { return exists(filepath.Join(h.dir, "starts")) })
	for range 5 {
		time.Sleep(time.Duration(200+rand.IntN(1500)) * time.Millisecond) //nolint:gosec // any moment will do
		require.Error(t, s.end(syscall.SIGKILL))
		s.start()
	}
	require.NoError(t, wait.Wait())
	s.onceEach("crash", 60)
}

// TestAServiceThatIsStoppedLeavesTrialsAlone stops it as systemd does with KillMode=process: SIGTERM for the main process
// only. The trials go on, and the next start adopts them.
func TestAServiceThatIsStoppedLeavesTrialsAlone(t *testing.T) {
	h := newHome(t, experiment("calm", "parallelism: 2\nbudget: {trials: 4}", `
echo "$HONE_TRIAL $$" >> pids
while [ ! -e go ]; do sleep 0.05; done
echo accuracy=0.5`))
	s := h.serve()
	h.must("submit", h.file)
	pids := func() []string {
		data, _ := os.ReadFile(filepath.Join(h.dir, "pids"))
		return regexp.MustCompile(`(?m)\d+$`).FindAllString(string(data), -1)
	}
	eventually(t, "two trials run", func() bool { return len(pids()) == 2 })
	require.NoError(t, s.end(syscall.SIGTERM), "a graceful end is a success")
	for _, pid := range pids() {
		require.True(t, alive(pid), "a trial was ended with the service")
	}
	s.start()
	require.Contains(t, readFile(t, s.log), "1 experiment resumed")
	require.NoError(t, os.WriteFile(filepath.Join(h.dir, "go"), nil, 0o600))
	eventually(t, "the experiment has ended", func() bool {
		var e struct{ Status struct{ State string } }
		h.into(&e, "get", "calm")
		return e.Status.State == "Succeeded"
	})
	require.Len(t, pids(), 4, "no trial was started twice")
}

// TestATrialThatEndsWhileTheServiceIsAway has the end that its program had, and not the one of the next start.
func TestATrialThatEndsWhileTheServiceIsAway(t *testing.T) {
	h := newHome(t, experiment("alone", "budget: {trials: 1}", `
echo $$ > pid
while [ ! -e go ]; do sleep 0.05; done
echo accuracy=0.5`))
	s := h.serve()
	h.must("submit", h.file)
	pid := func() string {
		data, _ := os.ReadFile(filepath.Join(h.dir, "pid"))
		return strings.TrimSpace(string(data))
	}
	eventually(t, "the trial runs", func() bool { return pid() != "" })
	require.NoError(t, s.end(syscall.SIGTERM))
	require.NoError(t, os.WriteFile(filepath.Join(h.dir, "go"), nil, 0o600))
	eventually(t, "the program has ended", func() bool { return !alive(pid()) })
	over := time.Now().Add(time.Second) // the supervisor may have looked a moment later
	eventually(t, "some time has passed", func() bool { return time.Now().After(over) })
	s.start()
	var trial struct {
		State   string
		EndTime time.Time
	}
	eventually(t, "the end is known", func() bool {
		h.into(&trial, "trial", "alone-0001")
		return trial.State == "Succeeded"
	})
	require.True(t, trial.EndTime.Before(over), "%s is not before %s", trial.EndTime, over)
}

// TestAServiceThatIsStoppedUnderLoadLosesNothing measures from many clients while the service is stopped and
// started: everything that was acknowledged is there afterwards.
func TestAServiceThatIsStoppedUnderLoadLosesNothing(t *testing.T) {
	h := newHome(t, `apiVersion: hone.dev/v1beta1
kind: Experiment
metadata: {name: load}
spec:
  objective: {metric: accuracy, goal: maximize}
  parameters: [{name: lr, type: double, min: 0, max: 1}]
  algorithm: {name: random, seed: 3}
  budget: {trials: 8}
`)
	s := h.serve()
	h.must("submit", h.file, "--server", s.url)
	base := s.url + "/api/v1/namespaces/default/experiments/load"
	post := func(url, body string, into any) error {
		resp, err := http.Post(url, "application/json", strings.NewReader(body)) //nolint:noctx,gosec // a test
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK {
			return fmt.Errorf("%d %s %w", resp.StatusCode, text, err)
		}
		return json.Unmarshal(text, into)
	}
	const workers = 8
	acknowledged := make([]atomic.Int64, workers+1)
	var stop atomic.Bool
	var group sync.WaitGroup
	for range workers {
		var reply struct{ Trials []struct{ Number int } }
		require.NoError(t, post(base+"/ask", `{}`, &reply))
		require.Len(t, reply.Trials, 1)
		number := reply.Trials[0].Number
		group.Go(func() {
			for step := int64(1); !stop.Load(); {
				body := fmt.Sprintf(`{"sequence": %d, "measurements": [{"metric": "accuracy", "value": 0.5, "step": %d}]}`, step, step)
				if post(fmt.Sprintf("%s/trials/load-%04d/measurements", base, number), body, &struct{}{}) == nil {
					acknowledged[number].Store(step)
					step++
				}
			}
		})
	}
	for range 3 {
		before := acknowledged[1].Load()
		eventually(t, "the first worker has measured", func() bool { return acknowledged[1].Load() > before+20 })
		require.NoError(t, s.end(syscall.SIGTERM))
		s.start()
	}
	stop.Store(true)
	group.Wait()
	for _, trial := range s.trialsOf("load") {
		var number int64
		_, err := fmt.Sscanf(trial.Name, "load-%d", &number)
		require.NoError(t, err)
		require.GreaterOrEqual(t, int64(len(trial.Measurements)), acknowledged[number].Load(), trial.Name)
		for i, m := range trial.Measurements {
			require.Equal(t, i+1, m.Step, trial.Name)
		}
	}
}

func readFile(t *testing.T, path string) string {
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}
