package trialstest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	hone "github.com/hone-tuner/hone"
)

func exitCodes(t *testing.T, r hone.Runner) {
	for _, tt := range []struct {
		status string
		want   hone.Exit
	}{
		{"0", hone.Exit{Code: 0}},
		{"1", hone.Exit{Code: 1, Reason: hone.NonZeroExit, Message: "exit status 1"}},
		{"77", hone.Exit{Code: 77, Reason: hone.NonZeroExit, Message: "exit status 77"}},
		{"255", hone.Exit{Code: 255, Reason: hone.NonZeroExit, Message: "exit status 255"}},
	} {
		exit, _ := RunOne(t, r, Launch(Experiment(t, "exit", tt.status), 1, 1))
		tt.want.Start, tt.want.End = exit.Start, exit.End
		require.Equal(t, tt.want, exit)
	}
}

func signalled(t *testing.T, r hone.Runner) {
	exit, _ := RunOne(t, r, Launch(Experiment(t, "signal", "15"), 1, 1))
	require.Equal(t, hone.Killed, exit.Reason)
	require.Equal(t, -1, exit.Code)
	require.Contains(t, exit.Message, "signal 15")
	require.False(t, exit.Requested)
	exit, _ = RunOne(t, r, Launch(Experiment(t, "signal", "9"), 1, 1))
	require.Contains(t, []hone.Reason{hone.Killed, hone.OutOfMemory}, exit.Reason)
	require.Contains(t, exit.Message, "memory", "who is killed out of nowhere gets the usual cause")
}

func missingProgram(t *testing.T, r hone.Runner) {
	e := Experiment(t)
	e.Spec.Trial.Command = []string{"no-such-program-anywhere"}
	l := Launch(e, 1, 1)
	_, err := r.Start(t.Context(), l)
	require.NoError(t, err)
	exit := Finish(t, r, l.ID())
	require.Equal(t, hone.StartFailed, exit.Reason)
	require.Equal(t, -1, exit.Code)
	require.Contains(t, exit.Message, "no-such-program-anywhere")
	require.Equal(t, exit, Finish(t, r, l.ID()))
}

// arguments is the property of argv: whatever can be in an argument arrives.
func arguments(t *testing.T, r hone.Runner) {
	e := Experiment(t)
	exe := e.Spec.Trial.Command[0]
	var number atomic.Int32
	check := func(want []string) (got []string) {
		e.Spec.Trial.Command = append([]string{exe, "args"}, escape(want)...)
		exit, out := RunOne(t, r, Launch(e, int(number.Add(1)), 1))
		require.Empty(t, exit.Reason, exit.Message)
		var list [][]byte
		require.NoError(t, json.Unmarshal([]byte(out), &list))
		for _, b := range list {
			got = append(got, string(b))
		}
		return got
	}
	for _, want := range [][]string{
		{"", " ", "a b", `"`, `'`, `\`, "`id`", "$HOME", "$(id)", "; exit 7", "a\nb", "\t\r\n", "*", "~", "--", "-"},
		{"é", "日本語", "🎯", "\u202e", "\xff\xfe", "a\x01b", strings.Repeat("x", 100_000)},
	} {
		require.Equal(t, want, check(want))
	}
	argument := rapid.OneOf(rapid.String(), rapid.StringMatching(`[ '"\\$`+"`"+`(){}|&;<>*?\n\t=-]{0,12}`),
		rapid.Map(rapid.SliceOfN(rapid.ByteRange(1, 255), 0, 20), func(b []byte) string { return string(b) }))
	// Each check starts a process, so each takes many arguments.
	rapid.Check(t, func(rt *rapid.T) {
		want := rapid.SliceOfN(argument, 1, 30).Draw(rt, "arguments")
		for i, a := range want {
			want[i] = strings.ReplaceAll(strings.ReplaceAll(a, "\x00", ""), "$", "§") // placeholders are another's business
		}
		if got := check(want); !slices.Equal(want, got) {
			rt.Fatalf("%q arrived as %q", want, got)
		}
	})
}

func environment(t *testing.T, r hone.Runner) {
	e := Experiment(t, "env")
	e.Spec.Trial.Env = map[string]string{"FROM_FILE": "the file's", "IN_BOTH": "the file's"}
	l := Launch(e, 3, 1)
	l.Environment = append(l.Environment, "FROM_SUBMITTER=the submitter's", "IN_BOTH=the submitter's", "WITH_NEWLINE=a\nb", "HONE_TOKEN=another trial's")
	l.URL, l.Token = "http://127.0.0.1:1", "secret"
	exit, out := RunOne(t, r, l)
	require.Empty(t, exit.Reason)
	var env []string
	require.NoError(t, json.Unmarshal([]byte(out), &env))
	for _, want := range []string{"FROM_FILE=the file's", "IN_BOTH=the file's", "FROM_SUBMITTER=the submitter's", "WITH_NEWLINE=a\nb",
		"PYTHONUNBUFFERED=1", "HONE_TRIAL=digits-0003", "HONE_ATTEMPT=1", "HONE_URL=http://127.0.0.1:1", "HONE_TOKEN=secret"} {
		require.Contains(t, env, want)
	}
	names := map[string]bool{}
	for _, entry := range env {
		name, _, _ := strings.Cut(entry, "=")
		require.False(t, names[name], "%s is there twice", name)
		names[name] = true
	}
}

func folders(t *testing.T, r hone.Runner) {
	e := Experiment(t, "folders")
	emission, err := r.Start(t.Context(), Launch(e, 1, 1))
	require.NoError(t, err)
	require.Empty(t, Finish(t, r, Launch(e, 1, 1).ID()).Reason)
	out, err := os.ReadFile(emission.Stdout)
	require.NoError(t, err)
	var got map[string]string
	require.NoError(t, json.Unmarshal(out, &got))
	require.Equal(t, emission.Dir, got["trial"])
	want, err := filepath.EvalSymlinks(e.Directory)
	require.NoError(t, err)
	require.Equal(t, want, got["workdir"])
	require.True(t, filepath.IsAbs(emission.Dir) && filepath.IsAbs(emission.Stdout) && filepath.IsAbs(emission.Stderr))
	require.DirExists(t, emission.Dir)
}

func outputComplete(t *testing.T, r hone.Runner) {
	e := Experiment(t, "write", "50000")
	emission, err := r.Start(t.Context(), Launch(e, 1, 1))
	require.NoError(t, err)
	require.Empty(t, Finish(t, r, Launch(e, 1, 1).ID()).Reason)
	out, err := os.ReadFile(emission.Stdout)
	require.NoError(t, err)
	require.Equal(t, 50_000, strings.Count(string(out), "\n"))
	require.True(t, strings.HasSuffix(string(out), "accuracy=49999\n"))
	stderr, err := os.ReadFile(emission.Stderr)
	require.NoError(t, err)
	require.Equal(t, "the last line\n", string(stderr))
}

// launched starts a program and waits until it has said something.
func launched(t *testing.T, r hone.Runner, e hone.Experiment, says string) (hone.Launch, hone.Emission, string) {
	t.Helper()
	l := Launch(e, 1, 1)
	emission, err := r.Start(t.Context(), l)
	require.NoError(t, err)
	return l, emission, UntilPrinted(t, emission.Stdout, says)
}

func stopHeard(t *testing.T, r hone.Runner) {
	l, emission, _ := launched(t, r, Experiment(t, "handle", "4"), "listening")
	require.NoError(t, r.Stop(t.Context(), l.ID(), Patience))
	exit := Finish(t, r, l.ID())
	require.Equal(t, hone.NonZeroExit, exit.Reason)
	require.Equal(t, 4, exit.Code)
	require.True(t, exit.Requested)
	UntilPrinted(t, emission.Stdout, "saved")
}

func stopIgnored(t *testing.T, r hone.Runner) {
	l, _, _ := launched(t, r, Experiment(t, "ignore"), "deaf")
	require.NoError(t, r.Stop(t.Context(), l.ID(), 1))
	exit := Finish(t, r, l.ID())
	require.Equal(t, hone.Killed, exit.Reason)
	require.True(t, exit.Requested)
	require.Equal(t, -1, exit.Code)
}

func stopEnded(t *testing.T, r hone.Runner) {
	l := Launch(Experiment(t, "exit", "0"), 1, 1)
	exit, _ := RunOne(t, r, l)
	require.NoError(t, r.Stop(t.Context(), l.ID(), 0))
	require.NoError(t, r.Stop(t.Context(), hone.AttemptID{UID: "no-such", Number: 1, Attempt: 1}, 0))
	require.Equal(t, exit, Finish(t, r, l.ID()))
}

func timeout(t *testing.T, r hone.Runner) {
	e := Experiment(t, "sleep")
	e.Spec.Trial.Timeout = hone.Duration(1)
	exit, _ := RunOne(t, r, Launch(e, 1, 1))
	require.Equal(t, hone.TimedOut, exit.Reason)
	require.False(t, exit.Requested)
	require.Contains(t, exit.Message, "timeout")
}

// gone waits until none of the processes lives.
func gone(t *testing.T, pids []int) {
	t.Helper()
	for _, pid := range pids {
		Until(t, "the children have gone", func() bool { return !Alive(pid) })
	}
}

func childrenStopped(t *testing.T, r hone.Runner) {
	for _, kind := range []string{"", "deaf", "session", "session deaf"} {
		if strings.Contains(kind, "session") && !procHere() {
			continue // only Linux can find those
		}
		e := Experiment(t, append([]string{"fork", "stay"}, strings.Fields(kind)...)...)
		l, _, out := launched(t, r, e, "forked")
		children := Children(t, out)
		for _, pid := range children {
			require.NoError(t, syscall.Kill(pid, 0))
		}
		require.NoError(t, r.Stop(t.Context(), l.ID(), 1))
		require.True(t, Finish(t, r, l.ID()).Requested)
		gone(t, children)
	}
}

func childrenLeft(t *testing.T, r hone.Runner) {
	for _, kind := range []string{"", "deaf", "session", "session deaf"} {
		if strings.Contains(kind, "session") && !procHere() {
			continue
		}
		e := Experiment(t, append([]string{"fork"}, strings.Fields(kind)...)...)
		grace := hone.Duration(1)
		e.Spec.Trial.Grace = &grace
		exit, out := RunOne(t, r, Launch(e, 1, 1))
		require.Empty(t, exit.Reason, "what children do is not the program's failure")
		gone(t, Children(t, out))
	}
}
