package service

import (
	"context"
	"time"

	"github.com/go-kit/kit/endpoint"
	grpctransport "github.com/go-kit/kit/transport/grpc"
	"github.com/hashicorp/go-hclog"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"github.com/hone-tuner/hone/suggest/internal/katib"
	pb "github.com/hone-tuner/hone/suggest/suggestionpb"
)

// transport leads from gRPC to the endpoints.
type transport struct {
	pb.UnimplementedSuggestionServer
	suggest, validate *grpctransport.Server
}

func newTransport(s *Service, logger hclog.Logger) *transport {
	return &transport{
		suggest:  grpctransport.NewServer(logging(logger, "GetSuggestions")(suggestEndpoint(s)), asIs, encodeAnswer, grpctransport.ServerBefore(readSeed)),
		validate: grpctransport.NewServer(logging(logger, "ValidateAlgorithmSettings")(validateEndpoint(s)), asIs, asIs),
	}
}

// GetSuggestions implements pb.SuggestionServer.
func (t *transport) GetSuggestions(ctx context.Context, r *pb.GetSuggestionsRequest) (*pb.GetSuggestionsReply, error) {
	_, reply, err := t.suggest.ServeGRPC(ctx, r)
	if err != nil {
		return nil, katib.Status(err)
	}
	return reply.(*pb.GetSuggestionsReply), nil
}

// ValidateAlgorithmSettings implements pb.SuggestionServer.
func (t *transport) ValidateAlgorithmSettings(ctx context.Context, r *pb.ValidateAlgorithmSettingsRequest) (*pb.ValidateAlgorithmSettingsReply, error) {
	_, reply, err := t.validate.ServeGRPC(ctx, r)
	if err != nil {
		return nil, katib.Status(err)
	}
	return reply.(*pb.ValidateAlgorithmSettingsReply), nil
}

func suggestEndpoint(s *Service) endpoint.Endpoint {
	return func(ctx context.Context, request any) (any, error) {
		var seed *uint64
		if text, ok := ctx.Value(seedKey{}).(string); ok {
			var err error
			if seed, err = parseSeed(text); err != nil {
				return nil, err
			}
		}
		return s.Suggest(ctx, request.(*pb.GetSuggestionsRequest), seed)
	}
}

func validateEndpoint(s *Service) endpoint.Endpoint {
	return func(ctx context.Context, request any) (any, error) {
		return &pb.ValidateAlgorithmSettingsReply{}, s.Validate(ctx, request.(*pb.ValidateAlgorithmSettingsRequest))
	}
}

// seedKey finds the seed that came beside a request in its context.
type seedKey struct{}

func readSeed(ctx context.Context, md metadata.MD) context.Context {
	if values := md.Get(katib.SeedHeader); len(values) > 0 {
		return context.WithValue(ctx, seedKey{}, values[0])
	}
	return ctx
}

func asIs(_ context.Context, message any) (any, error) { return message, nil }

// encodeAnswer sends what travels beside a reply.
func encodeAnswer(ctx context.Context, response any) (any, error) {
	a := response.(Answer)
	beside := metadata.MD{}
	if a.Exhausted {
		beside.Set(katib.ExhaustedTrailer, "true")
	}
	if a.Note != "" {
		beside.Set(katib.NoteTrailer, a.Note)
	}
	if len(beside) > 0 {
		if err := grpc.SetTrailer(ctx, beside); err != nil {
			return nil, err
		}
	}
	return a.Reply, nil
}

// logging writes a line for each request.
func logging(logger hclog.Logger, method string) endpoint.Middleware {
	return func(next endpoint.Endpoint) endpoint.Endpoint {
		return func(ctx context.Context, request any) (response any, err error) {
			defer func(began time.Time) {
				line := append([]any{"method", method}, about(request)...)
				line = append(line, "took", time.Since(began).Round(time.Microsecond))
				if err != nil {
					logger.Warn("refused", append(line, "error", err)...)
					return
				}
				logger.Info("answered", line...)
			}(time.Now())
			return next(ctx, request)
		}
	}
}

// about is what the log says of a request.
func about(request any) []any {
	switch r := request.(type) {
	case *pb.GetSuggestionsRequest:
		return []any{"experiment", r.GetExperiment().GetName(), "algorithm", r.GetExperiment().GetSpec().GetAlgorithm().GetAlgorithmName(),
			"trials", len(r.GetTrials()), "asked", r.GetCurrentRequestNumber()}
	case *pb.ValidateAlgorithmSettingsRequest:
		return []any{"experiment", r.GetExperiment().GetName(), "algorithm", r.GetExperiment().GetSpec().GetAlgorithm().GetAlgorithmName()}
	}
	return nil
}
