package main

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/hone-tuner/hone"
)

// The exit codes.
const (
	exitDone        = 0   // done
	exitFailed      = 1   // the experiment failed, or the thing was not found
	exitUsage       = 2   // wrong usage, or an invalid file
	exitInterrupted = 130 // interrupted, with everything saved
)

// errInterrupted ends a command that the user interrupted, after it said so.
var errInterrupted = errors.New("interrupted")

// errInterruptedElsewhere ends a command whose experiment was interrupted from another terminal.
var errInterruptedElsewhere = fmt.Errorf("from another terminal: %w", errInterrupted)

// errNotConfirmed ends a command whose question was not answered with yes.
var errNotConfirmed = errors.New("not confirmed")

var errNothingToEdit = errors.New("nothing to change: give at least one of --trials, --failures, --duration and --parallelism")

var errNoBudget = errors.New("--trials 0 leaves the experiment without an end: a budget needs trials or a duration, so give --duration too")

// saidError is an error whose message the user has seen already.
type saidError struct{ error }

func (e saidError) Unwrap() error { return e.error }

// usageError is a wrong use of the command line.
type usageError struct {
	error
	command string // whose help explains it
}

func (e usageError) Unwrap() error { return e.error }

// Is makes a wrong usage an invalid argument.
func (e usageError) Is(target error) bool { return target == error(hone.InvalidArgument) }

func usagef(format string, args ...any) error {
	return usageError{error: fmt.Errorf(format, args...)}
}

// fileError is an error about the content of a file.
type fileError struct {
	file string
	err  error
}

func (e *fileError) Error() string { return e.file + ": " + e.err.Error() }
func (e *fileError) Unwrap() error { return e.err }

// inFile says of which file the mistakes are; other errors stay what they are.
func inFile(file string, err error) error {
	if file == standardInput {
		file = "standard input"
	}
	if errors.Is(err, hone.InvalidArgument) {
		return &fileError{file: file, err: err}
	}
	return err
}

// exitCode is the one place where errors become exit codes.
func exitCode(err error) int {
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errInterrupted), errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.Is(err, hone.InvalidArgument):
		return exitUsage
	}
	return exitFailed
}

// report tells the user about an error: one line for each mistake of a file, else one line that says what
// happened and what to do.
func report(w io.Writer, err error) {
	var said saidError
	if err == nil || errors.As(err, &said) {
		return
	}
	if exitCode(err) == exitInterrupted {
		_, _ = fmt.Fprintln(w, "hone: interrupted")
		return
	}
	var fields hone.FieldErrors
	if errors.As(err, &fields) {
		reportFields(w, err, fields)
		return
	}
	_, _ = fmt.Fprintf(w, "hone: %s\n", cleanLines(err.Error()))
	if hint := hintFor(err); hint != "" {
		_, _ = fmt.Fprintf(w, "hone: %s\n", hint)
	}
}

func reportFields(w io.Writer, err error, fields hone.FieldErrors) {
	var file *fileError
	prefix, what := "hone: ", "the request"
	if errors.As(err, &file) {
		prefix, what = file.file+": ", file.file
	}
	if file != nil {
		err = file.err
	}
	preface := strings.TrimRight(strings.TrimSuffix(err.Error(), fields.Error()), ": \n")
	if preface != "" {
		_, _ = fmt.Fprintf(w, "hone: %s\n", cleanLines(preface))
	}
	for _, f := range fields {
		_, _ = fmt.Fprintf(w, "%s%s\n", prefix, cleanLines(f.Error()))
	}
	if len(fields) > 1 && preface == "" {
		_, _ = fmt.Fprintf(w, "hone: %s has %d mistakes\n", what, len(fields))
	}
}

// limitedTo finds the first namespace that a token is limited to, in what the service says of a call in another one.
var limitedTo = regexp.MustCompile(`is limited to (?:namespace|the namespaces) ([a-z0-9][a-z0-9-]*).*, and this is in "`)

// hintFor says where to look further.
func hintFor(err error) string {
	var usage usageError
	if errors.As(err, &usage) && usage.command != "" {
		return fmt.Sprintf("`%s --help` shows how it is used", usage.command)
	}
	if errors.Is(err, hone.Unauthenticated) {
		return "`hone login URL` keeps a token for all commands; " + tokenVariable + " gives one for this command"
	}
	var unknown x509.UnknownAuthorityError
	if errors.As(err, &unknown) {
		return "no authority that this machine knows has signed the certificate: --ca-file FILE (or " + caVariable + ") names one that you trust"
	}
	if in := limitedTo.FindStringSubmatch(err.Error()); errors.Is(err, hone.PermissionDenied) && in != nil {
		return "`-n " + in[1] + "` looks there"
	}
	if errors.Is(err, hone.Internal) {
		return "this is a mistake of the program; --log-level debug shows more"
	}
	return ""
}
