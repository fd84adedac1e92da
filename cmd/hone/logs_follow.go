package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/hone-tuner/hone"
)

// flushEvery is how often the beginning of a line is shown whose end does not come.
const flushEvery = 200 * time.Millisecond

// startsWithin is how long the output of an attempt may take to be there after the attempt has begun.
const startsWithin = 10 * time.Second

// logFollower follows the output of a trial over its attempts.
type logFollower struct {
	service hone.Service
	name    hone.Name
	number  int
	query   hone.LogQuery
	// write takes output as it comes, of one stream at a time.
	write func(stream string, p []byte) error
	say   func(format string, args ...any)
	// patient makes what waits for a service that went away.
	patient func() *stubborn
}

func (a *app) followLogs(ctx context.Context, s hone.Service, n hone.Name, number int, q hone.LogQuery) error {
	ctx = tryItself(ctx)
	f := &logFollower{service: s, name: n, number: number, query: q, say: a.stderr.print, patient: a.newStubborn}
	if q.Stream != "" {
		f.write = func(_ string, p []byte) error { _, err := a.stdout.Write(p); return err }
		return f.run(ctx)
	}
	m := newMixer(a.stdout)
	defer m.close()
	f.write = m.write
	return errors.Join(f.run(ctx), m.flush())
}

// run follows attempt after attempt, until the trial has ended.
func (f *logFollower) run(ctx context.Context) error {
	for attempt := f.query.Attempt; ; {
		next, err := f.next(ctx, attempt)
		if err != nil || next == 0 {
			return err
		}
		if attempt != 0 && next != attempt {
			f.say("attempt %d of %s begins", next, trialReference(f.name, f.number))
			f.query.Tail = 0
		}
		attempt = next
		if err := f.attempt(ctx, attempt); err != nil {
			return err
		}
		if f.query.Attempt != 0 {
			return nil
		}
	}
}

// next waits until there is an attempt after the one that was followed, and returns it; 0 when there will be none.
// Before the first, it is the latest.
func (f *logFollower) next(ctx context.Context, after int) (int, error) {
	b := f.patient()
	b.begun = b.begun || after != 0
	var e hone.Experiment
	if err := b.until(ctx, func() (err error) { e, err = f.service.GetExperiment(ctx, f.name); return err }); err != nil {
		return 0, err
	}
	if e.Spec.External() {
		return 0, b.until(ctx, func() error { return keptByWorker(ctx, f.service, f.name, f.number) })
	}
	if f.query.Attempt != 0 {
		return f.query.Attempt, nil
	}
	said := false
	for sequence := e.Status.Events; ; {
		var t hone.Trial
		err := b.until(ctx, func() (err error) { t, err = f.service.GetTrial(ctx, f.name, f.number); return err })
		switch {
		case err != nil:
			return 0, err
		case t.Attempt > after:
			return t.Attempt, nil
		case t.State.Ended() && t.Attempt == 0:
			return 0, hone.Errorf(hone.NotFound, "trial %s was never started: it has no logs", hone.TrialName(f.name.Name, f.number))
		case t.State.Ended():
			return 0, nil
		case !said && t.State == hone.TrialPending:
			said = true
			f.say("waiting for %s to start", trialReference(f.name, f.number))
		}
		if sequence, err = f.change(ctx, sequence, b); err != nil {
			return 0, err
		}
	}
}

// change waits for an event of the trial and returns its sequence number.
func (f *logFollower) change(ctx context.Context, after int64, b *stubborn) (int64, error) {
	for batch, err := range events(ctx, f.service, f.name, after, b) {
		if err != nil {
			return after, err
		}
		for _, ev := range batch {
			after = ev.Sequence
			if ev.Trial == f.number {
				return after, nil
			}
		}
	}
	return after, ctx.Err()
}

// attempt follows one attempt to its end.
func (f *logFollower) attempt(ctx context.Context, attempt int) error {
	if f.query.Stream != "" {
		return f.stream(ctx, attempt, f.query.Stream)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var both sync.WaitGroup
	for _, stream := range []string{"stdout", "stderr"} {
		both.Go(func() {
			if err := f.stream(ctx, attempt, stream); err != nil {
				cancel(err)
			}
		})
	}
	both.Wait()
	return context.Cause(ctx)
}

// stream follows one stream of an attempt, over lost connections.
func (f *logFollower) stream(ctx context.Context, attempt int, stream string) error {
	q := f.query
	q.Attempt, q.Stream, q.Follow = attempt, stream, true
	b := f.patient()
	waited := time.Duration(0)
	for {
		log, err := f.service.Logs(ctx, f.name, f.number, q)
		if errors.Is(err, hone.NotFound) && f.query.Attempt == 0 && waited < startsWithin {
			sleep(ctx, firstPause) // it has just begun
			waited += firstPause
			if ctx.Err() == nil {
				continue
			}
		}
		if err == nil {
			b.answered()
			err = f.read(ctx, log, &q)
		}
		if err == nil {
			return nil
		}
		if err := b.again(ctx, err); err != nil {
			return err
		}
	}
}

// read hands out what comes, and keeps in q where it goes on.
func (f *logFollower) read(ctx context.Context, log io.ReadCloser, q *hone.LogQuery) error {
	closeOnce := sync.OnceFunc(func() { _ = log.Close() })
	defer closeOnce()
	stop := context.AfterFunc(ctx, closeOnce) // a read that hangs ends with the context
	defer stop()
	at, positioned := log.(hone.Positioned)
	if positioned {
		q.Offset, q.Tail = at.Start(), 0
	}
	buf := make([]byte, 32<<10)
	for {
		n, err := log.Read(buf)
		if n > 0 {
			q.Offset += int64(n)
			if err := f.write(q.Stream, buf[:n]); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil && !positioned && q.Tail > 0:
			return hone.Errorf(hone.Internal, "the log broke off, and the service does not say where it began: %w", err)
		case err != nil:
			return err
		}
	}
}

// mixer writes several streams to one output, line by line. The beginning of a line is kept until its end is there, but
// not for longer than a moment. It is safe for concurrent use.
type mixer struct {
	mu    sync.Mutex
	out   io.Writer
	parts map[string][]byte // beginnings of lines that are not written yet
	old   map[string]int    // how much of them was there at the last look
	open  string            // the stream whose line is written in part
	timer *time.Ticker
	done  chan struct{}
}

func newMixer(out io.Writer) *mixer {
	m := &mixer{out: out, parts: map[string][]byte{}, old: map[string]int{}, timer: time.NewTicker(flushEvery), done: make(chan struct{})}
	go func() {
		for {
			select {
			case <-m.timer.C:
				m.look()
			case <-m.done:
				return
			}
		}
	}()
	return m
}

func (m *mixer) close() {
	m.timer.Stop()
	close(m.done)
}

// write takes output of a stream.
func (m *mixer) write(stream string, p []byte) error {
	const longest = 64 << 10 // of a line's beginning that is kept
	m.mu.Lock()
	defer m.mu.Unlock()
	all := append(m.parts[stream], p...)
	end := bytes.LastIndexAny(all, "\n\r") + 1
	if len(all)-end > longest {
		end = len(all)
	}
	err := m.put(stream, all[:end])
	m.parts[stream] = append(all[:0], all[end:]...)
	m.old[stream] = -1
	return err
}

func (m *mixer) put(stream string, p []byte) error {
	if len(p) == 0 {
		return nil
	}
	if m.open != "" && m.open != stream {
		if _, err := io.WriteString(m.out, "\n"); err != nil {
			return err
		}
	}
	m.open = stream
	if p[len(p)-1] == '\n' {
		m.open = ""
	}
	_, err := m.out.Write(p)
	return err
}

// look writes beginnings of lines that have stood there since the last look.
func (m *mixer) look() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for stream, part := range m.parts {
		if len(part) > 0 && m.old[stream] == len(part) {
			_ = m.put(stream, part) // an output that is gone is noticed at the next line
			m.parts[stream] = part[:0]
		}
		m.old[stream] = len(m.parts[stream])
	}
}

// flush writes all that is left.
func (m *mixer) flush() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	var errs []error
	for _, stream := range []string{"stdout", "stderr"} {
		errs = append(errs, m.put(stream, m.parts[stream]))
		m.parts[stream] = nil
	}
	return errors.Join(errs...)
}
