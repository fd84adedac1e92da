package client

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime/debug"

	hone "github.com/hone-tuner/hone"
)

// run runs one trial and tells its end. An error means that the worker cannot go on.
func (w *worker[P]) run(outer context.Context, t hone.Trial) error {
	params, err := w.codec.params(t.Parameters)
	if err != nil {
		return fmt.Errorf("trial %s: %w", t.Name(), err)
	}
	ctx, cancel := context.WithCancelCause(outer)
	r := newReporter(ctx, cancel, w.x, t, w.objective.Metric, w.session)
	w.news.begin(r)
	beats := make(chan struct{})
	go func() {
		defer close(beats)
		r.beat()
	}()
	value, err := w.call(ctx, params, r)
	w.news.end(r)
	cause := context.Cause(ctx)
	cancel(nil)
	<-beats

	switch ended := outer.Err() != nil; {
	case errors.Is(cause, ErrLost) || errors.Is(err, ErrLost):
		w.x.logger.Info("a trial was ended elsewhere, or lost", "trial", t.Name(), "attempt", t.Attempt)
		return nil
	case ended && (err != nil || !finite(value)):
		w.giveBack(outer, t)
		return context.Cause(outer)
	case ended:
		outer, cancel := context.WithTimeout(context.WithoutCancel(outer), linger)
		defer cancel()
		return w.tell(outer, r, outcome(value, nil, cause, r))
	}
	if err != nil && !stopped(err, cause) {
		w.x.logger.Warn("a trial failed", "trial", t.Name(), "error", err)
	}
	return w.tell(outer, r, outcome(value, err, cause, r))
}

// stopped reports whether a function ended since its trial was to end.
func stopped(err, cause error) bool {
	return errors.Is(err, ErrStopped) || errors.Is(cause, ErrStopped) && errors.Is(err, context.Canceled)
}

// outcome makes the end of a trial of what its function returned.
func outcome(value float64, err, cause error, r *reporter) hone.TellRequest {
	switch {
	case err == nil:
		return hone.TellRequest{State: hone.TrialSucceeded, Metrics: r.observation(value)}
	case stopped(err, cause):
		return hone.TellRequest{State: hone.TrialEarlyStopped}
	}
	message := err.Error()
	if len(message) > hone.MessageLimit {
		message = message[:hone.MessageLimit]
	}
	return hone.TellRequest{State: hone.TrialFailed, Message: message}
}

// tell sends the readings that have not been sent yet, then the end. The trial may have become another
// worker's by then, or have been ended by somebody: that is no error.
func (w *worker[P]) tell(ctx context.Context, r *reporter, end hone.TellRequest) error {
	err := w.x.keepTrying(ctx, "report", r.flush)
	if err == nil {
		_, err = w.x.Tell(ctx, r.trial, end)
	}
	switch {
	case errors.Is(err, ErrLost), errors.Is(err, hone.Conflict):
		w.x.logger.Warn("the end of a trial was not wanted any more", "trial", r.trial.Name(), "attempt", r.trial.Attempt, "error", err)
		return nil
	case err != nil:
		return fmt.Errorf("telling the end of trial %s: %w", r.trial.Name(), err)
	}
	return nil
}

// call calls the function. A panic, or the end of its goroutine, is an error.
func (w *worker[P]) call(ctx context.Context, p P, r Reporter) (value float64, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		err = errors.New("the function ended its goroutine (runtime.Goexit)")
		defer func() {
			if x := recover(); x != nil {
				err = fmt.Errorf("the function panicked: %v\n%s", x, debug.Stack())
			}
		}()
		value, err = w.function(ctx, p, r)
	}()
	<-done
	return value, err
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
