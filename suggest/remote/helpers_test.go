package remote_test

import (
	"context"
	"net"
	"sync"
	"testing"

	"github.com/hashicorp/go-hclog"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/test/bufconn"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/algorithms/algorithmtest"
	"github.com/hone-tuner/hone/suggest"
	"github.com/hone-tuner/hone/suggest/remote"
	pb "github.com/hone-tuner/hone/suggest/suggestionpb"
)

// fake is a suggestion service that does what a test says.
type fake struct {
	pb.UnimplementedSuggestionServer
	suggest  func(ctx context.Context, r *pb.GetSuggestionsRequest) (*pb.GetSuggestionsReply, error)
	validate func(ctx context.Context, r *pb.ValidateAlgorithmSettingsRequest) error
}

func (f fake) GetSuggestions(ctx context.Context, r *pb.GetSuggestionsRequest) (*pb.GetSuggestionsReply, error) {
	if f.suggest == nil {
		return f.UnimplementedSuggestionServer.GetSuggestions(ctx, r)
	}
	return f.suggest(ctx, r)
}

func (f fake) ValidateAlgorithmSettings(ctx context.Context, r *pb.ValidateAlgorithmSettingsRequest) (*pb.ValidateAlgorithmSettingsReply, error) {
	if f.validate == nil {
		return f.UnimplementedSuggestionServer.ValidateAlgorithmSettings(ctx, r)
	}
	return &pb.ValidateAlgorithmSettingsReply{}, f.validate(ctx, r)
}

// place is an address at which a service may listen or not.
type place struct {
	t        testing.TB
	mu       sync.Mutex
	listener *bufconn.Listener
	server   interface{ Stop() }
}

// serve starts a service here, in place of the one before.
func (p *place) serve(s pb.SuggestionServer) {
	server := grpc.NewServer()
	pb.RegisterSuggestionServer(server, s)
	p.listen(server, server.Serve)
}

func (p *place) listen(server interface{ Stop() }, serve func(net.Listener) error) {
	p.stop()
	p.mu.Lock()
	defer p.mu.Unlock()
	listener := bufconn.Listen(1 << 20)
	p.listener, p.server = listener, server
	go func() { _ = serve(listener) }()
}

// stop takes the service away at once, in the middle of whatever it does.
func (p *place) stop() {
	p.mu.Lock()
	server := p.server
	p.listener, p.server = nil, nil
	p.mu.Unlock()
	if server != nil {
		server.Stop()
	}
}

func (p *place) dial(ctx context.Context, address string) (net.Conn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener == nil {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: hone.Errorf(hone.Unavailable, "connection refused by %s", address)}
	}
	return p.listener.DialContext(ctx)
}

// services are connections to a place.
func (p *place) services() *remote.Services {
	return remote.New(remote.Options{Dial: p.dial, Random: func() float64 { return 0.5 }})
}

const endpoint = "tuner.example:6789"

// settings are those of an experiment that asks the place.
func settings(more ...any) map[string]hone.Value {
	out := map[string]hone.Value{"endpoint": hone.String(endpoint)}
	for i := 0; i < len(more); i += 2 {
		v, err := hone.ValueOf(more[i+1])
		if err != nil {
			panic(err)
		}
		out[more[i].(string)] = v
	}
	return out
}

func suggester(s *remote.Services) *suggest.Suggester {
	return suggest.New(map[string]suggest.Factory{remote.Name: s.Algorithm}, hclog.NewNullLogger())
}

func experiment(space hone.SearchSpace, settings map[string]hone.Value) hone.Experiment {
	seed := uint64(7)
	return hone.Experiment{UID: "0123456789abcdef", Name: "digits", Namespace: "default", Spec: hone.Spec{Parallelism: 3, SearchSpace: space,
		Objective: hone.Objective{Metric: "accuracy", Goal: hone.Maximize}, Algorithm: hone.AlgorithmSpec{Name: remote.Name, Seed: &seed, Settings: settings}}}
}

func request(space hone.SearchSpace, count int) hone.Request {
	return hone.Request{Space: algorithmtest.Compile(space), Objective: hone.Objective{Metric: "accuracy", Goal: hone.Maximize}, Seed: 7, Number: 1,
		Count: count, Budget: 50, History: hone.NewHistory("h")}
}

func line() hone.SearchSpace { return hone.NewSpace(hone.Int("n", 0, 999)) }

// proposal is one point of a reply: name, value, name, value.
func proposal(pairs ...string) *pb.GetSuggestionsReply_ParameterAssignments {
	out := &pb.GetSuggestionsReply_ParameterAssignments{}
	for i := 0; i < len(pairs); i += 2 {
		out.Assignments = append(out.Assignments, &pb.ParameterAssignment{Name: pairs[i], Value: pairs[i+1]})
	}
	return out
}

func reply(points ...*pb.GetSuggestionsReply_ParameterAssignments) *pb.GetSuggestionsReply {
	return &pb.GetSuggestionsReply{ParameterAssignments: points}
}

func ask(t testing.TB, s *suggest.Suggester, e hone.Experiment, r hone.Request) []hone.Suggestion {
	t.Helper()
	s.Introduce(e)
	got, err := s.Suggest(t.Context(), e.UID, e.Spec.Algorithm, r)
	require.NoError(t, err)
	return got
}
