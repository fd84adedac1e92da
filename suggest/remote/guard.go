package remote

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/go-kit/kit/endpoint"
	"github.com/sony/gobreaker/v2"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const (
	tries     = 4                      // of one call, within its deadline
	firstWait = 100 * time.Millisecond // at most, before the first retry; twice as long before each further one

	tripAfter = 5                // failures in a row
	rest      = 10 * time.Second // for which a service that tripped the breaker is left alone
)

// retrying calls again after a failure that may be over in a moment: the connection broke, the service is
// starting or sheds load. It never outlasts the deadline of the call.
func retrying(o Options) endpoint.Middleware {
	return func(next endpoint.Endpoint) endpoint.Endpoint {
		return func(ctx context.Context, request any) (reply any, err error) {
			wait := firstWait
			for n := 1; ; n++ {
				if reply, err = next(ctx, request); err == nil || n == tries || !momentary(err) {
					return reply, err
				}
				pause := time.NewTimer(time.Duration(o.Random() * float64(wait)))
				select {
				case <-pause.C:
				case <-ctx.Done():
					pause.Stop()
					return nil, err
				}
				wait *= 2
			}
		}
	}
}

func momentary(err error) bool {
	switch status.Code(err) {
	case codes.Unavailable, codes.Aborted, codes.ResourceExhausted:
		return true
	}
	return false
}

// openError answers in place of a service that has failed too often.
type openError struct{ last error }

func (e *openError) Error() string {
	return "it failed so often that it is left alone for a moment; the last time: " + e.last.Error()
}
func (e *openError) Unwrap() error { return e.last }

// newBreaker keeps callers from a service that fails: after several failures in a row they are refused for a
// while, then one of them is let through to see. Each method has a breaker of its own: that settings can be looked
// at does not say that suggestions can be made.
func newBreaker() endpoint.Middleware {
	type failure struct{ error }
	var last atomic.Pointer[failure]
	breaker := gobreaker.NewCircuitBreaker[any](gobreaker.Settings{
		Timeout:      rest,
		ReadyToTrip:  func(counts gobreaker.Counts) bool { return counts.ConsecutiveFailures >= tripAfter },
		IsSuccessful: func(err error) bool { return err == nil || !ofHealth(err) },
		IsExcluded:   func(err error) bool { return status.Code(err) == codes.Canceled },
	})
	return func(next endpoint.Endpoint) endpoint.Endpoint {
		return func(ctx context.Context, request any) (any, error) {
			reply, err := breaker.Execute(func() (any, error) {
				reply, err := next(ctx, request)
				if err != nil && ofHealth(err) {
					last.Store(&failure{err})
				}
				return reply, err
			})
			if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
				if f := last.Load(); f != nil {
					return nil, &openError{last: f.error}
				}
			}
			return reply, err
		}
	}
}

// ofHealth reports whether an error says something about the service rather than about the request.
func ofHealth(err error) bool {
	switch status.Code(err) {
	case codes.InvalidArgument, codes.FailedPrecondition, codes.OutOfRange, codes.NotFound, codes.AlreadyExists,
		codes.Unimplemented, codes.PermissionDenied, codes.Unauthenticated, codes.Canceled:
		return false
	}
	return true
}
