package service

import (
	"context"
	"fmt"
	"net"
	"runtime/debug"
	"time"

	"github.com/hashicorp/go-hclog"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/reflection"
	"google.golang.org/grpc/status"

	pb "github.com/hone-tuner/hone/suggest/suggestionpb"
)

const (
	// maxMessage bounds a request, in bytes: well above a hundred thousand trials.
	maxMessage = 64 << 20
	// maxStreams bounds the requests of one connection that are answered at once.
	maxStreams = 64
)

// Server is a Service behind gRPC.
type Server struct {
	grpc   *grpc.Server
	health *health.Server
}

// NewServer puts a service behind gRPC, with the standard services for health and reflection. Health is
// answered for "", for the name that Katib probes, and for the service itself.
func NewServer(s *Service, logger hclog.Logger) *Server {
	server := grpc.NewServer(grpc.MaxRecvMsgSize(maxMessage), grpc.MaxConcurrentStreams(maxStreams),
		grpc.ConnectionTimeout(10*time.Second), grpc.ChainUnaryInterceptor(recovering(logger)),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: time.Minute, PermitWithoutStream: true}))
	pb.RegisterSuggestionServer(server, newTransport(s, logger))
	h := health.NewServer()
	for _, name := range []string{"", "manager.v1beta1.Suggestion", pb.Suggestion_ServiceDesc.ServiceName} {
		h.SetServingStatus(name, healthpb.HealthCheckResponse_SERVING)
	}
	healthpb.RegisterHealthServer(server, h)
	reflection.Register(server)
	return &Server{grpc: server, health: h}
}

// Serve answers until ctx ends: then nothing new is taken, and what is being answered gets a moment to finish.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	const grace = 5 * time.Second
	stopped := make(chan struct{})
	leave := context.AfterFunc(ctx, func() {
		defer close(stopped)
		s.health.Shutdown()
		hard := time.AfterFunc(grace, s.grpc.Stop)
		defer hard.Stop()
		s.grpc.GracefulStop()
	})
	err := s.grpc.Serve(listener)
	if !leave() {
		<-stopped
		return nil
	}
	return err
}

// recovering answers a request that made the program panic with an error, and lets it live.
func recovering(logger hclog.Logger) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, request any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (reply any, err error) {
		defer func() {
			if p := recover(); p != nil {
				logger.Error("a request made the program panic", "method", info.FullMethod, "panic", p, "stack", string(debug.Stack()))
				err = status.Error(codes.Internal, fmt.Sprintf("this request made the program fail: %v", p))
			}
		}()
		return handler(ctx, request)
	}
}

// Stop ends everything at once.
func (s *Server) Stop() { s.grpc.Stop() }
