package kube

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/tail"
)

// archive keeps the logs of ended attempts, whose pods are gone.
type archive struct{ dir string }

// Names of what is kept of an attempt: its log, and the same where readings are taken from it.
const (
	logName    = "log"
	rescueName = "stdout"
)

// maxLog bounds what is kept of a log: its end, where the last readings are.
const maxLog = 64 << 20

func (ar *archive) folder(uid string) string { return filepath.Join(ar.dir, uid) }

func (ar *archive) path(l hone.Launch, attempt int, name string) string {
	return filepath.Join(ar.folder(l.Experiment.UID), strconv.Itoa(l.Trial.Number)+"."+strconv.Itoa(attempt)+"."+name)
}

func (ar *archive) has(l hone.Launch, attempt int) bool {
	_, err := os.Stat(ar.path(l, attempt, logName))
	return err == nil
}

// save writes a log as a whole, or not at all.
func (ar *archive) save(path string, from io.Reader) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path))
	if err != nil {
		return err
	}
	err = copyEnd(f, from, maxLog)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		err = errors.Join(err, os.Remove(f.Name()))
	}
	return err
}

// copyEnd copies a stream: all of it, or of one that is longer than most bytes its end, which has at least half as many.
func copyEnd(to *os.File, from io.Reader, most int64) error {
	for size := int64(0); ; {
		n, err := io.CopyN(to, from, most-size)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			size, err = keepEnd(to, size+n, most/2) //nolint:mnd // the older half makes room
		}
		if err != nil {
			return err
		}
	}
}

// keepEnd moves the last bytes of a file to its beginning, from the beginning of a line on where one is near, and tells how many
// there are.
func keepEnd(f *os.File, size, keep int64) (int64, error) {
	const near = 64 << 10
	rest := bufio.NewReaderSize(io.NewSectionReader(f, size-keep, keep), near)
	head, err := rest.Peek(near)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	_, _ = rest.Discard(bytes.IndexByte(head, '\n') + 1) // what was peeked at is there
	n, err := io.Copy(io.NewOffsetWriter(f, 0), rest)
	if err == nil {
		err = f.Truncate(n)
	}
	if err == nil {
		_, err = f.Seek(n, io.SeekStart)
	}
	return n, err
}

func (ar *archive) forget(uid string) error {
	if uid == "" || uid != filepath.Base(uid) {
		return nil
	}
	return os.RemoveAll(ar.folder(uid))
}

// prune removes logs that are too old or too many, those of the best trials last.
func (ar *archive) prune(e hone.Experiment, trials []hone.Trial, keep hone.Retention, now time.Time) error {
	const best = 3
	var errs []error
	var size int64
	for i, t := range trials {
		paths, err := filepath.Glob(filepath.Join(ar.folder(e.UID), strconv.Itoa(t.Number)+".*"))
		if err != nil {
			return err
		}
		slices.Sort(paths)
		for _, path := range paths {
			info, err := os.Stat(path)
			if err != nil {
				continue
			}
			size += info.Size()
			old := keep.Age > 0 && t.EndTime != nil && now.Sub(*t.EndTime) > keep.Age
			if i >= best && t.State.Ended() && (old || keep.Size > 0 && size > keep.Size) {
				size -= info.Size()
				errs = append(errs, os.Remove(path))
			}
		}
	}
	return errors.Join(errs...)
}

// saveLog keeps the log of the primary pod of an attempt.
func (r *Runner) saveLog(ctx context.Context, a *attempt, s sight, o corev1.PodLogOptions) error {
	const patience = 5 * time.Minute
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	o.Container = s.container
	stream, err := r.cluster.log(ctx, a.namespace(), s.primary, o)
	if err != nil {
		return err
	}
	defer func() { _ = stream.Close() }() // it was only read
	return r.logs.save(r.logs.path(a.launch, a.id.Attempt, logName), stream)
}

// rescue lets readings be taken from the log of an attempt, which was kept.
func (r *Runner) rescue(a *attempt) error {
	err := os.Link(r.logs.path(a.launch, a.id.Attempt, logName), r.logs.path(a.launch, a.id.Attempt, rescueName))
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}

// log opens the log of a container.
func (c *cluster) log(ctx context.Context, namespace, pod string, o corev1.PodLogOptions) (io.ReadCloser, error) {
	return c.core.Get().Namespace(namespace).Resource("pods").Name(pod).SubResource("log").VersionedParams(&o, c.codec).Stream(ctx)
}

// OpenLog implements hone.LogOpener: the log of the pod while it is there, and what was kept of it afterwards. The
// cluster keeps both streams in one, which is shown as the standard output; the standard error is empty.
func (r *Runner) OpenLog(ctx context.Context, e hone.Experiment, t hone.Trial, q hone.LogQuery) (io.ReadCloser, error) {
	if q.Attempt == 0 {
		q.Attempt = t.Attempt
	}
	t.Attempt = q.Attempt
	l := hone.Launch{Experiment: e, Trial: t}
	if q.Stream == "stderr" {
		return r.silence(ctx, l.ID(), q.Follow), nil
	}
	log, start, err := r.openLog(ctx, l, q)
	if err != nil || q.Stream == "" || start < 0 {
		return log, err
	}
	return positioned{log, start}, nil
}

// positioned is a log that knows where it begins.
type positioned struct {
	io.ReadCloser
	start int64
}

// Start implements hone.Positioned.
func (p positioned) Start() int64 { return p.start }

// openLog opens the log of an attempt, and tells at which byte it begins; -1 where that is not known.
func (r *Runner) openLog(ctx context.Context, l hone.Launch, q hone.LogQuery) (io.ReadCloser, int64, error) {
	if f, err := os.Open(r.logs.path(l, q.Attempt, logName)); err == nil {
		return kept(f, q)
	}
	a := r.attempt(l.ID())
	if a == nil {
		return nil, 0, hone.Errorf(hone.NotFound, "there is no log of attempt %d of trial %s: its pod is gone and nothing was kept of it", q.Attempt, trialOf(l).Name())
	}
	s, err := a.begun(ctx, q.Follow)
	if err != nil {
		return nil, 0, err
	}
	o := corev1.PodLogOptions{Container: s.container, Follow: q.Follow}
	if q.Tail > 0 {
		lines := int64(q.Tail)
		o.TailLines = &lines
	}
	stream, err := r.cluster.log(ctx, a.namespace(), s.primary, o)
	if err != nil {
		return nil, 0, hone.Errorf(hone.Unavailable, "the log of pod %s cannot be read: %w", s.primary, err)
	}
	if q.Tail > 0 {
		return stream, -1, nil
	}
	if _, err := io.CopyN(io.Discard, stream, q.Offset); err != nil && !errors.Is(err, io.EOF) {
		return nil, 0, errors.Join(hone.Errorf(hone.Unavailable, "the log of pod %s broke off: %w", s.primary, err), stream.Close())
	}
	return stream, q.Offset, nil
}

// silence is a stream that stays empty until the attempt has ended, where it is followed.
func (r *Runner) silence(ctx context.Context, id hone.AttemptID, follow bool) io.ReadCloser {
	in, out := io.Pipe()
	a := r.attempt(id)
	if a == nil || !follow {
		_ = out.Close() // never fails
		return in
	}
	go func() {
		select {
		case <-a.done:
		case <-ctx.Done():
		}
		_ = out.Close()
	}()
	return in
}

// begun waits for the program of an attempt to begin, if it is to be followed.
func (a *attempt) begun(ctx context.Context, follow bool) (sight, error) {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		s := a.look()
		if s.primary != "" && !s.started.IsZero() {
			return s, nil
		}
		if !follow {
			return s, hone.Errorf(hone.NotFound, "the program of trial %s has not begun yet: %s", a.launch.Trial.Name(), orNothing(s.detail))
		}
		select {
		case <-ctx.Done():
			return s, ctx.Err()
		case <-a.done:
			return a.look(), nil
		case <-tick.C:
		}
	}
}

func orNothing(detail string) string {
	if detail == "" {
		return "its pod is not there yet"
	}
	return detail
}

// kept begins with the part of a file that is asked for.
func kept(f *os.File, q hone.LogQuery) (io.ReadCloser, int64, error) {
	from := q.Offset
	var err error
	if q.Tail > 0 {
		from, err = tail.Start(f, q.Tail)
	}
	if err == nil {
		_, err = f.Seek(from, io.SeekStart)
	}
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return f, from, nil
}
