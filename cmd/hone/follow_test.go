package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hone-tuner/hone"
	"github.com/stretchr/testify/require"
)

// experimentFile is a file whose content the fake service does not look at.
func experimentFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "experiment.yaml")
	require.NoError(t, os.WriteFile(path, []byte("kind: Experiment"), 0o600))
	return path
}

// inBubble runs hone run with a clock of its own while play happens.
func inBubble(t *testing.T, f *fakeService, live bool, play func(cancel context.CancelFunc), args ...string) (code int, stdout, stderr string) {
	t.Helper()
	file := experimentFile(t)
	synctest.Test(t, func(t *testing.T) {
		f.changed = make(chan struct{})
		f.interrupted = make(chan struct{}, 1)
		x := newTerminal(t, f, "")
		x.app.now = time.Now
		if live {
			x.app.isTTY = true
			x.app.stderr.size = func() (int, int) { return 80, 24 }
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go play(cancel)
		code = x.app.run(ctx, append([]string{"run", file}, args...))
		stdout, stderr = x.stdout.String(), x.stderr.String()
	})
	require.True(t, f.closed)
	return code, stdout, stderr
}

// roaming is a service over the network that goes away for a while. Who does not try again himself hears of it late.
type roaming struct {
	*fakeService
	from, until time.Time
}

func (s *roaming) gone(ctx context.Context) error {
	if time.Now().Before(s.from) || !time.Now().Before(s.until) {
		return nil
	}
	if !triesItself(ctx) {
		sleep(ctx, outageLimit)
	}
	return hone.Errorf(hone.Unavailable, "the server broke off")
}

func (s *roaming) GetExperiment(ctx context.Context, n hone.Name) (hone.Experiment, error) {
	if err := s.gone(ctx); err != nil {
		return hone.Experiment{}, err
	}
	return s.fakeService.GetExperiment(ctx, n)
}

func (s *roaming) Events(ctx context.Context, n hone.Name, after int64, wait bool) ([]hone.Event, error) {
	if err := s.gone(ctx); err != nil {
		return nil, err
	}
	return s.fakeService.Events(ctx, n, after, wait)
}

func TestWhoWatchesIsToldAtOnceOfAnOutage(t *testing.T) {
	f := newFake(t, digitsSpec())
	synctest.Test(t, func(t *testing.T) {
		f.changed = make(chan struct{})
		s := &roaming{fakeService: f, from: time.Now().Add(time.Minute), until: time.Now().Add(2 * time.Minute)}
		x := newTerminal(t, s, "")
		x.app.now = time.Now
		var after string
		go func() {
			time.Sleep(time.Minute)
			first := f.start(t, adam(0.1, 2)) // the answer that is the last before the outage
			time.Sleep(2 * time.Second)
			synctest.Wait()
			after = x.stderr.String()
			time.Sleep(2 * time.Minute)
			f.succeed(t, first, 0.996)
			f.end(t, hone.ExperimentSucceeded, hone.TargetReached)
		}()
		reply := hone.RunReply{Experiment: f.experiment, Created: true}
		e, err := x.app.onlook(t.Context(), s, reply, x.app.shower(false), func(context.Context) error { return nil })
		require.NoError(t, err)
		require.Equal(t, hone.ExperimentSucceeded, e.Status.State)
		require.Contains(t, after, "connection lost, trying again: the server broke off\n")
		require.NotContains(t, after, "connected again")
		require.Contains(t, x.stderr.String(), "connected again\n[1/8] digits-0001 Succeeded")
	})
}

func TestRunToTheEnd(t *testing.T) {
	f := newFake(t, digitsSpec())
	code, stdout, stderr := inBubble(t, f, false, func(context.CancelFunc) {
		time.Sleep(time.Second)
		first := f.start(t, adam(0.00083121, 2))
		time.Sleep(time.Second)
		f.succeed(t, first, 0.996)
		f.end(t, hone.ExperimentSucceeded, hone.TargetReached)
	}, "--trials", "9", "--seed", "3", "--keep-size", "1GiB", "--keep-age", "2d")
	require.Equal(t, exitDone, code, stderr)
	require.Contains(t, stdout, "   1  digits-0001  Succeeded     0.996")
	require.Contains(t, stderr, "warning: budget.trials is not given: 100\n")
	require.Contains(t, stderr, "digits: maximize accuracy to 0.995 over 4 parameters, 8 trials, at most 10 failed, algorithm sobol, seed 7, 2 at once\n")
	require.Contains(t, stderr, "process 4711, which owns ")
	require.Contains(t, stderr, "[1/8] digits-0001 Succeeded accuracy=0.996 1s (best)  lr=0.00083121 optimizer=adam layers=2\n")
	require.Contains(t, stderr, "see more: hone leaderboard digits, hone best digits, hone logs digits-0001\n")
	require.Equal(t, 9, *f.request.Overrides.Trials)
	require.Equal(t, uint64(3), *f.request.Overrides.Seed)
	require.Nil(t, f.request.Overrides.Parallelism)
	require.Equal(t, hone.Retention{Age: 48 * time.Hour, Size: 1 << 30}, f.request.Retention)
	require.Equal(t, "kind: Experiment", string(f.request.Document))
	require.True(t, filepath.IsAbs(f.request.Directory))
	require.Equal(t, []string{"A=1"}, f.request.Environment)
}

func TestAFailedExperimentEndsWithOne(t *testing.T) {
	f := newFake(t, digitsSpec())
	code, stdout, stderr := inBubble(t, f, false, func(context.CancelFunc) {
		first := f.start(t, adam(0.1, 2))
		f.fail(t, first, hone.OutOfMemory, "killed\nby the kernel")
		for i := range 3 {
			f.fail(t, f.start(t, adam(0.1, 1+i)), hone.NonZeroExit,
				fmt.Sprintf("exit status 1. It raised ValueError: lr=%d.5e-7\nlast lines of its output:\n  Traceback\n  ValueError: no lr=%d\n  bye", i, i))
		}
		f.end(t, hone.ExperimentFailed, hone.TooManyFailures)
	})
	require.Equal(t, exitFailed, code)
	require.Contains(t, stdout, "Failed (OutOfMemory)")
	require.Contains(t, stderr, "OutOfMemory: killed | by the kernel\n")
	require.Contains(t, stderr, "NonZeroExit: exit status 1. It raised ValueError: lr=2.5e-7 | ValueError: no lr=2\n", "not the last line, but the one that tells")
	require.Contains(t, stderr, "why 4 trials failed:\n"+
		"  3x NonZeroExit, such as digits-0002: exit status 1. It raised ValueError: lr=0.5e-7\n    last lines of its output:\n      Traceback\n      ValueError: no lr=0\n      bye\n"+
		"    all of its output: hone logs digits-0002\n"+
		"  1x OutOfMemory, such as digits-0001: killed\n    by the kernel\n    all of its output: hone logs digits-0001\n")
	require.NotContains(t, stderr, "hone best", "there is no best trial")
	require.Contains(t, stderr, "hone: digits is Failed (TooManyFailures)\n")
}

func TestQuietShowsOnlyTheLeaderboard(t *testing.T) {
	f := newFake(t, digitsSpec())
	f.onRun = func(hone.RunRequest) (hone.RunReply, error) {
		return hone.RunReply{Experiment: f.experiment, Created: true}, nil
	}
	code, stdout, stderr := inBubble(t, f, false, func(context.CancelFunc) {
		f.succeed(t, f.start(t, adam(0.1, 2)), 0.5)
		f.end(t, hone.ExperimentSucceeded, hone.BudgetSpent)
	}, "-q", "-o", "json")
	require.Equal(t, exitDone, code)
	require.Contains(t, stdout, `"trial": "digits-0001"`)
	require.Empty(t, stderr)
}

func TestTheRunGoesOnUntilTheLastTrialHasStopped(t *testing.T) {
	f := newFake(t, digitsSpec())
	code, stdout, _ := inBubble(t, f, false, func(context.CancelFunc) {
		first := f.start(t, adam(0.1, 2))
		f.end(t, hone.ExperimentSucceeded, hone.TargetReached)
		time.Sleep(3 * time.Second)
		f.record(t, hone.Event{Type: hone.EventTrialEnded, Trial: first, Attempt: 1, State: "Stopped", Reason: hone.ExperimentEnded})
	})
	require.Equal(t, exitDone, code)
	require.Contains(t, stdout, "Stopped (ExperimentEnded)")
}

func TestCtrlC(t *testing.T) {
	f := newFake(t, digitsSpec())
	code, stdout, stderr := inBubble(t, f, false, func(cancel context.CancelFunc) {
		f.succeed(t, f.start(t, adam(0.1, 1)), 0.5)
		f.start(t, adam(0.1, 2))
		time.Sleep(time.Second)
		cancel()
	}, "--name", "other one", "-n", "vision", "--data-dir=/data", "--trials=70", "--algorithm", "random", "-o", "json")
	require.Equal(t, exitInterrupted, code)
	require.Contains(t, f.calls, "interrupt")
	require.Empty(t, stdout)
	require.Contains(t, stderr, "stopping 1 running trial; press Ctrl-C again to stop waiting\n")
	require.Regexp(t, "hone: interrupted; 1 running, 1 succeeded. Everything is saved: `hone run \\S+experiment.yaml "+
		"--trials 70 --algorithm random --name 'other one' -n vision --data-dir /data` goes on\n", stderr)
	require.NotContains(t, stderr, "hone: interrupted\n", "it is said once")
}

func TestAnInterruptFromElsewhere(t *testing.T) {
	f := newFake(t, digitsSpec())
	code, _, stderr := inBubble(t, f, false, func(context.CancelFunc) {
		time.Sleep(time.Second)
		f.record(t, hone.Event{Type: hone.EventDetached, Reason: hone.Interrupted})
	})
	require.Equal(t, exitInterrupted, code)
	require.NotContains(t, f.calls, "interrupt")
	require.Contains(t, stderr, "hone: interrupted from another terminal; none yet. Everything is saved: `hone run ")
}

func TestAnExperimentThatHadEndedIsShown(t *testing.T) {
	for state, want := range map[hone.ExperimentState]int{hone.ExperimentSucceeded: exitDone, hone.ExperimentFailed: exitFailed, hone.ExperimentStopped: exitFailed} {
		f := newFake(t, digitsSpec())
		f.succeed(t, f.start(t, adam(0.1, 1)), 0.5)
		f.end(t, state, hone.BudgetSpent)
		f.onRun = func(hone.RunRequest) (hone.RunReply, error) { return hone.RunReply{Experiment: f.experiment}, nil }
		x := newTerminal(t, f, "")
		require.Equal(t, want, x.run(t, "run", experimentFile(t)))
		require.Contains(t, x.stderr.String(), "digits had ended before: a larger budget goes on with it; another --name or `hone delete digits` begins anew\n")
		require.Contains(t, x.stdout.String(), "digits-0001")
	}
}

func TestHintsLeadToTheSameExperiment(t *testing.T) {
	f := newFake(t, digitsSpec())
	f.experiment.Namespace = "vision"
	f.succeed(t, f.start(t, adam(0.1, 1)), 0.5)
	f.end(t, hone.ExperimentFailed, hone.TooManyFailures)
	f.onRun = func(hone.RunRequest) (hone.RunReply, error) { return hone.RunReply{Experiment: f.experiment}, nil }
	x := newTerminal(t, f, "kind: Experiment")
	require.Equal(t, exitFailed, x.run(t, "run", "-", "--data-dir", "my data"))
	require.Contains(t, x.stderr.String(), "`hone retry-trial TRIAL --data-dir 'my data'` runs a failed trial again")
	require.Contains(t, x.stderr.String(), "see more: hone leaderboard vision/digits --data-dir 'my data', hone best vision/digits --data-dir 'my data', "+
		"hone logs vision/digits-0001 --data-dir 'my data'\n")
}

func TestTheSuccessorOfADeadOwnerGoesOn(t *testing.T) {
	f := newFake(t, digitsSpec())
	code, _, stderr := inBubble(t, f, false, func(context.CancelFunc) {
		time.Sleep(time.Second)
		f.mu.Lock()
		f.pid, f.self = 815, true
		f.mu.Unlock()
		time.Sleep(3 * time.Second)
		f.end(t, hone.ExperimentSucceeded, hone.TargetReached)
	})
	require.Equal(t, exitDone, code)
	require.Contains(t, stderr, "process 4711, which ran the experiment, has gone; this process goes on with it\n")
	require.Equal(t, []string{"run", "run"}, f.calls)
}

func TestTheLiveViewIsDrawnAndRemoved(t *testing.T) {
	f := newFake(t, digitsSpec())
	step := int64(2)
	code, _, stderr := inBubble(t, f, true, func(context.CancelFunc) {
		first := f.start(t, adam(0.1, 2))
		f.mu.Lock()
		f.readings[first] = []hone.Measurement{{Metric: "accuracy", Value: 0.25, Step: &step}}
		f.mu.Unlock()
		time.Sleep(3 * time.Second)
		f.succeed(t, first, 0.5)
		time.Sleep(time.Second)
		f.end(t, hone.ExperimentSucceeded, hone.BudgetSpent)
	})
	require.Equal(t, exitDone, code)
	require.Contains(t, stderr, "step 2     0.25", "the newest reading was fetched")
	draws := strings.Count(stderr, "ETA")
	require.LessOrEqual(t, draws, 40, "eight times a second at most")
	v := &vt{width: 80}
	_, err := v.Write([]byte(stderr))
	require.NoError(t, err)
	require.NotContains(t, v.String(), "ETA", "nothing of the view is left")
	require.Contains(t, v.String(), "see more: hone leaderboard digits")
}

func TestAFileThatCannotBeRun(t *testing.T) {
	f := newFake(t, digitsSpec())
	f.onRun = func(hone.RunRequest) (hone.RunReply, error) {
		return hone.RunReply{}, hone.FieldErrors{{Path: "spec.paralelism", Line: 14, Message: `unknown field; did you mean "parallelism"?`}}
	}
	x := newTerminal(t, f, "")
	file := experimentFile(t)
	require.Equal(t, exitUsage, x.run(t, "run", file))
	require.Equal(t, file+": spec.paralelism (line 14): unknown field; did you mean \"parallelism\"?\n", x.stderr.String())
	x = newTerminal(t, f, strings.Repeat("x", maxExperimentFile+1))
	require.Equal(t, exitUsage, x.run(t, "run", "-"))
	require.Contains(t, x.stderr.String(), "standard input is larger than 4MiB")
	x = newTerminal(t, f, "")
	require.Equal(t, exitUsage, x.run(t, "run", t.TempDir()))
	require.Contains(t, x.stderr.String(), "cannot be read")
}

func TestNothingIsMissedOfANewExperiment(t *testing.T) {
	f := newFake(t, digitsSpec())
	for range 5 { // all over before the answer to RunExperiment is here
		f.succeed(t, f.start(t, adam(0.1, 1)), 0.5)
	}
	f.end(t, hone.ExperimentSucceeded, hone.BudgetSpent)
	code, _, stderr := inBubble(t, f, false, func(context.CancelFunc) {})
	require.Equal(t, exitDone, code)
	require.Equal(t, 5, strings.Count(stderr, "accuracy=0.5"))
	require.Contains(t, stderr, "[5/8] digits-0005 Succeeded")
	require.NotContains(t, stderr, "had ended before")
}

func TestAProgramThatIsNotOnTheServiceIsExplained(t *testing.T) {
	for server, told := range map[string]bool{"": false, "http://hone.example.org": true} {
		f := newFake(t, digitsSpec())
		f.fail(t, f.start(t, adam(0.1, 2)), hone.StartFailed, "fork/exec ./train: no such file or directory")
		x := newTerminal(t, f, "")
		x.app.server = server
		require.NoError(t, x.app.sayFailures(t.Context(), f, f.experiment))
		hint := "    relative paths start in /data/digits, where the service is\n"
		require.Equal(t, told, strings.Contains(x.stderr.String(), hint), x.stderr)
	}
}
