package api

import (
	"context"
	"net/http"
	"time"

	"github.com/hashicorp/go-hclog"
	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
)

// Options are what a handler may be told. The zero value will do.
type Options struct {
	// Logger gets a line for each request at debug level, and one for each mistake of the program as an
	// error; nil for none.
	Logger hclog.Logger
	// Clock tells the time; nil means time.Now.
	Clock hone.Clock
	// Heartbeat is how often a silent event stream gets a comment, so that nobody on the way takes it for
	// dead; 0 means 15 seconds.
	Heartbeat time.Duration
	// Tokens hands out tokens; nil where there are none to be had.
	Tokens hone.TokenService
	// Ready says why the server cannot do its work yet, or nil; a nil function means always ready.
	Ready func(ctx context.Context) error
}

const defaultHeartbeat = 15 * time.Second

func (o Options) withDefaults() Options {
	if o.Logger == nil {
		o.Logger = hclog.NewNullLogger()
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Heartbeat <= 0 {
		o.Heartbeat = defaultHeartbeat
	}
	return o
}

// handler holds what the routes share.
type handler struct {
	service hone.Service
	options Options
}

// NewHandler serves every route. It asks nobody who they are: whoever reaches it may start programs, so it
// belongs on a socket that only its owner can open.
func NewHandler(s hone.Service, o Options) http.Handler {
	h := newHandler(s, o)
	return h.options.guard(jsonErrors(h.mux(func(_ wire.Route, next http.Handler) http.Handler { return next })))
}

func newHandler(s hone.Service, o Options) *handler {
	return &handler{service: s, options: o.withDefaults()}
}

// mux finds the route of a request. around is put around each of them.
func (h *handler) mux(around func(wire.Route, http.Handler) http.Handler) *http.ServeMux {
	mux := http.NewServeMux()
	endpoints := h.routes()
	for _, r := range wire.Routes() {
		mux.Handle(r.Pattern(), around(r, limit(r, endpoints[r.Operation])))
	}
	return mux
}

// NewServer makes a server with limits that stop idle and trickling connections. There is no limit on how
// long an answer takes: deleting waits for trials to end, and events and logs are followed for hours.
// Shutdown ends those streams.
func NewServer(h http.Handler, o Options) *http.Server {
	o = o.withDefaults()
	streams, end := context.WithCancel(context.Background())
	server := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       3 * time.Minute, // longer than a client keeps a connection, so that it closes first
		MaxHeaderBytes:    64 << 10,
		BaseContext:       baseContext(streams),
		ErrorLog:          o.Logger.StandardLogger(&hclog.StandardLoggerOptions{ForceLevel: hclog.Debug}),
	}
	server.RegisterOnShutdown(end)
	return server
}
