package client

import (
	"context"
	"errors"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strconv"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
)

// Events returns the events after a sequence number. With wait, it blocks until there is at least one.
// Whoever calls it in a loop had better use Watch, which is one request for all of them.
func (c *Client) Events(ctx context.Context, n hone.Name, after int64, wait bool) ([]hone.Event, error) {
	events, err := c.eventsOnce(ctx, n, after, wait)
	if broken(err) && ctx.Err() == nil {
		events, err = c.eventsOnce(ctx, n, after, wait)
	}
	return events, err
}

func (c *Client) eventsOnce(ctx context.Context, n hone.Name, after int64, wait bool) ([]hone.Event, error) {
	q := url.Values{"follow": {"false"}}
	setFlag(q, "wait", wait)
	resp, err := c.openEvents(ctx, n, after, q)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	events := []hone.Event{}
	for r := wire.NewEventReader(resp.Body); ; {
		ev, err := r.Next()
		switch {
		case errors.Is(err, io.EOF) && (len(events) > 0 || !wait):
			return events, nil
		case err != nil:
			return nil, c.streamError(ctx, err)
		}
		events = append(events, ev)
	}
}

// Watch yields the events after a sequence number, those that are there and then each as it happens, over
// one connection. It ends when the caller leaves the loop; otherwise the last thing that it yields is an
// error: that of ctx, of the experiment (hone.NotFound once it is deleted), or hone.Unavailable when the
// server leaves. Watching again after the last event that was seen misses none.
func (c *Client) Watch(ctx context.Context, n hone.Name, after int64) iter.Seq2[hone.Event, error] {
	return func(yield func(hone.Event, error) bool) {
		resp, err := c.openEvents(ctx, n, after, url.Values{})
		if err != nil {
			yield(hone.Event{}, err)
			return
		}
		defer func() { _ = resp.Body.Close() }()
		for r := wire.NewEventReader(resp.Body); ; {
			ev, err := r.Next()
			if err != nil {
				yield(hone.Event{}, c.streamError(ctx, err))
				return
			}
			if !yield(ev, nil) {
				return
			}
		}
	}
}

func (c *Client) openEvents(ctx context.Context, n hone.Name, after int64, q url.Values) (*http.Response, error) {
	if after != 0 {
		q.Set("after", strconv.FormatInt(after, 10))
	}
	r := get(wire.Events, n)
	r.query = q
	return c.open(ctx, r)
}

// streamError says why a stream ended: what the server said in it, or that it broke off.
func (c *Client) streamError(ctx context.Context, err error) error {
	if said := errors.Is(err, hone.KindOf(err)); said && ctx.Err() == nil {
		return err
	}
	return c.failed(ctx, err)
}

// open sends the request of a stream, once more if the connection breaks before it begins.
func (c *Client) open(ctx context.Context, r request) (*http.Response, error) {
	resp, err := c.send(ctx, r)
	if broken(err) && ctx.Err() == nil {
		resp, err = c.send(ctx, r)
	}
	return resp, err
}
