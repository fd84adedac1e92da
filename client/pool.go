package client

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	hone "github.com/hone-tuner/hone"
)

// pool is the workers of one Optimize.
type pool[P any] struct {
	x         *Experiment
	codec     codec[P]
	function  func(ctx context.Context, p P, r Reporter) (float64, error)
	objective hone.Objective
	after     int64  // the events that were there before
	session   string // names the readings of this program
	known     bool   // its name may have been another program's before
	news      news
}

func newPool[P any](x *Experiment, c codec[P], f func(context.Context, P, Reporter) (float64, error), e hone.Experiment) *pool[P] {
	session := rand.Text()[:8]
	known := x.options.name != ""
	if !known {
		host, err := os.Hostname()
		if err != nil {
			host = "worker"
		}
		host = strings.ToValidUTF8(host[:min(len(host), 64)], "")
		x.options.name = fmt.Sprintf("%s-%d-%s", host, os.Getpid(), strings.ToLower(session))
	}
	return &pool[P]{x: x, codec: c, function: f, objective: e.Spec.Objective, after: e.Status.Events, session: session, known: known,
		news: news{changed: make(chan struct{}), runs: map[int]*reporter{}}}
}

// run works until the experiment has ended, a worker can go on no longer, or ctx ends. It returns when
// everything that it began is over.
func (p *pool[P]) run(ctx context.Context) error {
	inner, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var workers, watch sync.WaitGroup
	watching, unwatch := context.WithCancel(inner)
	watch.Go(func() { p.listen(watching) })
	for i := range p.x.workers {
		workers.Go(func() {
			w := &worker[P]{pool: p, name: fmt.Sprintf("%s-%d", p.x.options.name, i+1)}
			if err := w.loop(inner); !errors.Is(err, errEnded) {
				cancel(err)
			}
		})
	}
	workers.Wait()
	unwatch()
	watch.Wait()
	return context.Cause(inner)
}

// listen hears what happens to the experiment, so that nobody has to ask for it again and again.
func (p *pool[P]) listen(ctx context.Context) {
	for ev, err := range p.x.Watch(ctx, p.after) {
		if err != nil {
			if ctx.Err() == nil { // the workers find out for themselves, only later
				p.x.logger.Warn("events are no longer heard", "experiment", p.x.name.String(), "error", err)
			}
			return
		}
		p.news.hear(ev)
	}
	p.news.announce()
}

// news is what workers wait for.
type news struct {
	mu      sync.Mutex
	changed chan struct{} // closed and made anew when an ask may have another answer
	runs    map[int]*reporter
}

// next is closed when an ask may have another answer than before.
func (n *news) next() <-chan struct{} {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.changed
}

func (n *news) announce() {
	n.mu.Lock()
	defer n.mu.Unlock()
	close(n.changed)
	n.changed = make(chan struct{})
}

func (n *news) begin(r *reporter) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.runs[r.trial.Number] = r
}

func (n *news) end(r *reporter) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.runs[r.trial.Number] == r {
		delete(n.runs, r.trial.Number)
	}
}

func (n *news) of(ev hone.Event) *reporter {
	n.mu.Lock()
	defer n.mu.Unlock()
	if r := n.runs[ev.Trial]; r != nil && r.trial.Attempt == ev.Attempt {
		return r
	}
	return nil
}

// hear passes on an event to whom it concerns.
func (n *news) hear(ev hone.Event) {
	switch ev.Type {
	case hone.EventTrialStopping:
		if r := n.of(ev); r != nil {
			_ = r.end(ErrStopped)
		}
		return
	case hone.EventTrialRequeued, hone.EventTrialEnded:
		if r := n.of(ev); r != nil {
			_ = r.end(ErrLost)
		}
	case hone.EventResumed, hone.EventEdited, hone.EventEnded, hone.EventReopened, hone.EventTrialRetried, hone.EventEnqueued:
	default:
		return
	}
	n.announce()
}

// longestWait is how long a worker waits before it asks again in any case.
const longestWait = 10 * time.Second

// worker runs one trial after the other.
type worker[P any] struct {
	*pool[P]
	name string
}

func (w *worker[P]) loop(ctx context.Context) error {
	if err := w.begin(ctx); err != nil {
		return err
	}
	for ctx.Err() == nil {
		t, err := w.next(ctx)
		if err != nil {
			return err
		}
		if err := w.run(ctx, t); err != nil {
			return err
		}
	}
	return context.Cause(ctx)
}

// begin puts back what a program of the same name was at before: it begins anew, as the next attempt, whose
// readings are told from those of the one before.
func (w *worker[P]) begin(ctx context.Context) error {
	if !w.known {
		return nil
	}
	for t, err := range w.x.Trials(ctx, hone.TrialRunning) {
		if err != nil {
			return err
		}
		if t.Client != w.name {
			continue
		}
		if err := w.x.GiveBack(ctx, t); err != nil && !errors.Is(err, hone.Conflict) {
			return err
		}
	}
	return nil
}

// linger is how long a call that is under way may take when everything is to end.
const linger = 5 * time.Second

// next asks until there is a trial to run.
func (w *worker[P]) next(ctx context.Context) (t hone.Trial, err error) {
	for {
		changed := w.news.next()
		reply, err := w.ask(ctx)
		switch {
		case err != nil:
			return t, err
		case len(reply.Trials) > 0 && ctx.Err() != nil:
			w.giveBack(ctx, reply.Trials[0])
			return t, context.Cause(ctx)
		case len(reply.Trials) > 0:
			return reply.Trials[0], nil
		case reply.State.Ended():
			return t, errEnded
		}
		wait := longestWait
		if d := time.Duration(reply.RetryAfter); d > 0 {
			wait = min(wait, d)
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-changed:
		case <-timer.C:
		}
		timer.Stop()
		if ctx.Err() != nil {
			return t, context.Cause(ctx)
		}
	}
}

// ask asks for one trial. An answer that is on its way when ctx ends is heard, so that its trial can be given
// back.
func (w *worker[P]) ask(ctx context.Context) (reply hone.AskReply, err error) {
	err = w.x.keepTrying(ctx, "ask", func(ctx context.Context) error {
		ctx, cancel := lingering(ctx, linger)
		defer cancel()
		reply, err = w.x.service.Ask(ctx, w.x.name, hone.AskRequest{Count: 1, Client: w.name, Lease: hone.Duration(w.x.lease)})
		return err
	})
	return reply, err
}

// giveBack gives a trial back whose work was broken off. What cannot be given back is handed out again when
// its lease is over.
func (w *worker[P]) giveBack(ctx context.Context, t hone.Trial) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), linger)
	defer cancel()
	if err := w.x.GiveBack(ctx, t); err != nil && !errors.Is(err, hone.Conflict) {
		w.x.logger.Warn("a trial could not be given back", "trial", t.Name(), "error", err)
	}
}
