package api

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
)

// query reads the parameters of a request and keeps the first mistake.
type query struct {
	values url.Values
	err    error
}

func (q *query) fail(parameter, format string, args ...any) {
	if q.err == nil {
		q.err = hone.FieldErrors{{Path: parameter, Message: fmt.Sprintf(format, args...)}}
	}
}

// text returns a parameter that may be given once.
func (q *query) text(parameter string) string {
	if len(q.values[parameter]) > 1 {
		q.fail(parameter, "is given %d times", len(q.values[parameter]))
	}
	return q.values.Get(parameter)
}

func (q *query) count(parameter string) int {
	return int(q.number(parameter, strconv.IntSize))
}

func (q *query) number(parameter string, bits int) int64 {
	if !q.values.Has(parameter) {
		return 0
	}
	text := q.text(parameter)
	n, err := strconv.ParseInt(text, 10, bits)
	if err != nil || n < 0 {
		q.fail(parameter, "must be a whole number that is not negative, not %q", text)
	}
	return n
}

func (q *query) flag(parameter string, missing bool) bool {
	if !q.values.Has(parameter) {
		return missing
	}
	switch text := q.text(parameter); text {
	case "true", "1":
		return true
	case "false", "0":
	default:
		q.fail(parameter, "must be true or false, not %q", text)
	}
	return false
}

// blankBody is how much may be sent where nothing is expected: blanks, or an empty object.
const blankBody = 64

// limit refuses parameters that the route does not take, and bodies beyond its limit.
func limit(route wire.Route, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := checkQuery(route, r); err != nil {
			writeError(w, err)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, max(route.BodyLimit, blankBody))
		if route.BodyLimit == 0 {
			if err := refuseBody(r); err != nil {
				writeError(w, err)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

func checkQuery(route wire.Route, r *http.Request) error {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return hone.Errorf(hone.InvalidArgument, "the parameters after the ? cannot be read: %w", err)
	}
	for parameter := range values {
		if slices.Contains(route.Query, parameter) {
			continue
		}
		message := "there is no such parameter here"
		if near := hone.Nearest(parameter, route.Query); near != "" {
			message += fmt.Sprintf("; did you mean %q?", near)
		} else if len(route.Query) > 0 {
			message += "; there are " + strings.Join(route.Query, ", ")
		}
		return hone.FieldErrors{{Path: parameter, Message: message}}
	}
	return nil
}

// refuseBody keeps options that someone put into a body from being passed over in silence.
func refuseBody(r *http.Request) error {
	body, err := io.ReadAll(r.Body)
	if text := bytes.TrimSpace(body); err == nil && (len(text) == 0 || string(text) == "{}") {
		return nil
	}
	return hone.Errorf(hone.InvalidArgument, "%s %s takes no body", r.Method, r.URL.Path)
}

// readBody reads the whole body, whose size limit has bounded.
func readBody(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(r.Body)
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, &statusError{status: http.StatusRequestEntityTooLarge,
			err: hone.Errorf(hone.InvalidArgument, "the body is larger than %s, which is the most that %s %s takes",
				mebibytes(large.Limit), r.Method, r.URL.Path)}
	case err != nil:
		return nil, hone.Errorf(hone.InvalidArgument, "the body ends too soon: %w", err)
	}
	return body, nil
}

func mebibytes(n int64) string { return strconv.FormatInt(n>>20, 10) + " MiB" }

// empty decodes a request that says nothing.
func empty(*http.Request) (none, error) { return none{}, nil }

// statusError is an error of the transport, with a status that its kind does not tell.
type statusError struct {
	status int
	err    error
}

func (e *statusError) Error() string { return e.err.Error() }
func (e *statusError) Unwrap() error { return e.err }

func asStatus(err error) (int, bool) {
	var s *statusError
	if errors.As(err, &s) {
		return s.status, true
	}
	return 0, false
}
