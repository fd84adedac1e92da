package api

import (
	"context"
	"net/http"
	"strconv"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
)

// eventQuery chooses events. follow goes on until the client leaves; without it one answer is given, which
// with wait holds at least one event.
type eventQuery struct {
	hone.Name
	after        int64
	follow, wait bool
}

func eventsRequest(r *http.Request) (e eventQuery, err error) {
	q := query{values: r.URL.Query()}
	e.Name, _ = name(r)
	e.after = q.number("after", 64)
	e.follow = q.flag("follow", true)
	e.wait = q.flag("wait", false)
	if last := r.Header.Get("Last-Event-ID"); last != "" {
		// A browser that connects again repeats the address that it began with: the header is newer.
		n, err := strconv.ParseInt(last, 10, 64)
		if err != nil || n < 0 {
			q.fail("Last-Event-ID", "must be the sequence number of an event, not %q", last)
		}
		e.after = n
	}
	if r.Method == http.MethodHead {
		e.follow, e.wait = false, false
	}
	return e, q.err
}

// eventStream is a stream that has begun: the experiment is there.
type eventStream struct {
	eventQuery
	first []hone.Event
}

func (h *handler) events(ctx context.Context, e eventQuery) (eventStream, error) {
	first, err := h.service.Events(ctx, e.Name, e.after, false)
	return eventStream{eventQuery: e, first: first}, err
}

func (h *handler) encodeEvents(ctx context.Context, w http.ResponseWriter, s eventStream) error {
	ctx, cancel := untilShutdown(ctx)
	defer cancel()
	w.Header().Set("Content-Type", wire.EventStream)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusOK)
	flush := http.NewResponseController(w)
	for events := s.first; ; {
		for _, ev := range events {
			if err := wire.WriteEvent(w, ev); err != nil {
				panic(http.ErrAbortHandler) // the client has gone, or would miss an event
			}
			s.after = ev.Sequence
		}
		done := !s.follow && (len(events) > 0 || !s.wait)
		if err := flush.Flush(); err != nil || done {
			return nil
		}
		var err error
		if events, err = h.nextEvents(ctx, s.eventQuery); ctx.Err() != nil {
			return nil
		}
		switch {
		case err != nil:
			noteError(w, err)
			_ = wire.WriteEventError(w, err)
			return nil
		case len(events) == 0:
			_ = wire.WriteHeartbeat(w) // a client that has gone is noticed by the flush
		}
	}
}

// nextEvents waits for events, but no longer than until the next heartbeat.
func (h *handler) nextEvents(ctx context.Context, e eventQuery) ([]hone.Event, error) {
	waiting, cancel := context.WithTimeout(ctx, h.options.Heartbeat)
	defer cancel()
	events, err := h.service.Events(waiting, e.Name, e.after, true)
	if len(events) > 0 || err != nil && waiting.Err() == nil {
		return events, err
	}
	<-waiting.Done() // a service that did not wait must not make this a busy loop
	return nil, nil
}
