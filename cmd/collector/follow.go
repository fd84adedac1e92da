package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/hashicorp/go-hclog"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/collector"
	"github.com/hone-tuner/hone/collector/report"
	"github.com/hone-tuner/hone/collector/wrap"
)

const (
	// memory is what the garbage collector keeps to, of the 16 MiB that the sidecar may take with its code.
	memory = 8 << 20
	// quiet is how much output without a reading is read until it is taken away.
	quiet = 4 << 20
	// look is the time between two looks whether the program has ended.
	look = 50 * time.Millisecond
)

// sidecar follows one attempt.
type sidecar struct {
	s      settings
	task   task
	logger hclog.Logger
}

// follow is the sidecar: it sends what the program reports until ctx ends, and then what is left.
func follow(ctx context.Context, s settings, stderr io.Writer) error {
	debug.SetMemoryLimit(memory)
	runtime.GOMAXPROCS(2) //nolint:mnd // one reads, one sends
	logger := hclog.New(&hclog.LoggerOptions{Name: "collector", Level: hclog.Info, Output: stderr, DisableTime: true})
	_ = os.Remove(s.ready()) // of an earlier sidecar of this pod
	for _, dir := range []string{s.run(""), s.trialDir()} {
		if err := makeShared(dir); err != nil {
			return err
		}
	}
	if !s.reports() {
		return idle(ctx, s)
	}
	t, err := s.task()
	if err != nil {
		_ = last{Error: err.Error()}.write(s.lastWord()) // it is returned too
		return err
	}
	if t.metrics.Source == hone.SourcePush {
		return idle(ctx, s)
	}
	return (&sidecar{s: s, task: t, logger: logger}).run(ctx)
}

// idle does nothing until ctx ends: somebody else reports.
func idle(ctx context.Context, s settings) error {
	if err := mark(s.silent()); err != nil {
		return err
	}
	if err := mark(s.ready()); err != nil {
		return err
	}
	<-ctx.Done()
	return last{Delivered: true}.write(s.lastWord())
}

// mark makes a file whose being there is all that it says.
func mark(path string) error { return os.WriteFile(path, nil, 0o644) } //nolint:gosec // the program looks whether it is there

func (c *sidecar) run(ctx context.Context) error {
	trim := &trimmer{path: c.s.stdout(), off: c.task.metrics.Source != hone.SourceStdout}
	r, err := report.Open(report.Options{
		Dir: c.s.spool(), URL: c.s[envURL], Token: c.s[envToken], Name: c.task.name, Number: c.task.number,
		Attempt: c.task.attempt, Source: c.task.source, Kept: trim.behind,
	}, c.logger)
	if err == nil {
		err = c.begin()
	}
	if err != nil {
		_ = last{Error: err.Error()}.write(c.s.lastWord()) // it is returned too
		return err
	}
	hard, cancel := lingering(ctx, c.s.flush())
	defer cancel()
	go func() { _ = r.Run(hard) }() // Flush says why it ended
	for again := true; again; {
		again = c.follow(ctx, hard, r)
	}
	return nil
}

// begin tells the program's container that somebody follows, and what.
func (c *sidecar) begin() error {
	if c.task.metrics.Source != hone.SourceStdout {
		if err := mark(c.s.silent()); err != nil {
			return err
		}
	}
	return mark(c.s.ready())
}

// lingering is a context that outlives another one by a while.
func lingering(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	out, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(d, cancel) })
	return out, func() { stop(); cancel() }
}

// follow follows one run of the program to its end, or to the end of ctx, and leaves the last word. It reports whether
// the program was started again in the same pod.
func (c *sidecar) follow(ctx, hard context.Context, r *report.Reporter) (again bool) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		c.await(ctx, func(exit []byte) bool { return exit != nil })
	}()
	_, failure := collector.New(collector.Options{Quiet: quiet}).Collect(hard, c.collection(r), ended, r.Sink)
	exit, _ := os.ReadFile(c.s.exit()) // nil if the program was not seen to end

	flush, cancel := context.WithCancel(hard)
	defer cancel()
	anew := make(chan bool, 1)
	go func() {
		another := c.await(ctx, func(now []byte) bool { return !bytes.Equal(now, exit) })
		if another {
			cancel() // that one has to be followed
		}
		anew <- another
	}()
	err := r.Flush(flush)
	if flush.Err() != nil && hard.Err() == nil {
		return <-anew
	}
	c.say(errors.Join(failure, err, missing(exit)), r.Readings())
	return <-anew
}

// await waits until what the program's end is noted in is as wished, or ctx ends: then it is false.
func (c *sidecar) await(ctx context.Context, wished func(exit []byte) bool) bool {
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		over := ctx.Err() != nil // what has happened before the end still counts
		exit, _ := os.ReadFile(c.s.exit())
		if wished(exit) || over {
			return wished(exit)
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

func (c *sidecar) collection(r *report.Reporter) hone.Collection {
	e := hone.Emission{Dir: c.s.trialDir(), Stdout: c.s.stdout()}
	if c.task.metrics.Source == hone.SourceFile {
		if e.File = c.task.metrics.Path; !filepath.IsAbs(e.File) {
			e.File = filepath.Join(e.Dir, e.File)
		}
	}
	return hone.Collection{Spec: c.task.metrics, Objective: c.task.objective, Emission: e, Resume: r.Resume}
}

// missing tells what the program's container could not copy for us.
func missing(exit []byte) error {
	var e wrap.Ended
	if err := json.Unmarshal(exit, &e); err != nil || e.Lost == 0 {
		return nil //nolint:nilerr // without it, nothing is known to be missing
	}
	return hone.Errorf(hone.DataLoss, "%d bytes of the output could not be read: there was no room for them on the disk", e.Lost)
}

// say leaves the last word.
func (c *sidecar) say(err error, readings int64) {
	l := last{Delivered: err == nil, Readings: readings}
	if err != nil {
		l.Error = err.Error()
		c.logger.Error("not every reading was delivered", "delivered", readings, "error", err)
	} else {
		c.logger.Info("every reading was delivered", "readings", readings)
	}
	if err := l.of(c.s.exit()).write(c.s.lastWord()); err != nil {
		c.logger.Error("the last word cannot be left", "error", err)
	}
}
