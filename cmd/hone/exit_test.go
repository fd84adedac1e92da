package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/hone-tuner/hone"
	"github.com/stretchr/testify/require"
)

func TestExitCodes(t *testing.T) {
	want := map[error]int{
		nil:                       exitDone,
		errors.New("anything"):    exitFailed,
		errInterrupted:            exitInterrupted,
		saidError{errInterrupted}: exitInterrupted,
		fmt.Errorf("a call: %w", context.Canceled): exitInterrupted,
		usagef("wrong"): exitUsage,
		&fileError{file: "f", err: hone.Errorf(hone.InvalidArgument, "x")}: exitUsage,
		errNotConfirmed: exitFailed,
	}
	for err, code := range want {
		require.Equal(t, code, exitCode(err), "%v", err)
	}
	require.Equal(t, exitUsage, exitCode(hone.FieldErrors{{Message: "x"}}))
	for _, kind := range hone.Kinds() {
		code := exitFailed
		if kind == hone.InvalidArgument {
			code = exitUsage
		}
		require.Equal(t, code, exitCode(hone.Errorf(kind, "x")), "%s", kind)
	}
}

func TestWrongUsageIsSaidInWords(t *testing.T) {
	for args, want := range map[string]string{
		"run f --trials many":                      `invalid argument "many" for "--trials": it must be a whole number`,
		"run f --seed -1":                          `invalid argument "-1" for "--seed": it must be a whole number, 0 or more`,
		"run f --trials 1e5":                       `it must be a whole number`,
		"run f --seed 9" + strings.Repeat("9", 30): "the number is too large",
		"run f --quiet=perhaps":                    "it must be true or false",
		"edit x --duration 5":                      `invalid argument "5" for "--duration": it must be a duration, such as 90s, 30m or 2h`,
		"run f --keep-age soon":                    "write it like 12h or 30d",
		"run f -o pdf":                             `for "-o, --output": it must be table, `,
		"run f --paralelism 3":                     "unknown flag: --paralelism; did you mean --parallelism?",
		"list --namspace x":                        "unknown flag: --namspace; did you mean --namespace?",
		"list --xyzzy":                             "hone: unknown flag: --xyzzy\n",
		"run f --trials":                           "flag needs an argument: --trials",
		"help nosuch":                              `there is no command "nosuch"`,
		"help lst":                                 "did you mean list",
		"completion csh":                           `there is no completion for "csh": it must be bash, zsh, fish or powershell`,
		"completion":                               "SHELL is missing",
		"init - --name Bad_Name":                   `--name: "Bad_Name" must be lower case letters`,
	} {
		x := newTerminal(t, nil, "")
		require.Equal(t, exitUsage, x.run(t, strings.Fields(args)...), args)
		require.Contains(t, x.stderr.String(), want, args)
		require.NotRegexp(t, "strconv|time:", x.stderr.String())
		require.Empty(t, x.stdout.String())
	}
	x := newTerminal(t, nil, "")
	require.Equal(t, exitDone, x.run(t, "help"))
	require.Contains(t, x.stdout.String(), "Exit codes: 0 done;")
	x = newTerminal(t, nil, "")
	require.Equal(t, exitDone, x.run(t, "help", "run"))
	require.Contains(t, x.stdout.String(), "hone run FILE")
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		x := newTerminal(t, nil, "")
		require.Equal(t, exitDone, x.run(t, "completion", shell))
		require.Contains(t, x.stdout.String(), "__complete")
	}
}

func TestReport(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"what was said is not said again":  {saidError{errInterrupted}, ""},
		"a plain error says what happened": {hone.Errorf(hone.NotFound, "there is no experiment %q", "x"), "hone: there is no experiment \"x\"\n"},
		"a file's mistakes stand on a line each": {
			&fileError{file: "e.yaml", err: fmt.Errorf("%w", hone.FieldErrors{{Path: "spec.a", Line: 3, Message: "is missing"}, {Path: "spec.b", Message: "is wrong"}})},
			"e.yaml: spec.a (line 3): is missing\ne.yaml: spec.b: is wrong\nhone: e.yaml has 2 mistakes\n"},
		"what is said above the mistakes comes first": {
			&fileError{file: "e.yaml", err: fmt.Errorf("it is there already, and differs:\n%w", hone.FieldErrors{{Path: "spec.a", Message: "1 → 2"}})},
			"hone: it is there already, and differs\ne.yaml: spec.a: 1 → 2\n"},
		"a wrong usage says where to read": {usageError{error: errors.New("FILE is missing"), command: "hone run"}, "hone: FILE is missing\nhone: `hone run --help` shows how it is used\n"},
		"a token for another namespace": {hone.Errorf(hone.PermissionDenied, `the token "ci" is limited to namespace vision, and this is in "default"`),
			"hone: the token \"ci\" is limited to namespace vision, and this is in \"default\"\nhone: `-n vision` looks there\n"},
		"a token for other namespaces": {hone.Errorf(hone.PermissionDenied, `the token "ci" is limited to the namespaces speech, vision, and this is in "default"`),
			"hone: the token \"ci\" is limited to the namespaces speech, vision, and this is in \"default\"\nhone: `-n speech` looks there\n"},
		"control characters are made plain": {errors.New("a\x1b[31mb"), "hone: a\\x1b[31mb\n"},
		"an interrupt":                      {context.Canceled, "hone: interrupted\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			report(&b, c.err)
			require.Equal(t, c.want, b.String())
		})
	}
}

func TestUsageErrorsEndWithTwo(t *testing.T) {
	for _, args := range [][]string{{"lits"}, {"run"}, {"run", "a", "b"}, {"get", "--nope"}, {"list", "-o", "xml"}, {"trial", "digits"},
		{"list", "--state", "Odd"}, {"trials", "digits", "--state", "Odd"}, {"get", ""}, {"list", "--log-level", "loud"},
		{"leaderboard", "digits", "--sort", "nothing"}, {"edit", "digits"}, {"enqueue", "digits", "lr"}, {"run", "no-such-file.yaml"},
		{"run", "x", "--keep-size", "lots"}, {"run", "x", "--keep-age", "old"}, {"get", "a/b", "-n", "c"}, {"export", "digits", "--readings"}} {
		t.Run(fmt.Sprint(args), func(t *testing.T) {
			x := newTerminal(t, ranked(t), "")
			require.Equal(t, exitUsage, x.run(t, args...), x.stderr)
			require.Contains(t, x.stderr.String(), "hone: ")
			require.Empty(t, x.stdout.String())
		})
	}
}

func TestAMissingDataDirectoryIsNotMade(t *testing.T) {
	x := newTerminal(t, ranked(t), "")
	x.app.connect = func(context.Context) (connection, error) {
		t.Error("must not connect")
		return nil, errors.New("no")
	}
	require.Equal(t, exitFailed, x.run(t, "get", "digits", "--data-dir", "/nowhere/at/all"))
	require.Contains(t, x.stderr.String(), "there is no data directory /nowhere/at/all")
	require.Equal(t, exitDone, x.run(t, "list", "--data-dir", "/nowhere/at/all", "-o", "json"))
	require.JSONEq(t, `{"experiments": []}`, x.stdout.String())
}
