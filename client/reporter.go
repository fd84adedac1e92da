package client

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	hone "github.com/hone-tuner/hone"
)

// Reporter is how a function tells how its trial gets on.
type Reporter interface {
	// Report tells the objective's value after a step. The error is ErrStopped when the trial should end now,
	// as it is hopeless: return it, or a value; and ErrLost when the trial has become another worker's. An outage of
	// the service is no error: readings are kept and sent when it is back.
	Report(step int, value float64) error
	// ReportMetrics tells several metrics after a step, by name.
	ReportMetrics(step int, metrics map[string]float64) error
	// Trial is the trial that runs: its name, its number, its attempt.
	Trial() hone.Trial
}

// sentinel is an error that is a constant.
type sentinel string

func (s sentinel) Error() string { return string(s) }

// Why the context of a function ended before the function.
const (
	// ErrStopped says that the trial should end now: it is hopeless, somebody stopped it, or its experiment has
	// ended. What it has reported counts.
	ErrStopped = sentinel("the trial is to end now")
	// ErrLost says that the trial is not this worker's any more: it was silent for too long, or the trial was ended.
	// Nothing that it finds is wanted.
	ErrLost = sentinel("the trial is no longer this worker's")
)

const (
	batchSize    = 1000             // readings sent at once
	mostReadings = 100_000          // kept while the service is away
	sendTime     = 10 * time.Second // for one batch
)

// reporter sends the readings of one trial, each once, and keeps its lease.
type reporter struct {
	ctx       context.Context //nolint:containedctx // of the trial; Report has none
	cancel    context.CancelCauseFunc
	x         *Experiment
	trial     hone.Trial
	objective string
	source    string

	mu      sync.Mutex
	waiting []hone.Measurement
	last    map[string]hone.Float
	ended   error     // why the trial is to end
	away    time.Time // until when the service is left alone

	sending  sync.Mutex  // one batch at a time; it also guards what follows
	batch    *hone.Batch // not acknowledged
	sequence int64
	failures int
}

func newReporter(ctx context.Context, cancel context.CancelCauseFunc, x *Experiment, t hone.Trial, objective, source string) *reporter {
	return &reporter{ctx: ctx, cancel: cancel, x: x, trial: t, objective: objective, source: source, last: map[string]hone.Float{}}
}

// Trial is of Reporter.
func (r *reporter) Trial() hone.Trial { return r.trial }

// Report is of Reporter.
func (r *reporter) Report(step int, value float64) error {
	return r.ReportMetrics(step, map[string]float64{r.objective: value})
}

// ReportMetrics is of Reporter.
func (r *reporter) ReportMetrics(step int, metrics map[string]float64) error {
	if err := r.put(int64(step), metrics); err != nil {
		return err
	}
	if err := r.try(); err != nil {
		return err
	}
	if err := r.end(nil); err != nil {
		return err
	}
	return context.Cause(r.ctx)
}

// put keeps readings until they are sent.
func (r *reporter) put(step int64, metrics map[string]float64) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.waiting)+len(metrics) > mostReadings {
		return hone.Errorf(hone.ResourceExhausted, "the service has been away for so long that %d readings of trial %s wait for it",
			len(r.waiting), r.trial.Name())
	}
	now := time.Now()
	for _, name := range slices.Sorted(maps.Keys(metrics)) {
		value := hone.Float(metrics[name])
		r.waiting = append(r.waiting, hone.Measurement{Metric: name, Value: value, Step: &step, Time: now})
		r.last[name] = value
	}
	return nil
}

// observation is what a trial that ends with a value has measured: the newest of every other metric.
func (r *reporter) observation(value float64) map[string]hone.Float {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := maps.Clone(r.last)
	out[r.objective] = hone.Float(value)
	return out
}

// end says why the trial is to end, the first time for good; it returns what was said.
func (r *reporter) end(why error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if why != nil && (r.ended == nil || errors.Is(why, ErrLost)) {
		r.ended = why
		r.cancel(why)
	}
	return r.ended
}

// try sends what waits, unless the service was found away a moment ago. That it is away is no error.
func (r *reporter) try() error {
	r.mu.Lock()
	away := time.Now().Before(r.away)
	r.mu.Unlock()
	if away {
		return nil
	}
	if err := r.flush(r.ctx); err != nil && !passing(r.ctx, err) && r.ctx.Err() == nil {
		return err
	}
	return nil
}

// flush sends everything that waits.
func (r *reporter) flush(ctx context.Context) error {
	r.sending.Lock()
	defer r.sending.Unlock()
	for r.fill() {
		if err := r.send(ctx, *r.batch); err != nil {
			return err
		}
		r.batch = nil
	}
	return nil
}

// fill makes the next batch, if the last one was acknowledged; false if there is nothing to send.
func (r *reporter) fill() bool {
	if r.batch != nil {
		return true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	n := min(len(r.waiting), batchSize)
	if n == 0 {
		return false
	}
	r.sequence++
	r.batch = &hone.Batch{Number: r.trial.Number, Attempt: r.trial.Attempt, Source: r.source, Sequence: r.sequence, Measurements: r.waiting[:n:n]}
	r.waiting = r.waiting[n:]
	return true
}

// send sends one batch and acts on the answer.
func (r *reporter) send(ctx context.Context, b hone.Batch) error {
	limited, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	stop, err := r.x.service.Measure(limited, r.x.name, b)
	switch {
	case err == nil:
		r.failures = 0
		if stop {
			_ = r.end(ErrStopped)
		}
		return nil
	case errors.Is(err, hone.Conflict), errors.Is(err, hone.NotFound):
		r.batch = nil
		return r.end(ErrLost)
	case passing(ctx, err):
		r.failures++
		r.mu.Lock()
		r.away = time.Now().Add(pause(r.trial.Name(), r.failures))
		r.mu.Unlock()
	case ctx.Err() == nil:
		r.batch = nil // it will never be taken
	}
	return err
}

// beat keeps the lease of the trial and hears whether it is to end, until the trial's context ends.
func (r *reporter) beat() {
	for {
		wait := r.x.lease / 3
		r.mu.Lock()
		if left := time.Until(r.away); left > 0 {
			wait = min(wait, left)
		}
		r.mu.Unlock()
		if sleep(r.ctx, wait) != nil {
			return
		}
		err := r.flush(r.ctx)
		if err == nil {
			r.sending.Lock()
			err = r.send(r.ctx, hone.Batch{Number: r.trial.Number, Attempt: r.trial.Attempt})
			r.sending.Unlock()
		}
		if err != nil && r.ctx.Err() == nil {
			r.x.logger.Warn("a sign of life could not be given", "trial", r.trial.Name(), "error", err)
		}
	}
}
