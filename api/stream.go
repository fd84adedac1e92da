package api

import (
	"context"
	"net"
	"net/http"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
)

// streamsKey is the context key under which a server keeps what ends its streams.
type streamsKey struct{}

// baseContext gives every connection of a server the context that ends with its shutdown.
func baseContext(streams context.Context) func(net.Listener) context.Context {
	return func(net.Listener) context.Context {
		return context.WithValue(context.Background(), streamsKey{}, streams)
	}
}

// untilShutdown returns a context that ends with the request, and when the server shuts down. Only streams
// end like that: other requests are let finish.
func untilShutdown(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	streams, found := ctx.Value(streamsKey{}).(context.Context)
	if !found {
		return ctx, cancel
	}
	stop := context.AfterFunc(streams, cancel)
	return ctx, func() { stop(); cancel() }
}

// count lets only so many streams be open at once.
func (h *handler) count(op wire.Operation, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer h.open.Add(-1)
		if h.open.Add(1) > int64(h.options.Streams) {
			w.Header().Set("Retry-After", "10")
			writeError(w, hone.Errorf(hone.ResourceExhausted,
				"%d events and logs are being followed, which is the most: try again when others have left", h.options.Streams))
			return
		}
		h.options.Metrics.streaming(op, 1)
		defer h.options.Metrics.streaming(op, -1)
		next.ServeHTTP(w, r)
	})
}

// flushing sends what is written to it at once.
type flushing struct {
	w     http.ResponseWriter
	flush *http.ResponseController
}

func newFlushing(w http.ResponseWriter) flushing {
	return flushing{w: w, flush: http.NewResponseController(w)}
}

func (f flushing) Write(p []byte) (int, error) {
	n, err := f.w.Write(p)
	if err == nil {
		err = f.flush.Flush()
	}
	return n, err
}
