package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/timerslack"
	"github.com/hone-tuner/hone/internal/unixsock"
)

const (
	// connectTime bounds the way to a supervisor, starting one included.
	connectTime = 30 * time.Second
	// logLimit is the size at which the supervisor's log is begun anew.
	logLimit = 1 << 20
)

// errNobody says that there is no supervisor.
var errNobody = errors.New("no supervisor runs")

// connect returns the connection to the supervisor. Where there is none, it starts one, or fails with
// errNobody.
func (r *Runner) connect(ctx context.Context, start bool) (*session, error) {
	if s, err := r.present(); s != nil || err != nil {
		return s, err
	}
	select {
	case r.connecting <- struct{}{}:
		defer func() { <-r.connecting }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if s, err := r.present(); s != nil || err != nil {
		return s, err // somebody else was quicker
	}
	ctx, cancel := context.WithTimeout(ctx, connectTime)
	defer cancel()
	for wait := time.Millisecond; ; wait = min(2*wait, 100*time.Millisecond) {
		s, err := r.dial(ctx)
		if err == nil {
			return s, r.begin(s)
		}
		if !errors.Is(err, errNobody) {
			return nil, err
		}
		if !start {
			return nil, errNobody
		}
		ready, err := r.startSupervisor(ctx)
		if err != nil {
			return nil, err
		}
		if ready {
			continue
		}
		select { // another one is about to begin, or to leave
		case <-time.After(wait):
		case <-ctx.Done():
			return nil, hone.Errorf(hone.Unavailable, "the supervisor of %s holds its lock and does not answer; if that process hangs, end it (its number is in %s)", r.DataDir, lockName)
		}
	}
}

// present returns the session that there is, or nil.
func (r *Runner) present() (*session, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.closed:
		return nil, errClosed
	case r.session != nil && r.session.alive():
		return r.session, nil
	}
	return nil, nil
}

var errClosed = hone.Errorf(hone.Unavailable, "the runner is closed")

// begin makes a session the present one, unless the runner was closed meanwhile.
func (r *Runner) begin(s *session) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		s.link.close()
		return errClosed
	}
	r.session = s
	return nil
}

// dial connects to a supervisor that runs.
func (r *Runner) dial(ctx context.Context) (*session, error) {
	conn, err := unixsock.Dial(ctx, filepath.Join(r.DataDir, socketName))
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ECONNREFUSED):
		return nil, errNobody
	case err != nil:
		// It may be there and run trials: no kind that says otherwise.
		return nil, hone.Errorf(hone.Unavailable, "the supervisor of %s cannot be reached: %w", r.DataDir, err)
	}
	l, err := newLink(conn)
	if err != nil {
		return nil, hone.Errorf(hone.Internal, "the supervisor cannot be reached: %w", err)
	}
	hello, err := greet(ctx, l)
	if err != nil {
		l.close()
		return nil, err
	}
	if hello.Protocol != protocol {
		l.close()
		return nil, hone.Errorf(hone.Unavailable, "the trials in %s are run by process %d of another version of hone (protocol %d, this one speaks %d); they go on; use that version, or wait until they have ended",
			r.DataDir, hello.PID, hello.Protocol, protocol)
	}
	return newSession(l), nil
}

// greet says hello and hears it. A supervisor that is leaving hangs up instead.
func greet(ctx context.Context, l *link) (answer, error) {
	if deadline, ok := ctx.Deadline(); ok {
		_ = l.conn.SetReadDeadline(deadline)
	}
	if err := l.send(request{Op: opHello, Protocol: protocol}, nil); err != nil {
		return answer{}, errNobody
	}
	var hello answer
	_, err := l.receive(&hello)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return answer{}, hone.Errorf(hone.Unavailable, "the supervisor does not answer; it may have been halted")
	case err != nil, hello.Op != opHello:
		return answer{}, errNobody
	}
	_ = l.conn.SetReadDeadline(time.Time{})
	return hello, nil
}

// startSupervisor starts a supervisor and waits until it can be reached. It returns false when another one
// was there before.
func (r *Runner) startSupervisor(ctx context.Context) (ready bool, err error) {
	if err := os.MkdirAll(r.DataDir, 0o700); err != nil {
		return false, diskError(err, "the data directory cannot be made")
	}
	log, err := openLog(filepath.Join(r.DataDir, logName))
	if err != nil {
		return false, diskError(err, "the log of the supervisor cannot be written")
	}
	defer func() { _ = log.Close() }()
	from, _ := log.Seek(0, io.SeekEnd)
	hear, say, err := os.Pipe()
	if err != nil {
		return false, diskError(err, "the supervisor cannot be started")
	}
	defer func() { _ = hear.Close() }()
	cmd := exec.Command(r.Supervisor[0], append(r.Supervisor[1:len(r.Supervisor):len(r.Supervisor)], r.DataDir)...) //nolint:gosec // the program itself, as cmd says
	cmd.Dir = r.DataDir
	cmd.Env = append(os.Environ(), reportVariable+"=3")
	cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = log, log, []*os.File{say}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	err = timerslack.Loose(cmd.Start)
	_ = say.Close()
	if err != nil {
		return false, hone.Errorf(hone.Internal, "the supervisor %s cannot be started: %w", r.Supervisor[0], err)
	}
	go func() { _ = cmd.Wait() }() // only so that it does not stay as a zombie; its fate shows on the socket
	if deadline, ok := ctx.Deadline(); ok {
		_ = hear.SetReadDeadline(deadline)
	}
	text, err := io.ReadAll(io.LimitReader(hear, 4096))
	if err != nil {
		return false, hone.Errorf(hone.Unavailable, "the supervisor (process %d) does not get ready: %w", cmd.Process.Pid, err)
	}
	return r.heard(string(text), from)
}

// heard understands what a new supervisor reports. from is where its log begins.
func (r *Runner) heard(text string, from int64) (ready bool, err error) {
	switch text {
	case reportReady:
		return true, nil
	case reportBusy:
		return false, nil
	case "":
		return false, hone.Errorf(hone.Internal, "the supervisor ended before it was ready%s", r.tail(from))
	}
	kind, message, _ := strings.Cut(text, "\n")
	return false, hone.Errorf(hone.Kind(kind), "%s", message)
}

// tail is the end of the supervisor's log, for an error message.
func (r *Runner) tail(from int64) string {
	path := filepath.Join(r.DataDir, logName)
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }()
	text, _ := io.ReadAll(io.NewSectionReader(f, from, 1000))
	if len(text) == 0 {
		return ""
	}
	return fmt.Sprintf("; %s says: %s", path, strings.TrimSpace(string(text)))
}

// openLog opens the supervisor's log, and empties it when it has become large.
func openLog(path string) (*os.File, error) {
	flags := os.O_WRONLY | os.O_CREATE | os.O_APPEND
	if info, err := os.Stat(path); err == nil && info.Size() > logLimit {
		flags |= os.O_TRUNC
	}
	return os.OpenFile(path, flags, 0o600)
}
