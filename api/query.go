package api

import (
	"fmt"
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
	case "true":
		return true
	case "false":
	default:
		q.fail(parameter, "must be true or false, not %q", text)
	}
	return false
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

// statusError is an error of the transport, with a status that its kind does not tell.
type statusError struct {
	status int
	err    error
}

func (e *statusError) Error() string { return e.err.Error() }
func (e *statusError) Unwrap() error { return e.err }
