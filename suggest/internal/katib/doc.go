// Package katib turns Hone's nouns into the messages of api.v1.beta1.Suggestion and back, for the caller (remote)
// and for the service. Ask and Answer are the caller's side, Read and Reply the service's.
//
// It imports the root and suggestionpb.
package katib
