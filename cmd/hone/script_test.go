package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain makes this test binary the program hone too, when it is called by that name: the scripts and the
// supervisor that hone starts run it as any user does.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"hone": func() {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
		context.AfterFunc(ctx, stop)
		os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}})
}

// TestScripts runs the whole program, as its users do: one script for each thing that they do with it.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("HONE_DATA", env.WorkDir+"/data")
			env.Setenv("LANG", "C.UTF-8")
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits":   exits,
			"serving": serving,
			"waitfor": waitFor,
		},
	})
}

// exits runs a command and checks its exit code: exits 2 hone run nothing.yaml.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	code := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		code = exit.ExitCode()
	}
	if code != want {
		ts.Fatalf("exit code %d instead of %d", code, want)
	}
}

var servingLine = regexp.MustCompile(`serving on (https?://\S+)`)

// serving blocks until the log of a service says where it serves, and puts that into SERVER.
func serving(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: serving LOG")
	}
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		text, _ := os.ReadFile(ts.MkAbs(args[0]))
		if found := servingLine.FindSubmatch(text); found != nil {
			ts.Setenv("SERVER", string(found[1]))
			return
		}
	}
	ts.Fatalf("after a minute: %s", ts.ReadFile(args[0]))
}

// waitFor blocks until files are there.
func waitFor(ts *testscript.TestScript, neg bool, args []string) {
	deadline := time.Now().Add(time.Minute)
	for _, name := range args {
		for {
			if _, err := os.Stat(ts.MkAbs(name)); err == nil {
				break
			}
			if neg || time.Now().After(deadline) {
				ts.Fatalf("%s is not there after a minute", name)
			}
			time.Sleep(10 * time.Millisecond)
		}
	}
}
