package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/go-kit/kit/endpoint"
	"github.com/go-kit/kit/transport"
	httptransport "github.com/go-kit/kit/transport/http"
	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
)

// serve makes a handler of a function: decode makes its argument of the request, encode writes its result.
// An error of any of them is answered by its kind.
func serve[Req, Resp any](decode func(*http.Request) (Req, error), call func(context.Context, Req) (Resp, error),
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
		httptransport.ServerErrorHandler(transport.ErrorHandlerFunc(func(context.Context, error) {})), // guard logs it with the request
	)
}

func endpointOf[Req, Resp any](call func(context.Context, Req) (Resp, error)) endpoint.Endpoint {
	return func(ctx context.Context, request any) (any, error) {
		typed, _ := request.(Req)
		return call(ctx, typed)
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
	return writeBody(w, status, body.Bytes())
}

// writeBody answers with JSON, in one piece.
func writeBody(w http.ResponseWriter, status int, body []byte) error {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body) // fails when the client has gone: nobody is left to tell
	return nil
}

// writeError answers with an error, by its kind or by the status that it carries.
func writeError(w http.ResponseWriter, err error) {
	noteError(w, err)
	status := statusOf(err)
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	w.Header().Del("ETag") // it is that of a good answer
	_ = writeJSON(w, status, wire.ErrorBodyOf(err))
}

// statusOf is the status of an error: the one that it carries, or that of its kind.
func statusOf(err error) int {
	var carries *statusError
	var changed *hone.ChangedError
	switch {
	case errors.As(err, &carries):
		return carries.status
	case errors.As(err, &changed):
		return http.StatusPreconditionFailed
	}
	return wire.StatusOf(wire.KindOf(err))
}
