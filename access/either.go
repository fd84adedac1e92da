package access

import (
	"context"
	"strings"

	hone "github.com/hone-tuner/hone"
)

// Or returns an authorizer that asks the keeper about its own tokens, and another one about all others. What looks like a
// token of the keeper goes nowhere else, even if it was revoked. Nobody is a guest.
func (k *Keeper) Or(other hone.Authorizer) hone.Authorizer { return either{keeper: k, other: other} }

type either struct {
	keeper *Keeper
	other  hone.Authorizer
}

// Authorize implements hone.Authorizer.
func (e either) Authorize(ctx context.Context, token string, a hone.Access) (hone.Caller, error) {
	if strings.HasPrefix(token, Prefix) || e.keeper.knows(token) {
		return e.keeper.Authorize(ctx, token, a)
	}
	return e.other.Authorize(ctx, token, a)
}

// knows reports whether a token is the keeper's: that of the token file may have any form.
func (k *Keeper) knows(token string) bool {
	k.mu.RLock()
	defer k.mu.RUnlock()
	_, found := k.tokens[digestOf(token)]
	return found
}
