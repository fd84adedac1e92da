package remote_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/hone-tuner/hone"
	pb "github.com/hone-tuner/hone/suggest/suggestionpb"
)

// in runs a test against a place, in a bubble of time.
func in(t *testing.T, f func(t *testing.T, p *place)) {
	synctest.Test(t, func(t *testing.T) {
		p := &place{t: t}
		defer p.stop()
		f(t, p)
	})
}

func fail(t *testing.T, p *place, more ...any) (kind hone.Kind, text string, took time.Duration) {
	t.Helper()
	services := p.services()
	defer func() { require.NoError(t, services.Close()) }()
	e := experiment(line(), settings(more...))
	s := suggester(services)
	s.Introduce(e)
	begin := time.Now()
	got, err := s.Suggest(t.Context(), e.UID, e.Spec.Algorithm, request(line(), 2))
	require.Error(t, err, "%v", got)
	require.Contains(t, err.Error(), endpoint, "it says where")
	return hone.KindOf(err), err.Error(), time.Since(begin)
}

func TestAServiceThatHangsIsGivenUpAtTheDeadline(t *testing.T) {
	for _, c := range []struct {
		name  string
		fake  fake
		given string
		want  time.Duration
	}{
		{"in a suggestion", fake{suggest: func(ctx context.Context, _ *pb.GetSuggestionsRequest) (*pb.GetSuggestionsReply, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}}, "5s", 5 * time.Second},
		{"in a suggestion, with the default", fake{suggest: func(ctx context.Context, _ *pb.GetSuggestionsRequest) (*pb.GetSuggestionsReply, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}}, "60s", time.Minute},
		{"while it looks at the settings", fake{validate: func(ctx context.Context, _ *pb.ValidateAlgorithmSettingsRequest) error {
			<-ctx.Done()
			return ctx.Err()
		}}, "5s", 5 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			in(t, func(t *testing.T, p *place) {
				p.serve(c.fake)
				kind, text, took := fail(t, p, "timeout", c.given)
				require.Equal(t, hone.DeadlineExceeded, kind)
				require.Contains(t, text, "did not answer within")
				require.Equal(t, c.want, took)
			})
		})
	}
}

func TestAServiceThatFailsIsSaidToFail(t *testing.T) {
	refuse := func(code codes.Code, text string) fake {
		return fake{suggest: func(context.Context, *pb.GetSuggestionsRequest) (*pb.GetSuggestionsReply, error) {
			return nil, status.Error(code, text)
		}}
	}
	answer := func(points ...*pb.GetSuggestionsReply_ParameterAssignments) fake {
		return fake{suggest: func(context.Context, *pb.GetSuggestionsRequest) (*pb.GetSuggestionsReply, error) {
			return reply(points...), nil
		}}
	}
	named := func(name string, p *pb.GetSuggestionsReply_ParameterAssignments) *pb.GetSuggestionsReply_ParameterAssignments {
		p.TrialName = name
		return p
	}
	labelled := func(size int, p *pb.GetSuggestionsReply_ParameterAssignments) *pb.GetSuggestionsReply_ParameterAssignments {
		p.Labels = map[string]string{"k": strings.Repeat("x", size)}
		return p
	}
	good := func() *pb.GetSuggestionsReply_ParameterAssignments { return proposal("n", "4") }
	for _, c := range []struct {
		name string
		fake fake
		kind hone.Kind
		text string
	}{
		{"an exception in Python", refuse(codes.Unknown, "Exception calling application: list index out of range"), hone.Unavailable, "list index out of range"},
		{"a mistake of the service", refuse(codes.Internal, "boom"), hone.Unavailable, "fails with Internal: boom"},
		{"too much at once", refuse(codes.ResourceExhausted, "slow down"), hone.Unavailable, "slow down"},
		{"a caller it does not know", refuse(codes.Unauthenticated, "who are you"), hone.Unavailable, "does not let this caller in"},
		{"a request it refuses", refuse(codes.InvalidArgument, "eta must be above 1"), hone.InvalidArgument, "eta must be above 1"},
		{"no such service", fake{}, hone.Unavailable, "does not speak api.v1.beta1.Suggestion"},
		{"none", answer(), hone.Unavailable, "proposes 0 points, and 2 were asked for"},
		{"too few", answer(good()), hone.Unavailable, "proposes 1 points, and 2 were asked for"},
		{"a parameter that does not exist", answer(good(), proposal("n", "5", "m", "5")), hone.Unavailable, `there is no parameter "m"`},
		{"a parameter without a value", answer(good(), proposal()), hone.Unavailable, `"n" has no value`},
		{"a parameter with two", answer(good(), proposal("n", "5", "n", "6")), hone.Unavailable, `"n" has two values`},
		{"a value outside", answer(good(), proposal("n", "1000")), hone.Unavailable, `"1000" lies outside`},
		{"half a number", answer(good(), proposal("n", "4.5")), hone.Unavailable, "is no whole number"},
		{"not a number", answer(good(), proposal("n", "NaN")), hone.Unavailable, "is not finite"},
		{"infinity", answer(good(), proposal("n", "inf")), hone.Unavailable, "is not finite"},
		{"a word", answer(good(), proposal("n", "many")), hone.Unavailable, "is no number"},
		{"a name twice", answer(named("a", good()), named("a", proposal("n", "5"))), hone.Unavailable, `there is a trial "a" already`},
		{"endless labels", answer(labelled(1<<20, good()), good()), hone.Unavailable, "at most 64 of 16384 are kept"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in(t, func(t *testing.T, p *place) {
				p.serve(c.fake)
				kind, text, took := fail(t, p)
				require.Equal(t, c.kind, kind)
				require.Contains(t, text, c.text)
				require.Less(t, took, 2*time.Second)
			})
		})
	}
}

func TestAServiceThatIsNotThereIsSaidSoAtOnceAndFoundWhenItComes(t *testing.T) {
	in(t, func(t *testing.T, p *place) {
		services := p.services()
		defer func() { require.NoError(t, services.Close()) }()
		e, s := experiment(line(), settings()), suggester(services)
		begin := time.Now()
		_, err := s.Suggest(t.Context(), e.UID, e.Spec.Algorithm, request(line(), 1))
		require.ErrorIs(t, err, hone.Unavailable)
		require.ErrorContains(t, err, "connection refused")
		require.NotContains(t, err.Error(), "desc =")
		require.Less(t, time.Since(begin), 5*time.Second)

		time.Sleep(time.Hour) // asked or not, it is found within seconds
		for range 20 {
			_, err = s.Suggest(t.Context(), e.UID, e.Spec.Algorithm, request(line(), 1))
			require.ErrorIs(t, err, hone.Unavailable)
			time.Sleep(time.Second)
		}
		require.ErrorContains(t, err, "left alone for a moment")
		require.ErrorContains(t, err, "connection refused", "why it is left alone is said")
		p.serve(fake{suggest: func(context.Context, *pb.GetSuggestionsRequest) (*pb.GetSuggestionsReply, error) {
			return reply(proposal("n", "4")), nil
		}})
		time.Sleep(15 * time.Second)
		got, err := s.Suggest(t.Context(), e.UID, e.Spec.Algorithm, request(line(), 1))
		require.NoError(t, err)
		require.Equal(t, "n=4", got[0].Parameters.String())
	})
}

func TestAServiceThatDiesInTheMiddleIsAskedAgain(t *testing.T) {
	in(t, func(t *testing.T, p *place) {
		good := fake{suggest: func(context.Context, *pb.GetSuggestionsRequest) (*pb.GetSuggestionsReply, error) {
			return reply(proposal("n", "4")), nil
		}}
		p.serve(fake{suggest: func(ctx context.Context, _ *pb.GetSuggestionsRequest) (*pb.GetSuggestionsReply, error) {
			go p.serve(good)
			<-ctx.Done()
			return nil, ctx.Err()
		}})
		services := p.services()
		defer func() { require.NoError(t, services.Close()) }()
		got := ask(t, suggester(services), experiment(line(), settings()), request(line(), 1))
		require.Equal(t, "n=4", got[0].Parameters.String(), "a retry within the deadline")
	})
}

func TestACallerThatGoesAwayIsNotTheServicesFault(t *testing.T) {
	in(t, func(t *testing.T, p *place) {
		var calls atomic.Int64
		p.serve(fake{suggest: func(ctx context.Context, _ *pb.GetSuggestionsRequest) (*pb.GetSuggestionsReply, error) {
			if calls.Add(1) <= 10 {
				<-ctx.Done()
				return nil, ctx.Err()
			}
			return reply(proposal("n", "4")), nil
		}})
		services := p.services()
		defer func() { require.NoError(t, services.Close()) }()
		e, s := experiment(line(), settings()), suggester(services)
		for range 10 {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, cancel)
			_, err := s.Suggest(ctx, e.UID, e.Spec.Algorithm, request(line(), 1))
			require.ErrorIs(t, err, context.Canceled)
		}
		ask(t, s, e, request(line(), 1))
	})
}

// Experiments that share a service learn from each other that it is away.
func TestTheBreakerLeavesAFailingServiceAlone(t *testing.T) {
	in(t, func(t *testing.T, p *place) {
		var calls atomic.Int64
		p.serve(fake{suggest: func(context.Context, *pb.GetSuggestionsRequest) (*pb.GetSuggestionsReply, error) {
			calls.Add(1)
			return nil, status.Error(codes.Internal, "out of memory")
		}})
		services := p.services()
		defer func() { require.NoError(t, services.Close()) }()
		s := suggester(services)
		for i := range 30 {
			e := experiment(line(), settings())
			e.UID = strings.Repeat("x", i+1)
			_, err := s.Suggest(t.Context(), e.UID, e.Spec.Algorithm, request(line(), 1))
			require.ErrorContains(t, err, "out of memory")
		}
		require.Equal(t, int64(5), calls.Load())
		time.Sleep(11 * time.Second)
		_, err := s.Suggest(t.Context(), "y", experiment(line(), settings()).Spec.Algorithm, request(line(), 1))
		require.ErrorIs(t, err, hone.Unavailable)
		require.Equal(t, int64(6), calls.Load(), "then one is let through")
	})
}

func TestClosedConnectionsSaySo(t *testing.T) {
	in(t, func(t *testing.T, p *place) {
		services := p.services()
		require.NoError(t, services.Close())
		_, err := suggester(services).Suggest(t.Context(), "uid", experiment(line(), settings()).Spec.Algorithm, request(line(), 1))
		require.ErrorIs(t, err, hone.Unavailable)
	})
}
