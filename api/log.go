package api

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"sync"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
)

type logRequest struct {
	trial
	query hone.LogQuery
}

func logsRequest(r *http.Request) (l logRequest, err error) {
	q := query{values: r.URL.Query()}
	if l.trial, err = trialID(r); err != nil {
		return l, err
	}
	l.query = hone.LogQuery{Attempt: q.count("attempt"), Stream: q.text("stream"), Follow: q.flag("follow", false),
		Offset: q.number("offset", 64), Tail: q.count("tail")}
	if s := l.query.Stream; s != "" && s != "stdout" && s != "stderr" {
		q.fail("stream", "must be stdout or stderr, not %q; without it both are shown", s)
	}
	if r.Method == http.MethodHead {
		l.query.Follow = false
	}
	return l, q.err
}

// output is an opened log.
type output struct {
	io.ReadCloser
	follow bool
}

func (h *handler) logs(ctx context.Context, l logRequest) (output, error) {
	log, err := h.service.Logs(ctx, l.Name, l.number, l.query)
	return output{ReadCloser: log, follow: l.query.Follow}, err
}

// encodeLog copies the log to the client. A log that breaks off breaks the connection, so that nobody
// takes a part of it for the whole.
func encodeLog(ctx context.Context, w http.ResponseWriter, o output) error {
	ctx, cancel := untilShutdown(ctx)
	defer cancel()
	// Reading may wait for output that never comes: closing the log ends that.
	closeOnce := sync.OnceFunc(func() { _ = o.Close() })
	defer closeOnce()
	stop := context.AfterFunc(ctx, closeOnce)
	defer stop()

	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	if at, ok := o.ReadCloser.(hone.Positioned); ok {
		w.Header().Set(wire.LogStart, strconv.FormatInt(at.Start(), 10))
	}
	var to io.Writer = w
	if o.follow {
		f := newFlushing(w)
		if err := f.flush.Flush(); err != nil {
			panic(http.ErrAbortHandler)
		}
		to = f
	}
	if _, err := io.Copy(to, o.ReadCloser); err != nil || ctx.Err() != nil {
		panic(http.ErrAbortHandler)
	}
	return nil
}
