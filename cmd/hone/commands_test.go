package main

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hone-tuner/hone"
	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"
)

func TestSteering(t *testing.T) {
	for name, c := range map[string]struct {
		args         []string
		call, stderr string
	}{
		"pause":  {[]string{"pause", "digits"}, "pause", "digits is paused: 1 running, 2 succeeded, 1 failed. `hone resume digits` goes on\n"},
		"stop":   {[]string{"stop", "digits"}, "stop", "digits: Running; 1 running"},
		"drain":  {[]string{"stop", "default/digits", "--drain"}, "drain", "digits is draining: 1 running trial may finish\n"},
		"delete": {[]string{"delete", "digits", "--yes"}, "delete", "stopping 1 running trial first\ndigits is deleted\n"},
	} {
		t.Run(name, func(t *testing.T) {
			f := ranked(t)
			x := newTerminal(t, f, "")
			require.Equal(t, exitDone, x.run(t, c.args...), x.stderr)
			require.Equal(t, []string{c.call}, f.calls)
			require.Contains(t, x.stderr.String(), c.stderr)
			require.Empty(t, x.stdout.String(), "messages go to stderr")
		})
	}
}

func TestDeleteAsksOnATerminal(t *testing.T) {
	for answer, want := range map[string]int{"y\n": exitDone, "YES\n": exitDone, "n\n": exitFailed, "": exitFailed} {
		f := ranked(t)
		x := newTerminal(t, f, answer)
		x.app.mayAsk = true
		require.Equal(t, want, x.run(t, "delete", "digits"))
		require.Equal(t, want == exitDone, len(f.calls) == 1)
		require.Contains(t, x.stderr.String(), "delete experiment digits with 4 trials? [y/N] ")
	}
	f := ranked(t)
	x := newTerminal(t, f, "y\n")
	require.Equal(t, exitUsage, x.run(t, "delete", "digits"), "there is nobody to ask")
	require.Contains(t, x.stderr.String(), "use --yes")
	require.Empty(t, f.calls)
	x = newTerminal(t, f, "")
	x.app.mayAsk = true
	require.Equal(t, exitDone, x.run(t, "delete", "digits", "--yes"))
}

func TestEditIsAMergePatchOfTheSpec(t *testing.T) {
	f := ranked(t)
	x := newTerminal(t, f, "")
	require.Equal(t, exitDone, x.run(t, "edit", "digits", "--trials", "100", "--duration", "90m", "--parallelism", "3", "--failures", "0"), x.stderr)
	require.JSONEq(t, `{"budget": {"trials": 100, "duration": "1h30m", "failures": 0}, "parallelism": 3}`, f.patch)
}

func TestEditSaysWhatWillComeOfIt(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*hone.Experiment)
		want   string
	}{
		"fewer trials than there are": {func(e *hone.Experiment) { e.Spec.Budget.Trials = 3 }, "it is Running\n4 trials exist already; no new ones will be made\n"},
		"a target is reached for good": {func(e *hone.Experiment) {
			e.Status.State, e.Status.Reason = hone.ExperimentSucceeded, hone.TargetReached
		},
			"it is Succeeded (TargetReached)\nit stays ended: no limit brings back an experiment that ended by TargetReached\n"},
		"the limit still holds": {func(e *hone.Experiment) {
			e.Status.State, e.Status.Reason = hone.ExperimentFailed, hone.TooManyFailures
		},
			"it stays ended: what ended it (TooManyFailures) still holds\n"},
		"nobody runs it": {func(e *hone.Experiment) { e.Status.Seen = began.Add(-time.Hour) }, "no process runs it at the moment: `hone run FILE` goes on with it\n"},
		"it runs":        {func(*hone.Experiment) {}, "digits: 8 trials, at most 10 failed, parallelism 2; it is Running\n"},
	} {
		t.Run(name, func(t *testing.T) {
			f := ranked(t)
			c.change(&f.experiment)
			x := newTerminal(t, f, "")
			require.Equal(t, exitDone, x.run(t, "edit", "digits", "--trials", "3"))
			require.True(t, strings.HasSuffix(x.stderr.String(), c.want), x.stderr)
		})
	}
	f := ranked(t)
	x := newTerminal(t, f, "")
	require.Equal(t, exitUsage, x.run(t, "edit", "digits", "--trials", "0"))
	require.Contains(t, x.stderr.String(), "a budget needs trials or a duration")
	require.Empty(t, f.patch)
	require.Equal(t, exitDone, x.run(t, "edit", "digits", "--trials", "0", "--duration", "1h"))
}

func TestAnExperimentThatNobodyRunsDoesNotLookAlive(t *testing.T) {
	f := ranked(t)
	alive := f.experiment.Status.Seen
	for seen, dead := range map[time.Time]bool{{}: true, alive: false, alive.Add(-time.Hour): true} {
		f.experiment.Status.Seen = seen
		for _, args := range [][]string{{"list"}, {"get", "digits"}} {
			x := newTerminal(t, f, "")
			require.Equal(t, exitDone, x.run(t, args...))
			require.Equal(t, dead, strings.Contains(x.stdout.String(), "Running (waiting for hone run)"), x.stdout)
		}
		x := newTerminal(t, f, "")
		require.Equal(t, exitDone, x.run(t, "list", "-o", "json"))
		require.NotContains(t, x.stdout.String(), "waiting")
	}
	f.experiment.Status.Seen, f.self = alive, true
	x := newTerminal(t, f, "")
	require.Equal(t, exitDone, x.run(t, "get", "digits"))
	require.Contains(t, x.stdout.String(), "Running (waiting for hone run)", "this process owns the folder since, and does not run it")
	p := newProgress(f.experiment)
	p.waiting = true
	require.Contains(t, p.view(100, 24, look{})[0], "Running (waiting for hone run)")
}

func TestWhatIsNotThereIsNamed(t *testing.T) {
	x := newTerminal(t, ranked(t), "")
	require.Equal(t, exitFailed, x.run(t, "metrics", "digits-0001", "--metric", "acuracy"))
	require.Equal(t, "hone: digits-0001 has no readings of \"acuracy\"; did you mean accuracy? (it has of accuracy)\n", x.stderr.String())
	x = newTerminal(t, ranked(t), "")
	require.Equal(t, exitDone, x.run(t, "trials", "digits", "--state", "stopped"))
	require.Equal(t, "no trials in state Stopped\n", x.stderr.String())
	x = newTerminal(t, ranked(t), "")
	require.Equal(t, exitDone, x.run(t, "trials", "digits", "--state", "stopped,earlystopped,pending"))
	require.Equal(t, "no trials in state Stopped, EarlyStopped or Pending\n", x.stderr.String())
}

func TestEnqueue(t *testing.T) {
	x := newTerminal(t, ranked(t), "")
	require.Equal(t, exitDone, x.run(t, "enqueue", "digits", "lr=1e-3", "optimizer=sgd", "momentum=0.5", "layers=2"), x.stderr)
	require.Equal(t, "digits will try lr=0.001, optimizer=sgd, momentum=0.5, layers=2\n", x.stderr.String())
	for word, want := range map[string]string{
		"lrr=1":      `there is no parameter "lrr"; did you mean "lr"?`,
		"lr=5":       `lr=5: 5 is not a value of "lr"`,
		"layers=1.5": "1.5 is not a value",
		"=1":         "is not of the form PARAMETER=VALUE",
	} {
		x := newTerminal(t, ranked(t), "")
		require.Equal(t, exitUsage, x.run(t, "enqueue", "digits", word))
		require.Contains(t, x.stderr.String(), want)
	}
}

func TestWhatIsNotThereEndsWithOne(t *testing.T) {
	for _, args := range [][]string{{"get", "faces"}, {"trial", "digits-0099"}, {"logs", "digits-0099"}, {"leaderboard", "faces"}, {"export", "faces"}, {"best", "faces"}, {"get", "digits", "-n", "vision"}} {
		x := newTerminal(t, ranked(t), "")
		require.Equal(t, exitFailed, x.run(t, args...), "%v", args)
		require.Contains(t, x.stderr.String(), "hone: ")
	}
	x := newTerminal(t, newFake(t, digitsSpec()), "")
	require.Equal(t, exitFailed, x.run(t, "best", "digits"))
	require.Equal(t, "hone: no trial of digits has a value yet; `hone trials digits` shows how they are\n", x.stderr.String())
}

func TestLogsAreCopiedAsTheyAre(t *testing.T) {
	f := ranked(t)
	f.logs = "a\x00\x1b[31m\xff\n"
	x := newTerminal(t, f, "")
	require.Equal(t, exitDone, x.run(t, "logs", "digits-0001", "--stream", "stderr"))
	require.Equal(t, f.logs+"stderr", x.stdout.String())
}

func TestVersionAndAlgorithms(t *testing.T) {
	x := newTerminal(t, nil, "")
	require.Equal(t, exitDone, x.run(t, "version"))
	require.Regexp(t, `^hone \S+ go\S+ \w+/\w+\n$`, x.stdout.String())
	for _, format := range listFormats() {
		x := newTerminal(t, nil, "")
		require.Equal(t, exitDone, x.run(t, "algorithms", "-o", format))
		require.Contains(t, x.stdout.String(), "random")
		require.Contains(t, x.stdout.String(), "median")
	}
}

func TestCompletionOfNames(t *testing.T) {
	for prefix, want := range map[string]string{"": "digits\nvision/faces\n", "d": "digits\n", "x": ""} {
		x := newTerminal(t, ranked(t), "")
		require.Equal(t, exitDone, x.run(t, "__complete", "get", prefix))
		require.Equal(t, want+":4\n", x.stdout.String())
	}
	x := newTerminal(t, ranked(t), "")
	require.Equal(t, exitDone, x.run(t, "__complete", "trial", "digits-000"))
	require.Equal(t, "digits-0001\ndigits-0002\ndigits-0003\ndigits-0004\n:4\n", x.stdout.String())
}

// TestEveryCommandExplainsItself: a sentence, an example, and arguments that are told when they are missing.
func TestEveryCommandExplainsItself(t *testing.T) {
	root := newRootCommand(newTerminal(t, nil, "").app)
	for _, c := range root.Commands() {
		if c.Hidden || c.Name() == "completion" || c.Name() == "help" {
			continue
		}
		require.NotEmpty(t, c.Short, c.Name())
		require.NotEmpty(t, c.Example, c.Name())
		for _, l := range strings.Split(c.Example, "\n") {
			require.Regexp(t, `^  hone `, l, c.Name())
		}
		if strings.Contains(c.Use, " ") && !strings.Contains(c.Use, "[") {
			require.Error(t, c.Args(c, nil), "%s needs arguments", c.Name())
		}
		if !strings.Contains(c.Use, "...") {
			require.Error(t, c.Args(c, []string{"a", "b", "c"}), c.Name())
		}
	}
	var names []string
	for _, c := range root.Commands() {
		names = append(names, c.Name())
	}
	for _, want := range strings.Fields("run validate schema init list get trials trial logs metrics leaderboard best export import enqueue " +
		"stop-trial retry-trial pause resume stop edit delete algorithms version supervise") {
		require.Contains(t, names, want)
	}
	require.IsType(t, &cobra.Command{}, root)
}

func TestWatchedLeaderboard(t *testing.T) {
	f := newFake(t, digitsSpec())
	synctest.Test(t, func(t *testing.T) {
		f.changed = make(chan struct{})
		x := newTerminal(t, f, "")
		go func() {
			time.Sleep(time.Minute)
			f.succeed(t, f.start(t, adam(0.1, 2)), 0.5)
			time.Sleep(time.Minute)
			f.end(t, hone.ExperimentSucceeded, hone.BudgetSpent)
		}()
		require.Equal(t, exitDone, x.run(t, "leaderboard", "digits", "--watch", "-o", "csv", "--columns", "trial,state"))
		require.Contains(t, x.stdout.String(), "trial,state\n\ntrial,state\ndigits-0001,Succeeded\n")
	})
}

func TestWhatIsWaitedForIsTold(t *testing.T) {
	for lingers, want := range map[time.Duration]string{
		500 * time.Millisecond: "",
		time.Minute:            "this process still runs digits, vision/faces; press Ctrl-C twice to leave: its trials go on, and the next `hone run` adopts them\n",
	} {
		f := ranked(t)
		f.experiment.Status.Seen = time.Now().AddDate(100, 0, 0) // since this process owns the folder
		f.self, f.lingers = true, lingers
		synctest.Test(t, func(t *testing.T) {
			x := newTerminal(t, f, "")
			require.Equal(t, exitDone, x.run(t, "best", "digits"))
			require.Equal(t, want, x.stderr.String())
		})
	}
}

func TestAWatchEndsWithCtrlC(t *testing.T) {
	f := newFake(t, digitsSpec())
	synctest.Test(t, func(t *testing.T) {
		f.changed = make(chan struct{})
		x := newTerminal(t, f, "")
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Minute, cancel)
		require.Equal(t, exitInterrupted, x.app.run(ctx, []string{"leaderboard", "digits", "--watch"}))
		require.NotContains(t, f.calls, "interrupt", "watching is not running")
	})
}
