package local

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"time"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/tail"
)

// followEvery is how often a file that is followed is looked at for more.
const followEvery = 100 * time.Millisecond

// OpenLog opens what an attempt wrote. q.Attempt 0 means the trial's newest.
func (r *Runner) OpenLog(ctx context.Context, e hone.Experiment, t hone.Trial, q hone.LogQuery) (io.ReadCloser, error) {
	attempt, stream := q.Attempt, q.Stream
	if attempt == 0 {
		attempt = t.Attempt
	}
	id := hone.AttemptID{UID: e.UID, Number: t.Number, Attempt: attempt}
	p := placeOf(e.Name, id)
	names := []string{stdoutName, stderrName}
	switch {
	case stream == stdoutName || stream == stderrName:
		names = []string{stream}
	case stream != "":
		return nil, hone.Errorf(hone.InvalidArgument, "%q is no stream; there are stdout and stderr", stream)
	case !p.valid():
		return nil, noLog(p, attempt)
	}
	root, err := r.root()
	if err != nil {
		return nil, err
	}
	if root == nil {
		return nil, noLog(p, attempt)
	}
	defer func() { _ = root.Close() }()
	log := &logReader{}
	for _, name := range names {
		f, err := openRegular(root, p.attemptDir()+"/"+name)
		if err != nil {
			_ = log.Close()
			if errors.Is(err, fs.ErrNotExist) {
				return nil, noLog(p, attempt)
			}
			return nil, diskError(err, "the output of trial "+p.Trial+" cannot be read")
		}
		log.files = append(log.files, f)
		if err := log.begin(f, q); err != nil {
			_ = log.Close()
			return nil, diskError(err, "the output of trial "+p.Trial+" cannot be read")
		}
	}
	log.ctx, log.cancel = context.WithCancel(ctx)
	log.ended = make(chan struct{})
	if !q.Follow {
		close(log.ended)
		return log.opened(stream), nil
	}
	go func() {
		defer close(log.ended)
		if _, err := r.Wait(log.ctx, id); err != nil {
			r.Logger.Debug("a log is no longer followed", "attempt", id, "error", err)
		}
	}()
	return log.opened(stream), nil
}

func noLog(p place, attempt int) error {
	if attempt < 1 {
		return hone.Errorf(hone.NotFound, "trial %s has not been started yet", p.Trial)
	}
	return hone.Errorf(hone.NotFound, "there is no output of attempt %d of trial %s here: it was not started, or its folder has been removed", attempt, p.Trial)
}

// logReader reads files one after the other, each until the attempt has ended.
type logReader struct {
	ctx    context.Context //nolint:containedctx // Read has none, and following must end
	cancel context.CancelFunc
	ended  chan struct{}
	files  []*os.File
	start  int64 // of the only file
}

// streamLog is the output of one stream.
type streamLog struct{ *logReader }

// Start implements hone.Positioned.
func (s streamLog) Start() int64 { return s.start }

func (l *logReader) opened(stream string) io.ReadCloser {
	if stream == "" {
		return l
	}
	return streamLog{l}
}

// begin moves to the first byte of a file that is wanted.
func (l *logReader) begin(f *os.File, q hone.LogQuery) (err error) {
	l.start = q.Offset
	if q.Tail > 0 {
		if l.start, err = tail.Start(f, q.Tail); err != nil {
			return err
		}
	}
	_, err = f.Seek(l.start, io.SeekStart)
	return err
}

// Read reads on, and waits where there is nothing yet.
func (l *logReader) Read(p []byte) (int, error) {
	for len(l.files) > 0 {
		if err := l.ctx.Err(); err != nil {
			return 0, err
		}
		over := false
		select { // asked before reading: what was written before the end is then read
		case <-l.ended:
			over = true
		default:
		}
		n, err := l.files[0].Read(p)
		if n > 0 || err != nil && err != io.EOF {
			return n, err
		}
		if over {
			_ = l.files[0].Close()
			l.files = l.files[1:]
			continue
		}
		select {
		case <-l.ended:
		case <-time.After(followEvery):
		case <-l.ctx.Done():
			return 0, l.ctx.Err()
		}
	}
	return 0, io.EOF
}

// Close ends the following.
func (l *logReader) Close() error {
	if l.cancel != nil {
		l.cancel()
	}
	for _, f := range l.files {
		_ = f.Close()
	}
	l.files = nil
	return nil
}
