// Package wire is what travels over HTTP, shared by the server (api) and the client so that the two cannot
// drift apart: the table of routes (Routes), the table of error kinds and status codes (StatusOf), the
// body of an error (ErrorBody), and the shapes of requests and answers where they differ from the root's
// nouns. docs/api.md describes the routes for users.
//
// It imports the root and the standard library only.
package wire
