package api

import (
	"context"
	"net"
	"net/http"
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
