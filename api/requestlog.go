package api

import (
	"net/http"
	"strings"
	"time"
	"unicode"

	"github.com/hashicorp/go-hclog"
	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
)

// requestIDHeader carries the ID of a request, both ways.
const requestIDHeader = "X-Request-Id"

// requestID takes over the ID that the caller or a proxy gave the request, if it is one that may stand in a log,
// or makes one.
func (o Options) requestID(r *http.Request) string {
	id := r.Header.Get(requestIDHeader)
	if id == "" || len(id) > 64 {
		return o.NewID()
	}
	for _, c := range []byte(id) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '.':
		default:
			return o.NewID()
		}
	}
	return id
}

// logRequest writes the line of a request. It holds no header, no body and nothing from behind the ?.
func (o Options) logRequest(rec *recorder, r *http.Request, duration time.Duration) {
	level := levelOf(rec, r)
	if level < o.Logger.GetLevel() {
		return
	}
	args := []any{"method", r.Method, "path", r.URL.EscapedPath(), "status", rec.status, "bytes", rec.bytes, "duration", duration, "id", rec.id}
	if rec.operation != "" {
		args = append(args, "operation", string(rec.operation))
	}
	if rec.caller != "" {
		args = append(args, "caller", rec.caller)
	}
	if rec.err != nil {
		args = append(args, "error", oneLine(rec.err.Error()))
	}
	if rec.broken {
		args = append(args, "broken", true)
	}
	o.Logger.Log(level, "request", args...)
}

// levelOf chooses what operators see: mistakes of the program as errors, what they can do something about as
// warnings, changes and refused callers as information. Reading and what workers do all day is for debugging.
func levelOf(rec *recorder, r *http.Request) hclog.Level {
	switch {
	case rec.err != nil && (wire.KindOf(rec.err) == hone.Internal || wire.KindOf(rec.err) == hone.DataLoss):
		return hclog.Error
	case rec.status >= http.StatusInternalServerError && rec.operation != wire.Readyz && rec.status != http.StatusNotImplemented:
		return hclog.Warn
	case rec.status == http.StatusUnauthorized, rec.status == http.StatusForbidden:
		return hclog.Info
	}
	switch rec.operation {
	case "", wire.Ask, wire.Tell, wire.Measure:
		return hclog.Debug
	}
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return hclog.Debug
	}
	return hclog.Info
}

// oneLine keeps what callers sent from looking like lines of the log.
func oneLine(text string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return ' '
		}
		return c
	}, text)
}
