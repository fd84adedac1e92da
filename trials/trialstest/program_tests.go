package trialstest

import (
	"encoding/json"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	hone "github.com/hone-tuner/hone"
)

func contains(out, text string) bool { return strings.Contains(out, text) }

func exitCodes(t *testing.T, s site) {
	statuses := []int{0, 1, 77, 255}
	var launches []hone.Launch
	for _, status := range statuses {
		launches = append(launches, s.launch(Experiment(t, "exit", strconv.Itoa(status)), 1, 1))
	}
	exits, _ := s.runAll(t, launches)
	for i, status := range statuses {
		require.Equal(t, status, exits[i].Code)
		require.False(t, exits[i].Requested)
		if status == 0 {
			require.Empty(t, exits[i].Reason)
			continue
		}
		require.Equal(t, hone.NonZeroExit, exits[i].Reason)
		require.Contains(t, exits[i].Message, "exit status "+strconv.Itoa(status))
	}
}

func signalled(t *testing.T, s site) {
	exits, _ := s.runAll(t, []hone.Launch{s.launch(Experiment(t, "signal", "15"), 1, 1), s.launch(Experiment(t, "signal", "9"), 1, 1)})
	for _, exit := range exits {
		require.Equal(t, -1, exit.Code, "who is killed has no exit status")
		require.False(t, exit.Requested)
	}
	require.Equal(t, hone.Killed, exits[0].Reason, "somebody else has sent it")
	require.Contains(t, exits[0].Message, "signal 15")
	require.Contains(t, []hone.Reason{hone.Killed, hone.OutOfMemory}, exits[1].Reason)
	require.Contains(t, exits[1].Message, "memory", "who is killed out of nowhere gets the usual cause")
}

func missingProgram(t *testing.T, s site) {
	e := Experiment(t)
	e.Spec.Trial.Command = []string{"no-such-program-anywhere"}
	l := s.launch(e, 1, 1)
	s.start(t, l)
	exit := s.finish(t, l)
	require.Equal(t, hone.StartFailed, exit.Reason, exit.Message)
	require.Equal(t, -1, exit.Code)
	require.Contains(t, exit.Message, "no-such-program-anywhere")
	require.Equal(t, exit, s.finish(t, l))
}

// arguments is the property of argv: whatever can be in an argument arrives.
func arguments(t *testing.T, s site) {
	e := Experiment(t)
	exe := e.Spec.Trial.Command[0]
	var number atomic.Int32
	check := func(want []string) (got []string) {
		e.Spec.Trial.Command = append([]string{exe, "args"}, escape(want)...)
		exit, out := s.run(t, s.launch(e, int(number.Add(1)), 1))
		require.Empty(t, exit.Reason, exit.Message)
		var list [][]byte
		require.NoError(t, json.Unmarshal([]byte(out), &list))
		for _, b := range list {
			got = append(got, string(b))
		}
		return got
	}
	known := []string{"", " ", "a b", `"`, `'`, `\`, "`id`", "$HOME", "$(id)", "$(HONE_TRIAL)", "$$(HONE_TRIAL)", "$$", "; exit 7", "a\nb", "\t\r\n", "*", "~", "--", "-",
		"é", "日本語", "🎯", "\u202e", "\ufffd", "a\x01b", strings.Repeat("x", 100_000)}
	if !s.TextOnly {
		known = append(known, "\xff\xfe")
	}
	require.Equal(t, known, check(known))
	bytes := rapid.Map(rapid.SliceOfN(rapid.ByteRange(1, 255), 0, 20), func(b []byte) string { return string(b) })
	argument := rapid.OneOf(rapid.String(), rapid.StringMatching(`[ '"\\$`+"`"+`(){}|&;<>*?\n\t=-]{0,12}`), bytes)
	// Each check starts a process, so each takes many arguments.
	least, most := 1, 30
	if s.Slow {
		least, most = 300, 600
	}
	rapid.Check(t, func(rt *rapid.T) {
		want := rapid.SliceOfN(argument, least, most).Draw(rt, "arguments")
		for i, a := range want {
			want[i] = strings.ReplaceAll(a, "\x00", "")
			if s.TextOnly {
				want[i] = strings.ToValidUTF8(want[i], "?")
			}
		}
		if got := check(want); !slices.Equal(want, got) {
			rt.Fatalf("%q arrived as %q", want, got)
		}
	})
}

func unspeakable(t *testing.T, s site) {
	bad := []string{"a\x00b"}
	if s.TextOnly {
		bad = append(bad, "\xff\xfe")
	}
	for i, arg := range bad {
		l := s.launch(Experiment(t, "args", arg), i+1, 1)
		if _, err := s.Start(t.Context(), l); err != nil {
			require.ErrorIs(t, err, hone.InvalidArgument)
			continue
		}
		exit := s.finish(t, l)
		require.Equal(t, hone.StartFailed, exit.Reason)
		require.Contains(t, exit.Message, "command")
	}
}

func environment(t *testing.T, s site) {
	e := Experiment(t, "env")
	e.Spec.Metrics.Source = hone.SourcePush // so that the program is told where to
	e.Spec.Trial.Env = map[string]string{"FROM_FILE": "the file's", "IN_BOTH": "the file's", "WITH_NEWLINE": "a\nb", "WITH_DOLLARS": "$(HONE_TRIAL) $$ $(id) $HOME"}
	l := s.launch(e, 3, 1)
	l.Environment = append(l.Environment, "FROM_SUBMITTER=the submitter's", "IN_BOTH=the submitter's", "HONE_TOKEN=another trial's")
	l.URL, l.Token = "http://127.0.0.1:1", "secret"
	exit, out := s.run(t, l)
	require.Empty(t, exit.Reason, exit.Message)
	var env []string
	require.NoError(t, json.Unmarshal([]byte(out), &env))
	for _, want := range []string{"FROM_FILE=the file's", "IN_BOTH=the file's", "WITH_NEWLINE=a\nb", "WITH_DOLLARS=$(HONE_TRIAL) $$ $(id) $HOME", "PYTHONUNBUFFERED=1",
		"HONE_TRIAL=" + hone.TrialName(l.Experiment.Name, 3), "HONE_ATTEMPT=1", "HONE_URL=http://127.0.0.1:1", "HONE_TOKEN=secret"} {
		require.Contains(t, env, want)
	}
	if s.OwnEnvironment {
		require.NotContains(t, env, "FROM_SUBMITTER=the submitter's")
	} else {
		require.Contains(t, env, "FROM_SUBMITTER=the submitter's")
	}
	names := map[string]bool{}
	for _, entry := range env {
		name, _, _ := strings.Cut(entry, "=")
		require.False(t, names[name], "%s is there twice", name)
		names[name] = true
	}
}

func folders(t *testing.T, s site) {
	e := Experiment(t, "folders")
	l := s.launch(e, 1, 1)
	emission := s.start(t, l)
	require.Empty(t, s.finish(t, l).Reason)
	var got struct {
		Workdir, Trial string
		Writable       bool
	}
	require.NoError(t, json.Unmarshal([]byte(s.output(t, l)), &got))
	require.True(t, filepath.IsAbs(got.Trial), got.Trial)
	require.True(t, got.Writable, "the folder is there to write to")
	for _, path := range []string{emission.Dir, emission.Stdout, emission.Stderr, emission.File} {
		require.True(t, path == "" || filepath.IsAbs(path), path)
	}
	if s.OwnFolder {
		require.Empty(t, emission.Dir)
		return
	}
	require.Equal(t, emission.Dir, got.Trial)
	want, err := filepath.EvalSymlinks(e.Directory)
	require.NoError(t, err)
	require.Equal(t, want, got.Workdir)
	require.DirExists(t, emission.Dir)
}

func outputComplete(t *testing.T, s site) {
	const lines = 50_000
	l := s.launch(Experiment(t, "write", strconv.Itoa(lines)), 1, 1)
	exit, out := s.run(t, l)
	require.Empty(t, exit.Reason, exit.Message)
	const last = "the last line\n"
	if s.OneLog {
		require.Equal(t, 1, strings.Count(out, last))
		out = strings.ReplaceAll(out, last, "")
	} else {
		stderr, err := s.stream(t, l, "stderr")
		require.NoError(t, err)
		require.Equal(t, last, stderr)
	}
	require.Equal(t, lines, strings.Count(out, "\n"))
	at := 0
	for line := range strings.Lines(out) {
		if line != "accuracy="+strconv.Itoa(at)+"\n" {
			require.FailNow(t, "a line is not where it should be", "%d: %q", at, line)
		}
		at++
	}
	both, err := s.stream(t, l, "")
	require.NoError(t, err)
	require.Equal(t, lines+1, strings.Count(both, "\n"))
}

// outputFollowed follows a program that ends while it is followed.
func outputFollowed(t *testing.T, s site) {
	l := s.launch(Experiment(t, "handle", "0"), 1, 1)
	s.begin(t, l, "listening")
	log, err := s.Runner.(hone.LogOpener).OpenLog(t.Context(), l.Experiment, l.Trial, hone.LogQuery{Attempt: 1, Stream: "stdout", Follow: true})
	require.NoError(t, err)
	defer func() { _ = log.Close() }()
	require.NoError(t, s.Stop(t.Context(), l.ID(), Patience))
	all, err := io.ReadAll(log)
	require.NoError(t, err)
	require.Equal(t, "listening\nsaved\n", string(all))
	require.Empty(t, s.finish(t, l).Reason, "it ended well when it was asked")
}

func stopHeard(t *testing.T, s site) {
	l := s.launch(Experiment(t, "handle", "4"), 1, 1)
	s.begin(t, l, "listening")
	require.NoError(t, s.Stop(t.Context(), l.ID(), Patience))
	exit := s.finish(t, l)
	require.Equal(t, hone.NonZeroExit, exit.Reason)
	require.Equal(t, 4, exit.Code)
	require.True(t, exit.Requested)
	require.False(t, exit.End.Before(exit.Start))
	require.Contains(t, s.output(t, l), "saved")
}

func stopObeyed(t *testing.T, s site) {
	l := s.launch(Experiment(t, "until", "/no/such/file"), 1, 1)
	s.begin(t, l, "waiting")
	require.NoError(t, s.Stop(t.Context(), l.ID(), Patience))
	exit := s.finish(t, l)
	require.Equal(t, hone.Killed, exit.Reason)
	require.Contains(t, exit.Message, "signal 15")
	require.Equal(t, -1, exit.Code)
	require.True(t, exit.Requested)
}

func stopIgnored(t *testing.T, s site) {
	l := s.launch(Experiment(t, "ignore"), 1, 1)
	s.begin(t, l, "deaf")
	require.NoError(t, s.Stop(t.Context(), l.ID(), 1))
	exit := s.finish(t, l)
	require.Equal(t, hone.Killed, exit.Reason)
	require.True(t, exit.Requested)
	require.Equal(t, -1, exit.Code)
	require.Contains(t, s.output(t, l), "deaf", "what it wrote is kept")
}

func stopEnded(t *testing.T, s site) {
	l := s.launch(Experiment(t, "exit", "0"), 1, 1)
	exit, _ := s.run(t, l)
	require.NoError(t, s.Stop(t.Context(), l.ID(), 0))
	require.NoError(t, s.Stop(t.Context(), hone.AttemptID{UID: "no-such", Number: 1, Attempt: 1}, 0))
	require.Equal(t, exit, s.finish(t, l))
}

func timeout(t *testing.T, s site) {
	e := Experiment(t, "sleep")
	e.Spec.Trial.Timeout = hone.Duration(1)
	exit, _ := s.run(t, s.launch(e, 1, 1))
	require.Equal(t, hone.TimedOut, exit.Reason)
	require.False(t, exit.Requested)
	require.Contains(t, exit.Message, "timeout")
}

func describe(t *testing.T, s site) {
	d, ok := s.Runner.(hone.Describer)
	if !ok {
		t.Skip("trials wait for nothing here")
	}
	file := filepath.Join(t.TempDir(), "go")
	l := s.launch(Experiment(t, "until", file), 1, 1)
	s.begin(t, l, "waiting")
	s.until(t, "nothing is said of a program that runs", func() bool { return d.Describe(l.ID()) == "" })
	touch(t, file)
	require.Empty(t, s.finish(t, l).Reason)
	require.Empty(t, d.Describe(l.ID()))
}

// kinds of children: those that stay in the program's group or make their own session, and those that ignore SIGTERM.
func kinds() []string {
	if !procHere() {
		return []string{"", "deaf"} // only Linux can find those of another session
	}
	return []string{"", "deaf", "session", "session deaf"}
}

// gone waits until none of the processes lives.
func (s site) gone(t *testing.T, l hone.Launch, pids []int) {
	t.Helper()
	for _, pid := range pids {
		s.until(t, "the children have gone", func() bool { return !s.alive(l, pid) })
	}
}

func childrenStopped(t *testing.T, s site) {
	var launches []hone.Launch
	for _, kind := range kinds() {
		l := s.launch(Experiment(t, append([]string{"fork", "stay"}, strings.Fields(kind)...)...), 1, 1)
		launches = append(launches, l)
		s.start(t, l)
	}
	children := make([][]int, len(launches))
	for i, l := range launches {
		children[i] = Children(t, s.untilPrinted(t, l, "forked"))
		for _, pid := range children[i] {
			require.True(t, s.alive(l, pid))
		}
	}
	for _, l := range launches {
		require.NoError(t, s.Stop(t.Context(), l.ID(), 1))
	}
	for i, l := range launches {
		require.True(t, s.finish(t, l).Requested)
		s.gone(t, l, children[i])
	}
}

func childrenLeft(t *testing.T, s site) {
	var launches []hone.Launch
	for _, kind := range kinds() {
		e := Experiment(t, append([]string{"fork"}, strings.Fields(kind)...)...)
		grace := hone.Duration(1)
		e.Spec.Trial.Grace = &grace
		launches = append(launches, s.launch(e, 1, 1))
	}
	exits, outs := s.runAll(t, launches)
	for i, l := range launches {
		require.Empty(t, exits[i].Reason, "what children do is not the program's failure")
		s.gone(t, l, Children(t, outs[i]))
	}
}

func forget(t *testing.T, s site) {
	c, ok := s.Runner.(hone.Cleaner)
	if !ok {
		t.Skip("nothing is left here")
	}
	e, other := Experiment(t, "exit", "3"), Experiment(t, "exit", "4")
	launches := []hone.Launch{s.launch(e, 1, 1), s.launch(e, 2, 1), s.launch(other, 1, 1)}
	s.runAll(t, launches)
	require.NotEmpty(t, s.Left(e.UID))
	require.NoError(t, c.Forget(t.Context(), e.UID))
	s.until(t, "nothing is left of the experiment", func() bool { return len(s.Left(e.UID)) == 0 })
	require.NotEmpty(t, s.Left(other.UID), "others stay")
	require.NotEmpty(t, s.finish(t, launches[2]).Reason)
	require.NoError(t, c.Forget(t.Context(), e.UID), "once more does no harm")
}
