package access_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/access"
)

// others lets in everybody who comes to it, and remembers their tokens.
type others struct{ heard []string }

func (o *others) Authorize(_ context.Context, token string, _ hone.Access) (hone.Caller, error) {
	o.heard = append(o.heard, token)
	return hone.Caller{ID: "other"}, nil
}

func TestTokensOfTheKeeperGoToTheKeeperAndNowhereElse(t *testing.T) {
	w := newWorld(t)
	w.Keeper = w.keeper(access.Options{Initial: "of the file"})
	issued, revoked := w.issue(hone.TokenRequest{Name: "a", Role: hone.RoleViewer}), w.issue(hone.TokenRequest{Name: "b", Role: hone.RoleViewer})
	require.NoError(t, w.RevokeToken(t.Context(), revoked.ID))
	other := &others{}
	door := w.Or(other)
	for _, c := range []struct {
		token, id string
		kind      hone.Kind
	}{
		{issued.Secret, issued.ID, ""},
		{"of the file", access.FileID, ""},
		{revoked.Secret, "", hone.Unauthenticated},
		{access.Prefix + strings.Repeat("0", 64), "", hone.Unauthenticated},
		{"of the cluster", "other", ""},
		{"", "other", ""},
	} {
		caller, err := door.Authorize(t.Context(), c.token, viewing())
		require.Equal(t, c.id, caller.ID, c.token)
		if c.kind != "" {
			require.ErrorIs(t, err, c.kind, c.token)
			continue
		}
		require.NoError(t, err, c.token)
	}
	require.Equal(t, []string{"of the cluster", ""}, other.heard)
	_, err := door.Authorize(t.Context(), issued.Secret, hone.Access{Role: hone.RoleAdmin})
	require.ErrorIs(t, err, hone.PermissionDenied, "who has a token of the keeper has its role")
}
