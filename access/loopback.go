package access

import (
	"context"

	hone "github.com/hone-tuner/hone"
)

// Loopback returns who may do what on the loopback interface. As long as the keeper has no token, callers
// without one are guests: they read, and use external experiments. As soon as there is a token, everybody
// needs one.
func (k *Keeper) Loopback() hone.Authorizer { return loopback{keeper: k} }

type loopback struct{ keeper *Keeper }

// guestID is the ID of callers who did not say who they are.
const guestID = "guest"

// Authorize implements hone.Authorizer.
func (l loopback) Authorize(ctx context.Context, token string, a hone.Access) (hone.Caller, error) {
	switch {
	case l.keeper.Configured():
		return l.keeper.Authorize(ctx, token, a)
	case token != "":
		return hone.Caller{}, hone.Errorf(hone.Unauthenticated, "this server knows no tokens yet: leave the token out, or make one with 'hone token create'")
	case !hone.RoleEditor.Includes(a.Role):
		return hone.Caller{}, hone.Errorf(hone.PermissionDenied,
			"this needs a token of an %s: give the service one with --token-file, or use the socket in its data directory", hone.RoleAdmin)
	}
	return hone.Caller{ID: guestID, Name: guestID, Guest: true}, nil
}
