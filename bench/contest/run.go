package contest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/hone-tuner/hone"
)

// Options say how tasks are run.
type Options struct {
	// Jobs is how many runs are played at once; at least 1.
	Jobs int
	// Limit is the longest that a run may take; 0 for no limit.
	Limit time.Duration
	// Until is when no further run begins; zero for never.
	Until time.Time
	// Again reports whether a run that the file has is to be played again; nil for never.
	Again func(Record) bool
	// Now is the clock.
	Now func() time.Time
	// Progress is called after each run, by one at a time.
	Progress func(Progress)
}

// Progress says how far a plan has come.
type Progress struct {
	// Done of Total runs are in the file.
	Done, Total int
	// Left is how long the others will take, judged by what each contestant needed so far.
	Left time.Duration
	// Last is the record that was added.
	Last Record
}

// away is after how many failed starts in a row a contestant is given up.
const away = 3

// Run plays the tasks that the file does not have and adds their records. It returns why contestants were given up, by
// name: a program that cannot be started leaves no records. The error is that of the file or of ctx.
func Run(ctx context.Context, tasks []Task, file *File, o Options) (map[string]error, error) {
	r := &runner{file: file, options: o, progress: Progress{Total: len(tasks)}, pace: map[string]pace{}, missing: map[string]int{}, gone: map[string]error{}}
	for _, t := range tasks {
		if record, done := file.Get(t.Key()); done && (o.Again == nil || !o.Again(record)) {
			r.progress.Done++
			continue
		}
		r.tasks = append(r.tasks, t)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var workers sync.WaitGroup
	for range max(o.Jobs, 1) {
		workers.Go(func() {
			if err := r.work(ctx); err != nil {
				r.fail(err)
				cancel()
			}
		})
	}
	workers.Wait()
	return r.gone, r.err
}

type runner struct {
	file    *File
	options Options

	mu       sync.Mutex
	tasks    []Task // those that have not begun
	progress Progress
	pace     map[string]pace
	missing  map[string]int   // failed starts in a row
	gone     map[string]error // contestants that were given up
	err      error
}

// pace is how long the runs of a contestant took.
type pace struct {
	runs  int
	total time.Duration
}

func (r *runner) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		r.err = err
	}
}

// next takes the next task.
func (r *runner) next() (Task, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.tasks) > 0 {
		t := r.tasks[0]
		if until := r.options.Until; !until.IsZero() && !r.options.Now().Before(until) {
			return Task{}, false
		}
		r.tasks = r.tasks[1:]
		if r.gone[t.Contestant.Info().Name] == nil {
			return t, true
		}
	}
	return Task{}, false
}

func (r *runner) work(ctx context.Context) error {
	for {
		t, more := r.next()
		if !more || ctx.Err() != nil {
			return ctx.Err()
		}
		begin := r.options.Now()
		record, err := r.play(ctx, t)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := r.note(t, record, err, r.options.Now().Sub(begin)); err != nil {
			return err
		}
	}
}

func (r *runner) play(ctx context.Context, t Task) (Record, error) {
	if r.options.Limit <= 0 {
		return Play(ctx, t)
	}
	limited, cancel := context.WithTimeout(ctx, r.options.Limit)
	defer cancel()
	record, err := Play(limited, t)
	if errors.Is(limited.Err(), context.DeadlineExceeded) && err != nil {
		err = hone.Errorf(hone.DeadlineExceeded, "it took longer than %s", r.options.Limit)
		record.Error = err.Error()
	}
	return record, err
}

// note keeps what a run did.
func (r *runner) note(t Task, record Record, err error, took time.Duration) error {
	name := t.Contestant.Info().Name
	r.mu.Lock()
	defer r.mu.Unlock()
	if errors.Is(err, hone.Unavailable) {
		if r.missing[name]++; r.missing[name] >= away {
			r.gone[name] = fmt.Errorf("%s: %w", name, err)
		}
		return nil
	}
	r.missing[name] = 0
	if err := r.file.Add(record); err != nil {
		return err
	}
	p := r.pace[name]
	r.pace[name] = pace{p.runs + 1, p.total + took}
	r.progress.Done++
	r.progress.Last = record
	r.progress.Left = r.left()
	if r.options.Progress != nil {
		r.options.Progress(r.progress)
	}
	return nil
}

// left estimates the time for the tasks that have not begun.
func (r *runner) left() time.Duration {
	var all pace
	for _, p := range r.pace {
		all.runs += p.runs
		all.total += p.total
	}
	var left time.Duration
	for _, t := range r.tasks {
		p, known := r.pace[t.Contestant.Info().Name]
		if !known {
			p = all
		}
		left += p.total / time.Duration(p.runs)
	}
	return left / time.Duration(max(r.options.Jobs, 1))
}
