package client

import (
	"context"
	"errors"
	"iter"

	hone "github.com/hone-tuner/hone"
)

// watcher is a service that can send events one after the other. Client is.
type watcher interface {
	Watch(ctx context.Context, n hone.Name, after int64) iter.Seq2[hone.Event, error]
}

// Wait blocks until the experiment has ended and returns it as it ended: its state, its reason and its best
// trial. It goes on over outages of the service and broken connections.
func (x *Experiment) Wait(ctx context.Context) (hone.Experiment, error) {
	e, err := x.Get(ctx)
	if err != nil {
		return e, err
	}
	for _, err := range x.Watch(ctx, e.Status.Events) {
		if err != nil {
			return hone.Experiment{}, err
		}
	}
	return x.Get(ctx)
}

// Watch yields the events after a sequence number, those that are there and then each as it happens, until the
// experiment has ended. It takes up a broken stream where it broke off. An error is the last thing that it
// yields: that of ctx, hone.NotFound once the experiment is deleted, or what the service said when patience
// was over.
func (x *Experiment) Watch(ctx context.Context, after int64) iter.Seq2[hone.Event, error] {
	return func(yield func(hone.Event, error) bool) {
		at := after
		for {
			e, err := x.Get(ctx)
			if err != nil {
				yield(hone.Event{}, err)
				return
			}
			if e.Status.State.Ended() && e.Status.Events <= at {
				return
			}
			left := false
			err = x.keepTrying(ctx, "watch", func(ctx context.Context) error {
				before := at
				err := x.follow(ctx, &at, func(ev hone.Event) bool {
					left = !yield(ev, nil)
					return !left
				})
				if at > before && passing(ctx, err) {
					return nil // it answered: an outage that follows is another one
				}
				return err
			})
			switch {
			case left:
				return
			case err != nil:
				yield(hone.Event{}, err)
				return
			}
		}
	}
}

// follow hands on events until one says that the experiment has ended, until yield has enough, or until the
// stream breaks. at moves on with every event.
func (x *Experiment) follow(ctx context.Context, at *int64, yield func(hone.Event) bool) error {
	for ev, err := range x.stream(ctx, *at) {
		if err != nil {
			return err
		}
		if ev.Sequence <= *at {
			continue
		}
		*at = ev.Sequence
		if !yield(ev) || ev.Type == hone.EventEnded {
			return nil
		}
	}
	return hone.Errorf(hone.Unavailable, "the stream of events of experiment %q broke off", x.name)
}

// stream yields events for as long as one connection lasts.
func (x *Experiment) stream(ctx context.Context, after int64) iter.Seq2[hone.Event, error] {
	if w, ok := x.service.(watcher); ok {
		return w.Watch(ctx, x.name, after)
	}
	return func(yield func(hone.Event, error) bool) {
		for {
			events, err := x.service.Events(ctx, x.name, after, true)
			if err != nil && ctx.Err() != nil && !errors.Is(err, ctx.Err()) {
				err = context.Cause(ctx)
			}
			if err != nil {
				yield(hone.Event{}, err)
				return
			}
			for _, ev := range events {
				after = ev.Sequence
				if !yield(ev, nil) {
					return
				}
			}
		}
	}
}
