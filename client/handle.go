package client

import (
	"context"
	"errors"
	"iter"
	"sync/atomic"

	hone "github.com/hone-tuner/hone"
)

// Experiment is one experiment of a service: the verbs of this package are its methods. The service may be a
// Client, one that is embedded in this program, or any other hone.Service. While it is away, every verb waits and
// tries again (Patience). It is safe for concurrent use.
type Experiment struct {
	service hone.Service
	name    hone.Name
	met     *atomic.Bool // the service has answered
	options
}

// Open makes the handle of an experiment that is there already. It does not look whether it is.
func Open(s hone.Service, n hone.Name, o ...Option) *Experiment {
	if n.Namespace == "" {
		n.Namespace = hone.DefaultNamespace
	}
	return &Experiment{service: s, name: n, met: &atomic.Bool{}, options: defaults().with(o)}
}

// Name is the experiment's name.
func (x *Experiment) Name() hone.Name { return x.name }

// Get returns the experiment as it stands: its spec and its status.
func (x *Experiment) Get(ctx context.Context) (e hone.Experiment, err error) {
	err = x.keepTrying(ctx, "get", func(ctx context.Context) error {
		e, err = x.service.GetExperiment(ctx, x.name)
		return err
	})
	return e, err
}

// Best returns the best trial so far. It is an error of kind NotFound while no trial has a finite value.
func (x *Experiment) Best(ctx context.Context) (hone.Best, error) {
	e, err := x.Get(ctx)
	if err != nil {
		return hone.Best{}, err
	}
	if e.Status.Best == nil {
		return hone.Best{}, hone.Errorf(hone.NotFound, "no trial of experiment %q has a value yet", e.Name)
	}
	return *e.Status.Best, nil
}

// Leaderboard returns the ranking of the trials: the first so many, or all with 0.
func (x *Experiment) Leaderboard(ctx context.Context, top int) (b hone.Leaderboard, err error) {
	err = x.keepTrying(ctx, "leaderboard", func(ctx context.Context) error {
		b, err = x.service.Leaderboard(ctx, x.name, hone.LeaderboardQuery{Top: top})
		return err
	})
	return b, err
}

// Ask gives up to r.Count trials to run, to be ended with Tell. The reply says why there are fewer. With a
// Client in the request it is asked again while the service is away; the trials are the same. Without
// one it is asked once.
func (x *Experiment) Ask(ctx context.Context, r hone.AskRequest) (reply hone.AskReply, err error) {
	if r.Client == "" {
		return x.service.Ask(ctx, x.name, r)
	}
	err = x.keepTrying(ctx, "ask", func(ctx context.Context) error {
		reply, err = x.service.Ask(ctx, x.name, r)
		return err
	})
	return reply, err
}

// Tell ends a trial that was asked for and returns it as it ended. An error of kind Conflict says that it is
// another worker's by now, or has ended otherwise.
func (x *Experiment) Tell(ctx context.Context, t hone.Trial, r hone.TellRequest) (ended hone.Trial, err error) {
	if r.Attempt == 0 {
		r.Attempt = t.Attempt
	}
	err = x.keepTrying(ctx, "tell", func(ctx context.Context) error {
		ended, err = x.service.Tell(ctx, x.name, t.Number, r)
		return err
	})
	return ended, err
}

// Report stores readings of a trial that was asked for, and says whether it should end now. It renews the
// lease, without any readings too. Readings that carry a step may be sent twice: the newest stands.
func (x *Experiment) Report(ctx context.Context, t hone.Trial, readings ...hone.Measurement) (stop bool, err error) {
	err = x.keepTrying(ctx, "report", func(ctx context.Context) error {
		stop, err = x.service.Measure(ctx, x.name, hone.Batch{Number: t.Number, Attempt: t.Attempt, Measurements: readings})
		return err
	})
	return stop, err
}

// GiveBack ends the work on a trial that was asked for without a result: it is handed out again, as the next
// attempt. An error of kind Conflict says that it is not this attempt's any more.
func (x *Experiment) GiveBack(ctx context.Context, t hone.Trial) error {
	if _, err := x.Tell(ctx, t, hone.TellRequest{State: hone.TrialStopped, Message: "given back by its worker"}); err != nil {
		return err
	}
	return x.keepTrying(ctx, "retry", func(ctx context.Context) error {
		_, err := x.service.RetryTrial(ctx, x.name, t.Number)
		if errors.Is(err, hone.Conflict) {
			return nil // it was handed out again already, or its experiment has ended
		}
		return err
	})
}

// Trials goes through the trials by number: those in some states, or all. An error is the last thing that it
// yields.
func (x *Experiment) Trials(ctx context.Context, states ...hone.TrialState) iter.Seq2[hone.Trial, error] {
	return func(yield func(hone.Trial, error) bool) {
		for f := (hone.TrialFilter{States: states, Limit: pageSize}); ; {
			var page hone.TrialPage
			err := x.keepTrying(ctx, "trials", func(ctx context.Context) (err error) {
				page, err = x.service.ListTrials(ctx, x.name, f)
				return err
			})
			if err != nil {
				yield(hone.Trial{}, err)
				return
			}
			for _, t := range page.Trials {
				f.After = t.Number
				if !yield(t, nil) {
					return
				}
			}
			if page.Cursor == "" || len(page.Trials) == 0 {
				return
			}
		}
	}
}
