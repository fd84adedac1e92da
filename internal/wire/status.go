package wire

import (
	"context"
	"errors"
	"net/http"

	hone "github.com/hone-tuner/hone"
)

// kindStatus is the one table of error kinds and status codes. Of kinds that share a code, the first is
// what the code means when it comes without a body that says more.
var kindStatus = []struct {
	kind   hone.Kind
	status int
}{
	{hone.InvalidArgument, http.StatusBadRequest},
	{hone.NotFound, http.StatusNotFound},
	{hone.Conflict, http.StatusConflict},
	{hone.AlreadyExists, http.StatusConflict},
	{hone.PermissionDenied, http.StatusForbidden},
	{hone.Unauthenticated, http.StatusUnauthorized},
	{hone.ResourceExhausted, http.StatusTooManyRequests},
	{hone.Unavailable, http.StatusServiceUnavailable},
	{hone.DeadlineExceeded, http.StatusGatewayTimeout},
	{hone.Unimplemented, http.StatusNotImplemented},
	{hone.Internal, http.StatusInternalServerError},
	{hone.DataLoss, http.StatusInternalServerError},
}

// otherStatus are codes that no kind is sent as by itself.
var otherStatus = map[int]hone.Kind{
	http.StatusMethodNotAllowed:      hone.Unimplemented,
	http.StatusRequestEntityTooLarge: hone.InvalidArgument,
	http.StatusRequestTimeout:        hone.DeadlineExceeded,
	http.StatusPreconditionFailed:    hone.Conflict,
	http.StatusBadGateway:            hone.Unavailable,
	http.StatusInsufficientStorage:   hone.ResourceExhausted,
}

// StatusOf returns the HTTP status of a kind; 500 for one that is not known.
func StatusOf(kind hone.Kind) int {
	for _, row := range kindStatus {
		if row.kind == kind {
			return row.status
		}
	}
	return http.StatusInternalServerError
}

// KindOfStatus returns the kind that an HTTP status means when nothing else tells it.
func KindOfStatus(status int) hone.Kind {
	for _, row := range kindStatus {
		if row.status == status {
			return row.kind
		}
	}
	if kind, ok := otherStatus[status]; ok {
		return kind
	}
	if status >= 400 && status < 500 {
		return hone.InvalidArgument
	}
	return hone.Internal
}

// KindOf is hone.KindOf for the wire: a deadline or a cancellation that reached the transport bare gets a
// kind too.
func KindOf(err error) hone.Kind {
	kind := hone.KindOf(err)
	switch {
	case kind != hone.Internal:
		return kind
	case errors.Is(err, context.DeadlineExceeded):
		return hone.DeadlineExceeded
	case errors.Is(err, context.Canceled):
		return hone.Unavailable
	}
	return kind
}
