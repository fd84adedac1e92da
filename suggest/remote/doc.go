// Package remote is the algorithm that asks a suggestion service: a process of its own that speaks
// api.v1.beta1.Suggestion over gRPC. New is its entry point; Services.Algorithm makes the algorithm from the
// settings of an experiment, and Choice describes these. docs/suggestion-service.md says how to write a service.
//
// It imports the root, internal/unixsock, suggest/internal/katib, suggest/suggestionpb, go-kit, grpc and a circuit breaker.
package remote
