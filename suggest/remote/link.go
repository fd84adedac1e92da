package remote

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/go-kit/kit/endpoint"
	grpctransport "github.com/go-kit/kit/transport/grpc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/unixsock"
	"github.com/hone-tuner/hone/suggest/internal/katib"
	pb "github.com/hone-tuner/hone/suggest/suggestionpb"
)

// maxReply bounds what a service may answer, in bytes.
const maxReply = 64 << 20

// maxCertificates bounds the file of the setting ca, in bytes: many times what a whole system trusts.
const maxCertificates = 4 << 20

// link is the way to one service.
type link struct {
	conn     *grpc.ClientConn
	suggest  endpoint.Endpoint // *pb.GetSuggestionsRequest → answer
	validate endpoint.Endpoint // *pb.ValidateAlgorithmSettingsRequest → nil
}

// answer is a reply with what travels beside it.
type answer struct {
	message *pb.GetSuggestionsReply
	trailer metadata.MD
}

func newLink(a address, o Options) (*link, error) {
	secure, err := transport(a)
	if err != nil {
		return nil, err
	}
	options := []grpc.DialOption{
		grpc.WithTransportCredentials(secure),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxReply)),
		// A service that is back is found within seconds.
		grpc.WithConnectParams(grpc.ConnectParams{MinConnectTimeout: 5 * time.Second,
			Backoff: backoff.Config{BaseDelay: 200 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 3 * time.Second}}),
		// A connection whose other end vanished without a word. Services take more frequent pings for an attack.
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 5 * time.Minute, Timeout: 20 * time.Second}),
		grpc.WithDisableServiceConfig(),
	}
	target := a.endpoint
	if path, ok := strings.CutPrefix(a.endpoint, unixPrefix); ok { // whose length grpc limits
		target = "passthrough:///" + path
		options = append(options, grpc.WithContextDialer(unixsock.Dial), grpc.WithAuthority("localhost"))
	} else if o.Dial != nil {
		target = "passthrough:///" + target
		options = append(options, grpc.WithContextDialer(o.Dial))
	}
	conn, err := grpc.NewClient(target, options...)
	if err != nil {
		return nil, hone.Errorf(hone.InvalidArgument, "the endpoint %q of the suggestion service cannot be used: %w", a.endpoint, err)
	}
	guarded := func(e endpoint.Endpoint) endpoint.Endpoint { return endpoint.Chain(newBreaker(), retrying(o))(e) }
	return &link{conn: conn, suggest: guarded(suggestEndpoint(conn)), validate: guarded(validateEndpoint(conn))}, nil
}

func transport(a address) (credentials.TransportCredentials, error) {
	if !a.tls {
		return insecure.NewCredentials(), nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if a.ca != "" {
		data, err := readFile(a.ca, maxCertificates)
		if err != nil {
			return nil, hone.FieldErrors{{Path: "spec.algorithm.settings.ca", Message: "cannot be read: " + err.Error()}}
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(data) {
			return nil, hone.FieldErrors{{Path: "spec.algorithm.settings.ca", Message: a.ca + " has no certificate in PEM"}}
		}
	}
	return credentials.NewTLS(config), nil
}

// readFile reads a file that an experiment names, which may be any on the machine. It never waits for a pipe, opens no
// device, and reads nothing that has no end.
func readFile(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > limit {
		return nil, hone.Errorf(hone.InvalidArgument, "%s is no ordinary file of at most %d bytes", path, limit)
	}
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // it may be another one by now
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	return io.ReadAll(io.LimitReader(file, limit))
}

// trailerKey finds the trailer of a call in its context.
type trailerKey struct{}

func suggestEndpoint(conn *grpc.ClientConn) endpoint.Endpoint {
	return grpctransport.NewClient(conn, pb.Suggestion_ServiceDesc.ServiceName, "GetSuggestions",
		func(_ context.Context, request any) (any, error) { return request, nil },
		func(ctx context.Context, reply any) (any, error) {
			trailer, _ := ctx.Value(trailerKey{}).(metadata.MD)
			return answer{message: reply.(*pb.GetSuggestionsReply), trailer: trailer}, nil
		},
		&pb.GetSuggestionsReply{},
		grpctransport.ClientBefore(func(ctx context.Context, md *metadata.MD) context.Context {
			if seed, ok := ctx.Value(seedKey{}).(uint64); ok {
				md.Set(katib.SeedHeader, strconv.FormatUint(seed, 10))
			}
			return ctx
		}),
		grpctransport.ClientAfter(func(ctx context.Context, _, trailer metadata.MD) context.Context {
			return context.WithValue(ctx, trailerKey{}, trailer)
		}),
	).Endpoint()
}

// seedKey finds the seed of the experiment in the context of a call.
type seedKey struct{}

func validateEndpoint(conn *grpc.ClientConn) endpoint.Endpoint {
	return grpctransport.NewClient(conn, pb.Suggestion_ServiceDesc.ServiceName, "ValidateAlgorithmSettings",
		func(_ context.Context, request any) (any, error) { return request, nil },
		func(context.Context, any) (any, error) { return nil, nil }, //nolint:nilnil // the reply is empty
		&pb.ValidateAlgorithmSettingsReply{},
	).Endpoint()
}
