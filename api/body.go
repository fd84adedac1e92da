package api

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"strconv"
	"time"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
)

// How long a body may take to arrive: a time, and more where much is allowed.
const (
	readPatience  = 30 * time.Second
	slowestWriter = 256 << 10 // bytes in a second
)

// blankBody is how much may be sent where nothing is expected: blanks, or an empty object.
const blankBody = 64

// limit refuses parameters that the route does not take, and bodies that are too large or too slow. It bounds how
// long the answer may take.
func (o Options) limit(route wire.Route, next http.Handler) http.Handler {
	most := max(route.BodyLimit, blankBody)
	patience := readPatience + time.Duration(most)*time.Second/slowestWriter
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := checkQuery(route, r); err != nil {
			writeError(w, err)
			return
		}
		if r.Body != nil && r.Body != http.NoBody {
			// Its time ends with the body: the server lets the connection be used for longer. A body of a test has none.
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(patience))
			r.Body = http.MaxBytesReader(w, r.Body, most)
			if route.BodyLimit == 0 {
				if err := refuseBody(r); err != nil {
					writeError(w, err)
					return
				}
			}
		}
		if caller, named := hone.CallerOf(r.Context()); named {
			noteCaller(w, caller.Name)
		}
		if timeout := o.timeout(route.Operation); timeout > 0 {
			ctx, cancel := context.WithTimeout(r.Context(), timeout)
			defer cancel()
			r = r.WithContext(ctx)
		}
		next.ServeHTTP(w, r)
	})
}

// timeout is how long an operation may take; 0 for as long as it needs: streams are followed for hours, and some wait
// for trials to end.
func (o Options) timeout(op wire.Operation) time.Duration {
	switch op {
	case wire.Events, wire.Logs, wire.Backup, wire.DeleteExperiment, wire.InterruptExperiment:
		return 0
	case wire.Import:
		return 5 * o.Timeout // thousands of trials at once
	}
	return o.Timeout
}

// refuseBody keeps options that someone put into a body from being passed over in silence.
func refuseBody(r *http.Request) error {
	body, err := io.ReadAll(r.Body)
	if text := bytes.TrimSpace(body); err == nil && (len(text) == 0 || string(text) == "{}") {
		return nil
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return tooSlow(r)
	}
	return hone.Errorf(hone.InvalidArgument, "%s %s takes no body", r.Method, r.URL.Path)
}

// readBody reads the whole body, whose size limit has bounded.
func readBody(r *http.Request) ([]byte, error) {
	body, err := readAll(r)
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, &statusError{status: http.StatusRequestEntityTooLarge,
			err: hone.Errorf(hone.InvalidArgument, "the body is larger than %s, which is the most that %s %s takes",
				mebibytes(large.Limit), r.Method, r.URL.Path)}
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, tooSlow(r)
	case err != nil:
		return nil, hone.Errorf(hone.InvalidArgument, "the body ends too soon: %w", err)
	}
	return body, nil
}

// readAll reads a body at once where its length was said. Nobody gets more room for saying a length than a small
// body needs.
func readAll(r *http.Request) ([]byte, error) {
	const believed = 64 << 10
	if r.ContentLength <= 0 || r.ContentLength > believed {
		return io.ReadAll(r.Body)
	}
	body := bytes.NewBuffer(make([]byte, 0, r.ContentLength+bytes.MinRead))
	_, err := body.ReadFrom(r.Body)
	return body.Bytes(), err
}

func tooSlow(r *http.Request) error {
	return &statusError{status: http.StatusRequestTimeout,
		err: hone.Errorf(hone.DeadlineExceeded, "the body of %s %s did not arrive in time; nothing was done", r.Method, r.URL.Path)}
}

func mebibytes(n int64) string { return strconv.FormatInt(n>>20, 10) + " MiB" }

// empty decodes a request that says nothing.
func empty(*http.Request) (none, error) { return none{}, nil }
