package remote

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/hone-tuner/hone"
)

// failure says what went wrong with a call, in words for who runs the experiment. ctx is the caller's own.
func (a *algorithm) failure(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	where := "the suggestion service at " + a.config.endpoint
	s, fromCall := status.FromError(err)
	if !fromCall {
		return err // before anything was sent
	}
	text := message(s)
	var open *openError
	if errors.As(err, &open) {
		return hone.Errorf(hone.Unavailable, "%s failed so often that it is left alone for a moment; the last time: %s", where, text)
	}
	switch s.Code() {
	case codes.InvalidArgument:
		return hone.Errorf(hone.InvalidArgument, "%s refuses the request: %s", where, text)
	case codes.DeadlineExceeded:
		return hone.Errorf(hone.DeadlineExceeded, "%s did not answer within %s (settings.timeout)", where, hone.Duration(a.config.timeout))
	case codes.Unimplemented:
		return hone.Errorf(hone.Unavailable, "%s is none: what listens there does not speak api.v1.beta1.Suggestion (%s)", where, text)
	case codes.Unauthenticated, codes.PermissionDenied:
		return hone.Errorf(hone.Unavailable, "%s does not let this caller in: %s", where, text)
	case codes.Unavailable:
		return hone.Errorf(hone.Unavailable, "%s cannot be reached: %s", where, text)
	}
	return hone.Errorf(hone.Unavailable, "%s fails with %s: %s", where, s.Code(), text)
}

// message is the text of a status without what gRPC wraps around the error of a connection.
func message(s *status.Status) string {
	text := s.Message()
	if i := strings.LastIndex(text, `desc = "`); i >= 0 {
		if inner, err := strconv.Unquote(text[i+len("desc = "):]); err == nil {
			text = inner
		}
	}
	const most = 1000
	if text = strings.TrimPrefix(text, "transport: Error while dialing: "); len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

// unkind keeps the text of an error: what is wrong with an answer is no fault of the request.
func unkind(err error) error { return errors.New(err.Error()) }
