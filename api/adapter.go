package api

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"

	"github.com/go-kit/kit/endpoint"
	"github.com/go-kit/kit/transport"
	httptransport "github.com/go-kit/kit/transport/http"
	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
)

// serve makes a handler of a function: decode makes its argument of the request, encode writes its result.
// An error of any of them is answered by its kind.
func serve[Req, Resp any](o Options, decode func(*http.Request) (Req, error), call func(context.Context, Req) (Resp, error),
	encode func(context.Context, http.ResponseWriter, Resp) error,
) http.Handler {
	return httptransport.NewServer(
		endpointOf(call),
		func(_ context.Context, r *http.Request) (any, error) { return decode(r) },
		func(ctx context.Context, w http.ResponseWriter, response any) error {
			typed, _ := response.(Resp) // a nil interface stays one
			return encode(ctx, w, typed)
		},
		httptransport.ServerErrorEncoder(func(_ context.Context, err error, w http.ResponseWriter) { writeError(w, err) }),
		httptransport.ServerErrorHandler(transport.ErrorHandlerFunc(o.logError)),
	)
}

func endpointOf[Req, Resp any](call func(context.Context, Req) (Resp, error)) endpoint.Endpoint {
	return func(ctx context.Context, request any) (any, error) {
		typed, _ := request.(Req)
		return call(ctx, typed)
	}
}

// logError says what no caller can do anything about. The rest is the caller's to know.
func (o Options) logError(_ context.Context, err error) {
	switch wire.KindOf(err) {
	case hone.Internal, hone.DataLoss:
		o.Logger.Error("a request failed", "error", err)
	}
}

// answer writes a result as JSON with a status.
func answer[T any](status int) func(context.Context, http.ResponseWriter, T) error {
	return func(_ context.Context, w http.ResponseWriter, v T) error { return writeJSON(w, status, v) }
}

// ok writes a result as JSON.
func ok[T any](_ context.Context, w http.ResponseWriter, v T) error {
	return writeJSON(w, http.StatusOK, v)
}

// none is the result of what has none.
type none struct{}

func noContent(_ context.Context, w http.ResponseWriter, _ none) error {
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// writeJSON encodes before it writes, so that what cannot be encoded is still answered as an error.
func writeJSON(w http.ResponseWriter, status int, v any) error {
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return hone.Errorf(hone.Internal, "cannot write the answer as JSON: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // fails when the client has gone: nobody is left to tell
	return nil
}

// writeError answers with an error, by its kind or by the status that it carries.
func writeError(w http.ResponseWriter, err error) {
	status := wire.StatusOf(wire.KindOf(err))
	if s, isStatus := asStatus(err); isStatus {
		status = s
	}
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	_ = writeJSON(w, status, wire.ErrorBodyOf(err))
}
