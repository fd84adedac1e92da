package api

import (
	"errors"
	"net/http"
	"path"
	"runtime/debug"
	"slices"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
)

// guard gives every request an ID, logs and counts it, and answers for a handler that panics.
func (o Options) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := newRecorder(w, o.requestID(r))
		w.Header().Set(requestIDHeader, rec.id)
		start := o.Clock()
		o.Metrics.begin()
		defer func() {
			failure := o.recovered(rec, r, recover())
			duration := o.Clock().Sub(start)
			o.Metrics.end(rec, duration)
			o.logRequest(rec, r, duration)
			if failure != nil {
				panic(failure)
			}
		}()
		next.ServeHTTP(rec, r)
	})
}

// recovered answers for a panic and returns what the server must still see: the wish to break the
// connection, which is all that is left once an answer has begun.
func (o Options) recovered(rec *recorder, r *http.Request, cause any) any {
	if cause == nil {
		return nil
	}
	if err, isError := cause.(error); isError && errors.Is(err, http.ErrAbortHandler) {
		rec.broken = true
		return cause
	}
	o.Logger.Error("a request made the program panic", "method", r.Method, "path", r.URL.EscapedPath(), "id", rec.id, "panic", cause,
		"stack", string(debug.Stack()))
	if rec.status != 0 {
		rec.broken = true
		return http.ErrAbortHandler
	}
	writeError(rec, hone.Errorf(hone.Internal, "%s %s met a mistake of the program; its log says where, at request %s",
		r.Method, r.URL.Path, rec.id))
	return nil
}

// known tells guard which operation a request turned out to be.
func known(op wire.Operation, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if rec := recorderOf(w); rec != nil {
			rec.operation = op
		}
		next.ServeHTTP(w, r)
	})
}

// jsonErrors answers for paths and methods that the mux does not know as JSON, like every other error.
func jsonErrors(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if canonical := path.Clean(r.URL.EscapedPath()) == r.URL.EscapedPath(); !canonical {
			notFound(w, r) // the mux would redirect
			return
		}
		unknown, pattern := mux.Handler(r)
		if pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		said := &silent{header: http.Header{}}
		unknown.ServeHTTP(said, r)
		if said.status != http.StatusMethodNotAllowed {
			notFound(w, r)
			return
		}
		w.Header()["Allow"] = slices.Clone(said.header["Allow"])
		writeError(w, &statusError{status: said.status,
			err: hone.Errorf(hone.Unimplemented, "%s takes %s, not %s", r.URL.Path, said.header.Get("Allow"), r.Method)})
	})
}

func notFound(w http.ResponseWriter, r *http.Request) {
	writeError(w, hone.Errorf(hone.NotFound, "there is nothing at %s %s; docs/api.md lists the routes", r.Method, r.URL.Path))
}

// silent keeps status and headers of an answer and drops its body.
type silent struct {
	header http.Header
	status int
}

func (s *silent) Header() http.Header         { return s.header }
func (s *silent) WriteHeader(status int)      { s.status = status }
func (s *silent) Write(p []byte) (int, error) { return len(p), nil }
