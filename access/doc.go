// Package access is the room that says who may do what. A Keeper, made by New, hands out tokens and lets in who
// bears one; Keeper.Loopback is what a service without any token serves on loopback; CheckListen refuses to
// serve anybody else so; LoadTokenFile reads the token that a service starts with.
//
// What a route needs stands in internal/wire; api asks a hone.Authorizer, of which the Keeper is one. Another
// one can take its place, or stand beside it (Keeper.Or): in a cluster, the one of access/cluster, which asks the
// cluster's own authentication.
//
// The package imports the root and hclog.
package access
