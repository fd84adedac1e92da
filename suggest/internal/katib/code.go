package katib

import (
	"context"
	"errors"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/hone-tuner/hone"
)

// table is what the kinds of error are called over gRPC.
func table() map[hone.Kind]codes.Code {
	return map[hone.Kind]codes.Code{
		hone.InvalidArgument:   codes.InvalidArgument,
		hone.NotFound:          codes.NotFound,
		hone.AlreadyExists:     codes.AlreadyExists,
		hone.Conflict:          codes.FailedPrecondition,
		hone.PermissionDenied:  codes.PermissionDenied,
		hone.Unauthenticated:   codes.Unauthenticated,
		hone.ResourceExhausted: codes.ResourceExhausted,
		hone.Unavailable:       codes.Unavailable,
		hone.DeadlineExceeded:  codes.DeadlineExceeded,
		hone.Unimplemented:     codes.Unimplemented,
		hone.DataLoss:          codes.DataLoss,
		hone.Internal:          codes.Internal,
	}
}

// CodeOf is the code of a kind.
func CodeOf(kind hone.Kind) codes.Code {
	if code, ok := table()[kind]; ok {
		return code
	}
	return codes.Unknown
}

// KindOf is the kind of a code; Internal for those that no kind is called by.
func KindOf(code codes.Code) hone.Kind {
	for kind, c := range table() {
		if c == code {
			return kind
		}
	}
	return hone.Internal
}

// Status makes an error one that gRPC sends with its code and text.
func Status(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.Canceled):
		return status.Error(codes.Canceled, err.Error())
	}
	return status.Error(CodeOf(hone.KindOf(err)), err.Error())
}
