package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
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
		"a wrong usage says where to read":  {usageError{error: errors.New("FILE is missing"), command: "hone run"}, "hone: FILE is missing\nhone: `hone run --help` shows how it is used\n"},
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
