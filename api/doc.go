// Package api puts hone.Service on the wire: JSON over HTTP, streamed logs, server-sent events. NewHandler
// serves all of it, for the socket in the data directory; NewGuardedHandler serves it on a port, to those whom a
// Guard lets in; NewPushHandler serves only the route by which trials push measurements, for a loopback port;
// NewServer gives each of them sane limits, and a Certificate makes it HTTPS.
//
// Every route is one line of a table (routes.go): how the request is decoded, the method of the service,
// how the answer is encoded. One generic adapter (adapter.go) makes a go-kit endpoint and server of it.
// The routes themselves, their limits and the kinds of error stand in internal/wire, which the client
// shares; what they take and give is described by the child openapi. Around each route stand guard (guard.go:
// request IDs, log, panics), the authorization (authorize.go) and limit (body.go: sizes and times).
//
// It imports the root, internal/wire, its child openapi, go-kit, hclog, Prometheus' client and x/time.
package api
