package openapi

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
)

func statusText(status int) string { return strconv.Itoa(status) }

// errorName is the name of the component that describes the errors with a status.
func errorName(status int) string { return strings.ReplaceAll(http.StatusText(status), " ", "") }

// reasons says for each status of an error when it comes.
func reasons() map[int]string {
	return map[int]string{
		http.StatusBadRequest:            "The request is wrong; repeating it does not help.",
		http.StatusUnauthorized:          "A token is missing, or is none that this server knows.",
		http.StatusForbidden:             "The caller may not do this, or the request was not meant for this server.",
		http.StatusNotFound:              "There is no such thing.",
		http.StatusRequestTimeout:        "The body took too long to arrive.",
		http.StatusConflict:              "The state does not allow it. For measurements that came out of order, `expected` is the sequence number to go on with.",
		http.StatusPreconditionFailed:    "It has changed since the state that If-Match names.",
		http.StatusRequestEntityTooLarge: "The body is too large.",
		http.StatusTooManyRequests:       "A limit is reached; try again later.",
		http.StatusInternalServerError:   "A mistake of the server; its log has the details.",
		http.StatusNotImplemented:        "This server cannot do that.",
		http.StatusServiceUnavailable:    "The server cannot do it now; try again later.",
		http.StatusGatewayTimeout:        "It took longer than is allowed.",
	}
}

// errorsOf lists the statuses of errors with which a route may answer.
func errorsOf(r wire.Route, about operation) []int {
	if r.Needs == "" {
		return []int{http.StatusBadRequest, http.StatusForbidden, http.StatusInternalServerError}
	}
	all := []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests,
		http.StatusInternalServerError, http.StatusServiceUnavailable, http.StatusGatewayTimeout}
	if strings.Contains(r.Path, "{") {
		all = append(all, http.StatusNotFound)
	}
	if r.Method != http.MethodGet && about.tag != tagTokens {
		all = append(all, http.StatusConflict)
	}
	if r.BodyLimit > 0 {
		all = append(all, http.StatusRequestTimeout, http.StatusRequestEntityTooLarge)
	}
	return append(all, about.errors...)
}

// errorResponses are the components that the routes refer to.
func (s *schemas) errorResponses() object {
	out := object{}
	for status, description := range reasons() {
		out[errorName(status)] = object{
			"description": description + codes(status),
			"headers":     object{"X-Request-ID": ref("headers", "X-Request-ID")},
			"content":     object{"application/json": object{"schema": s.of(typeOf[wire.ErrorBody](), answers)}},
		}
	}
	return out
}

// codes says which codes come with a status.
func codes(status int) string {
	var names []string
	for _, kind := range hone.Kinds() {
		if wire.StatusOf(kind) == status {
			names = append(names, "`"+string(kind)+"`")
		}
	}
	if len(names) == 0 {
		names = []string{"`" + string(wire.KindOfStatus(status)) + "`"}
	}
	slices.Sort(names)
	return " Code: " + strings.Join(names, ", ") + "."
}

func headers() object {
	text := func(description string) object {
		return object{"description": description, "schema": object{"type": "string"}}
	}
	return object{
		"ETag":         text("The state that was answered, for If-None-Match and If-Match."),
		"Location":     text("The path of what was created."),
		"X-Request-ID": text("What the server's log calls the request: the caller's own ID if it sent one, else a new one."),
	}
}
