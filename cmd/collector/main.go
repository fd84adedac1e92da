package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"
)

// version is set when a release is linked, and never changes afterwards.
var version = ""

func main() {
	os.Exit(run(os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr))
}

const usage = `usage:
  collector install DIR        copy this program into DIR
  collector exec -- PROGRAM…   run a program unchanged and copy what it prints
  collector follow             send what the program reports to the service
  collector ready              exit 0 once follow is at work
  collector version
`

// run is the whole program; it returns the exit code.
func run(args, env []string, stdin, stdout, stderr *os.File) int {
	if len(args) == 0 {
		fmt.Fprint(stderr, usage)
		return exitUsage
	}
	s := settingsOf(env)
	switch command, args := args[0], args[1:]; command {
	case "exec":
		return execute(s, args, env, stdin, stdout, stderr)
	case "install":
		return exitCode(stderr, install(args))
	case "follow":
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
		defer stop()
		return exitCode(stderr, follow(ctx, s, stderr))
	case "ready":
		return exitCode(stderr, ready(s))
	case "version":
		fmt.Fprintf(stdout, "collector %s %s %s/%s\n", buildVersion(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
		return 0
	case "help", "-h", "--help":
		fmt.Fprint(stdout, usage)
		return 0
	default:
		fmt.Fprintf(stderr, "collector: there is no command %q\n%s", command, usage)
		return exitUsage
	}
}

const (
	exitFailed = 1
	exitUsage  = 2
)

// usageError is a mistake of whoever called the program.
type usageError string

func (e usageError) Error() string { return string(e) }

func exitCode(stderr io.Writer, err error) int {
	if err == nil {
		return 0
	}
	fmt.Fprintf(stderr, "collector: %v\n", err)
	if errors.As(err, new(usageError)) {
		return exitUsage
	}
	return exitFailed
}

func buildVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
