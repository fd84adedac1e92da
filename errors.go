package hone

import (
	"errors"
	"fmt"
	"strings"
)

// Kind says what sort of error it is, and with that what a caller can do about it. A Kind is itself an
// error, so that errors.Is(err, hone.NotFound) asks for it through any wrapping. Its text is the code
// that travels over the wire.
type Kind string

// The kinds of error.
const (
	InvalidArgument   Kind = "InvalidArgument"   // the request or file is wrong; repeating it does not help
	NotFound          Kind = "NotFound"          // there is no such thing
	AlreadyExists     Kind = "AlreadyExists"     // the name is taken by something else
	Conflict          Kind = "Conflict"          // the state does not allow it: ended, superseded, out of order
	PermissionDenied  Kind = "PermissionDenied"  // known caller, not allowed
	Unauthenticated   Kind = "Unauthenticated"   // unknown caller
	ResourceExhausted Kind = "ResourceExhausted" // a limit or a disk is full
	Unavailable       Kind = "Unavailable"       // busy, locked or away: trying again later makes sense
	DeadlineExceeded  Kind = "DeadlineExceeded"  // it took longer than allowed
	Unimplemented     Kind = "Unimplemented"     // this version cannot do that
	DataLoss          Kind = "DataLoss"          // stored data is damaged
	Internal          Kind = "Internal"          // a mistake of the program
)

// Error makes a Kind usable as an error.
func (k Kind) Error() string { return string(k) }

// Kinds lists every kind, for tables that must be complete.
func Kinds() []Kind {
	return []Kind{InvalidArgument, NotFound, AlreadyExists, Conflict, PermissionDenied, Unauthenticated,
		ResourceExhausted, Unavailable, DeadlineExceeded, Unimplemented, DataLoss, Internal}
}

type kindError struct {
	kind Kind
	err  error
}

func (e *kindError) Error() string        { return e.err.Error() }
func (e *kindError) Unwrap() error        { return e.err }
func (e *kindError) Is(target error) bool { return target == error(e.kind) }

// Errorf makes an error of a kind. It formats as fmt.Errorf does, %w included; the kind is not part of
// the text.
func Errorf(kind Kind, format string, args ...any) error {
	return &kindError{kind: kind, err: fmt.Errorf(format, args...)}
}

// KindOf tells the kind of an error: the outermost one that it wraps, or Internal when it has none.
func KindOf(err error) Kind {
	var k *kindError
	if errors.As(err, &k) {
		return k.kind
	}
	for _, kind := range Kinds() {
		if errors.Is(err, kind) {
			return kind
		}
	}
	return Internal
}

// FieldError is one mistake in a document: where it is and what to do about it.
type FieldError struct {
	// Path is the field, from the root of the document: spec.parameters[2].min.
	Path string `json:"path"`
	// Line is the line in the file, from 1; 0 when it did not come from a file.
	Line int `json:"line,omitempty"`
	// Message says what is wrong and, where it can, what to write instead.
	Message string `json:"message"`
}

func (e FieldError) Error() string {
	switch {
	case e.Path == "" && e.Line == 0:
		return e.Message
	case e.Path == "":
		return fmt.Sprintf("line %d: %s", e.Line, e.Message)
	case e.Line == 0:
		return fmt.Sprintf("%s: %s", e.Path, e.Message)
	}
	return fmt.Sprintf("%s (line %d): %s", e.Path, e.Line, e.Message)
}

// FieldErrors are all the mistakes of one document, in the order of the document. They are of the kind
// InvalidArgument.
type FieldErrors []FieldError

func (e FieldErrors) Error() string {
	lines := make([]string, len(e))
	for i, f := range e {
		lines[i] = f.Error()
	}
	return strings.Join(lines, "\n")
}

// Is makes errors.Is(err, InvalidArgument) hold.
func (e FieldErrors) Is(target error) bool { return target == error(InvalidArgument) }

// Err returns the errors as one, or nil when there are none.
func (e FieldErrors) Err() error {
	if len(e) == 0 {
		return nil
	}
	return e
}

// SequenceError answers a batch of measurements that came out of order: the batches before it are
// missing. It is of the kind Conflict.
type SequenceError struct {
	// Expected is the sequence number that the next batch must carry.
	Expected int64
	// Got is the one that it carried.
	Got int64
}

func (e *SequenceError) Error() string {
	return fmt.Sprintf("sequence %d came before sequence %d: send the missing batches first", e.Got, e.Expected)
}

// Is makes errors.Is(err, Conflict) hold.
func (e *SequenceError) Is(target error) bool { return target == error(Conflict) }

// FenceError answers a process that owned a store before somebody else did. It is of the kind Conflict.
type FenceError struct {
	// Token is the one of this process, Newest the highest that the store has seen.
	Token, Newest int64
}

func (e *FenceError) Error() string {
	return fmt.Sprintf("the store belongs to a newer process by now (its token is %d, this process has %d): end this one", e.Newest, e.Token)
}

// Is makes errors.Is(err, Conflict) hold.
func (e *FenceError) Is(target error) bool { return target == error(Conflict) }

// ChangedError answers a change that was meant for another state of the experiment than the one it is in. It
// is of the kind Conflict.
type ChangedError struct {
	Experiment string // its name
	// Known is the sequence number of the newest event that the caller knows of, Newest that of the newest one. They
	// are equal when it is another experiment of that name.
	Known, Newest int64
}

func (e *ChangedError) Error() string {
	if e.Known == e.Newest {
		return fmt.Sprintf("experiment %q is another one than the one of that name before; look at it again", e.Experiment)
	}
	return fmt.Sprintf("experiment %q has changed: its newest event is %d, not %d; look at it again", e.Experiment, e.Newest, e.Known)
}

// Is makes errors.Is(err, Conflict) hold.
func (e *ChangedError) Is(target error) bool { return target == error(Conflict) }
