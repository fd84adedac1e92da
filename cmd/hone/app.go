package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hone-tuner/hone"
	"github.com/spf13/cobra"
)

// app is what all commands share: the global flags, and the world outside, so that tests can replace it.
type app struct {
	// The global flags.
	where     whereFlags
	namespace string   // -n; empty when it was not given
	logLevel  string   // --log-level
	given     []string // those of them that hints repeat, as they were typed

	// Where the command looks, by those flags, the environment, and what is there; see locate.
	dataDir string // of a data directory, also where a service is asked
	server  string // empty for the data directory
	located place
	lost    error // why it is not known
	// joins says that the command wants a service, and never to own a data directory itself; succeeds, that it
	// carries on the work of one that does not come back.
	joins, succeeds bool

	stdin  io.Reader
	stdout io.Writer
	stderr *screen // messages, logs and the live view; safe for concurrent use
	look   look    // of stdout
	// width of the terminal that stdout is; 0 when it is none.
	width func() int
	// isTTY says that stderr is a terminal that a live view may be drawn on.
	isTTY bool
	// mayAsk says that somebody can answer questions on stdin.
	mayAsk bool

	getenv  func(string) string
	environ func() []string
	now     func() time.Time
	// connect finds the service. Tests replace it.
	connect func(context.Context) (connection, error)
	// glance finds, for the shell, who knows what there is.
	glance func(context.Context) (from lister, done func(), err error)
	// owning is since when this process owns the data directory, if it does.
	owning time.Time
	// begun is set when a command's own work begins: errors before it are of usage.
	begun bool
}

// connection is a way to the service, as the commands use it. session is the one outside of tests.
type connection interface {
	hone.Service
	// Close ends it. When this process owns the data directory, it waits until handed-in work is done.
	Close(ctx context.Context) error
	// Owner tells which process owns the data directory, and whether it is this one.
	Owner() (pid int, self bool)
}

// defaultDataDir is where data is kept unless the user says otherwise.
const defaultDataDir = ".hone"

func newApp(stdin io.Reader, stdout, stderr io.Writer) *app {
	a := &app{stdin: stdin, stdout: stdout, getenv: os.Getenv, environ: os.Environ, now: time.Now}
	a.width = func() int { return terminalWidth(stdout) }
	a.isTTY = isTerminal(stderr) && a.plainEnvironment() == ""
	a.mayAsk = isTerminalInput(stdin) && isTerminal(stderr)
	a.stderr = &screen{out: stderr, size: func() (int, int) { return terminalSize(stderr) }}
	a.look = look{colour: isTerminal(stdout) && a.plainEnvironment() == "", unicode: utf8Locale(a.getenv)}
	a.glance = a.lookAround
	a.connect = func(ctx context.Context) (connection, error) {
		s, err := a.open(ctx)
		if err != nil {
			return nil, err // not a nil *session in an interface
		}
		return s, nil
	}
	return a
}

// place is where the command looks, or why that is not known.
func (a *app) place() (place, error) { return a.located, a.lost }

// settle finds out where a command looks.
func (a *app) settle(cmd *cobra.Command) {
	_, local := cmd.Annotations[worksHere]
	a.located, a.lost = a.locate(local)
	a.server = a.located.server
	if a.dataDir = a.located.dataDir; a.dataDir == "" {
		a.dataDir = defaultDataDir
	}
}

// worksHere is the annotation of commands that know no contexts.
const worksHere = "works-here"

// plainEnvironment names the variable that forbids colours and redrawing, if one does.
func (a *app) plainEnvironment() string {
	switch {
	case a.getenv("NO_COLOR") != "":
		return "NO_COLOR"
	case a.getenv("TERM") == "dumb":
		return "TERM"
	}
	return ""
}

// logger writes to stderr, above the live view when there is one.
func (a *app) logger() hclog.Logger {
	return hclog.New(&hclog.LoggerOptions{Name: "hone", Output: a.stderr, Level: hclog.LevelFromString(a.logLevel)})
}

// with calls f with a connection to the service, and closes it. Commands that only look do not create a
// data directory.
func (a *app) with(ctx context.Context, f func(connection) error) error {
	if a.lost != nil {
		return a.lost
	}
	if !a.hasData() {
		return hone.Errorf(hone.NotFound, "there is no data directory %s: `hone run FILE` makes one, and --data-dir or HONE_DATA names another", a.dataDir)
	}
	return a.withCreating(ctx, f)
}

// hasData reports whether there can be experiments.
func (a *app) hasData() bool {
	if a.server != "" || a.lost != nil { // why, a call finds out
		return true
	}
	_, err := os.Stat(a.dataDir)
	return !errors.Is(err, fs.ErrNotExist)
}

// withCreating is with, for commands that may be the first in a data directory.
func (a *app) withCreating(ctx context.Context, f func(connection) error) error {
	if name := a.located.passed; name != "" && a.isTTY {
		a.stderr.print("looking in %s, which is in this folder; --context %s looks at the service", defaultDataDir, name)
	}
	before := a.now()
	s, err := a.connect(ctx)
	if err != nil {
		return err
	}
	if _, self := s.Owner(); self {
		a.owning = before
	}
	err = f(s)
	closing := a.close(ctx, s)
	if err != nil && closing != nil && closing.Error() == err.Error() {
		closing = nil // why the work was given up, once
	}
	return errors.Join(err, closing)
}
