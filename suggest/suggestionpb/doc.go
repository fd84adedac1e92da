// Package suggestionpb is the protocol of suggestion services, api.v1.beta1.Suggestion, as Katib speaks it.
// suggestion.proto is written by hand; everything else but this file is generated from it by `make generate`.
//
// It imports grpc and protobuf only.
package suggestionpb
