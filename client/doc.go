// Package client is Hone's service over HTTP: Client implements hone.Service, so that a command line or a
// program works the same whether the server is in its own process, behind the socket of a data directory,
// or elsewhere. Besides the service it has iterators: AllExperiments, AllTrials and Watch.
//
// Errors are those of the service: errors.Is finds their kind, errors.As the hone.FieldErrors and the
// *hone.SequenceError in them. A server that cannot be reached is hone.Unavailable.
//
// It begins at New and imports the root, internal/wire and internal/unixsock.
package client
