package client

import (
	"context"
	"errors"
	"fmt"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/client/typed"
	"github.com/hone-tuner/hone/internal/difference"
)

// Trial is a trial with its parameters as a struct.
type Trial[P any] struct {
	hone.Trial
	Params P
}

// Result is how an experiment ended.
type Result[P any] struct {
	// Experiment is as it ended: its state, its reason, its counts.
	Experiment hone.Experiment
	// Best is the best trial.
	Best Trial[P]
	// Trials are all of them by number, imported ones left out.
	Trials []Trial[P]
}

// Optimize submits an experiment and runs its trials here, until it has ended: each trial is one call of the
// function, which returns the objective's value. Further programs may work on the same experiment at the same time,
// and a program that is run again goes on with it.
//
// P is a struct with tags as package typed describes, and is then the search space; or hone.Assignments, and
// the experiment's Spec names the parameters.
//
// An error of the function, or a panic, makes the trial Failed, and so does a value that is not finite. The
// context of the function ends when its trial is to end: its cause is ErrStopped, ErrLost, or that of ctx.
// When ctx ends, Optimize waits for the functions that run and gives their trials back, so that they are handed
// out again.
//
// The error is nil if the experiment ended with a best trial. It is of kind Conflict if the experiment failed, and of
// kind NotFound if it was stopped before any trial had a value; the Result has the trials then, too.
func Optimize[P any](ctx context.Context, s hone.Service, e hone.Experiment,
	f func(ctx context.Context, p P, r Reporter) (float64, error), o ...Option,
) (Result[P], error) {
	c, err := newCodec[P]()
	if err != nil {
		return Result[P]{}, err
	}
	if e.Spec.SearchSpace, err = c.complete(e.Spec.SearchSpace); err != nil {
		return Result[P]{}, err
	}
	x, err := Submit(ctx, s, e, o...)
	if err != nil {
		return Result[P]{}, err
	}
	return Work(ctx, x, f, o...)
}

// Work is Optimize for an experiment that is there already. Its parameters must be those of P.
func Work[P any](ctx context.Context, x *Experiment,
	f func(ctx context.Context, p P, r Reporter) (float64, error), o ...Option,
) (Result[P], error) {
	c, err := newCodec[P]()
	if err != nil {
		return Result[P]{}, err
	}
	with := *x
	with.options = x.options.with(o)
	e, err := with.Get(ctx)
	if err != nil {
		return Result[P]{}, err
	}
	if _, err := c.complete(e.Spec.SearchSpace); err != nil {
		return Result[P]{}, err
	}
	if !e.Status.State.Ended() {
		if err := newPool(&with, c, f, e).run(ctx); err != nil {
			return Result[P]{}, err
		}
	}
	return result(ctx, &with, c)
}

// result gathers what became of an experiment.
func result[P any](ctx context.Context, x *Experiment, c codec[P]) (r Result[P], err error) {
	if r.Experiment, err = x.Get(ctx); err != nil {
		return r, err
	}
	best := 0
	if b := r.Experiment.Status.Best; b != nil {
		best = b.Number
	}
	for t, err := range x.Trials(ctx) {
		if err != nil {
			return r, err
		}
		if t.Origin == hone.OriginImported {
			continue
		}
		p, err := c.params(t.Parameters)
		if err != nil {
			return r, fmt.Errorf("trial %s: %w", t.Name(), err)
		}
		r.Trials = append(r.Trials, Trial[P]{Trial: t, Params: p})
		if t.Number == best {
			r.Best = r.Trials[len(r.Trials)-1]
		}
	}
	switch s := r.Experiment.Status; {
	case s.State == hone.ExperimentFailed:
		return r, hone.Errorf(hone.Conflict, "experiment %q failed (%s): %s%s", x.name, s.Reason, s.Message, newestFailure(r.Trials))
	case best == 0:
		return r, hone.Errorf(hone.NotFound, "experiment %q has ended (%s), and no trial of it has a value", x.name, s.Reason)
	}
	return r, nil
}

// newestFailure says why the trial failed that failed last.
func newestFailure[P any](trials []Trial[P]) string {
	newest := hone.Trial{}
	for _, t := range trials {
		if t.State == hone.TrialFailed && t.Finished > newest.Finished {
			newest = t.Trial
		}
	}
	if newest.Message == "" {
		return ""
	}
	return fmt.Sprintf("\n%s failed: %s", newest.Name(), newest.Message)
}

// codec turns points into parameters.
type codec[P any] struct {
	space  hone.SearchSpace // of a struct; empty where the experiment names the parameters
	params func(hone.Assignments) (P, error)
}

func newCodec[P any]() (codec[P], error) {
	if same, ok := any(func(a hone.Assignments) (hone.Assignments, error) { return a, nil }).(func(hone.Assignments) (P, error)); ok {
		return codec[P]{params: same}, nil
	}
	s, err := typed.SpaceOf[P]()
	if err != nil {
		return codec[P]{}, err
	}
	return codec[P]{space: s.SearchSpace(), params: s.Params}, nil
}

// complete puts the struct's parameters into a space that names none, or checks that they are the same.
func (c codec[P]) complete(s hone.SearchSpace) (hone.SearchSpace, error) {
	switch {
	case len(c.space.Parameters) == 0:
		return s, nil
	case len(s.Parameters) == 0:
		s.Parameters = c.space.Parameters
		return s, nil
	case !difference.Equal(normal(c.space), normal(s)):
		var p P
		return s, hone.Errorf(hone.InvalidArgument, "the experiment's parameters are not those of %T: leave them out of its spec, "+
			"or make the struct as the experiment is", p)
	}
	return s, nil
}

// normal is the parameters alone, with what may be left out left out.
func normal(s hone.SearchSpace) []hone.Parameter {
	out := append([]hone.Parameter(nil), s.Parameters...)
	for i := range out {
		if out[i].Scale == hone.LinearScale {
			out[i].Scale = ""
		}
	}
	return out
}

// errEnded ends a worker: there is nothing more to do.
var errEnded = errors.New("the experiment has ended")
