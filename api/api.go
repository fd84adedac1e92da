package api

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"sync/atomic"
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
	// Backup copies the store; nil where there is none to be copied.
	Backup hone.BackupService
	// Timeout is how long an answer may take that waits for no trial and is no stream; 0 means a minute.
	Timeout time.Duration
	// Streams is how many events and logs may be followed at once; 0 means 1000.
	Streams int
	// NewID makes the ID of a request that brings none; nil for random ones.
	NewID func() string
	// Metrics counts the requests and is served at /metrics; nil for none. Several handlers may share it.
	Metrics *Metrics
	// Version is the server's, for the OpenAPI document, and ExperimentSchema the JSON schema of experiment files,
	// which becomes a part of it.
	Version          string
	ExperimentSchema json.RawMessage
	// Ready says why the server cannot do its work yet, or nil; a nil function means always ready.
	Ready func(ctx context.Context) error
}

const (
	defaultHeartbeat = 15 * time.Second
	defaultTimeout   = time.Minute
	defaultStreams   = 1000
)

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
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.Streams <= 0 {
		o.Streams = defaultStreams
	}
	if o.NewID == nil {
		o.NewID = rand.Text
	}
	return o
}

// handler holds what the routes share.
type handler struct {
	service hone.Service
	options Options
	// document makes the OpenAPI document, once.
	document func() (json.RawMessage, error)
	open     atomic.Int64 // streams
}

// NewHandler serves every route. It asks nobody who they are: whoever reaches it may start programs, so it
// belongs on a socket that only its owner can open.
func NewHandler(s hone.Service, o Options) http.Handler {
	h := newHandler(s, o)
	return h.options.guard(jsonErrors(h.mux(func(_ wire.Route, next http.Handler) http.Handler { return next })))
}

func newHandler(s hone.Service, o Options) *handler {
	o = o.withDefaults()
	return &handler{service: s, options: o, document: documentOf(o)}
}

// mux finds the route of a request. around is put around each of them.
func (h *handler) mux(around func(wire.Route, http.Handler) http.Handler) *http.ServeMux {
	mux := http.NewServeMux()
	endpoints := h.routes()
	for _, r := range wire.Routes() {
		mux.Handle(r.Pattern(), known(r.Operation, around(r, h.options.limit(r, endpoints[r.Operation]))))
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
		// OPTIONS * is answered like every other request, to those who may ask.
		DisableGeneralOptionsHandler: true,
	}
	server.RegisterOnShutdown(end)
	return server
}
