// Package service serves Hone's algorithms as a suggestion service, api.v1.beta1.Suggestion over gRPC, to whoever
// speaks it: Katib's controller, or the algorithm `remote` of another Hone. New is its entry point, NewServer puts
// it behind gRPC, and Serve runs that. An answer is a pure function of its request.
//
// It imports the root, its parent suggest, suggest/internal/katib, suggest/suggestionpb, go-kit and grpc.
package service
