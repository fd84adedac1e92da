package access_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/access"
)

func TestGuestsAreLetInWhileThereIsNoToken(t *testing.T) {
	w := newWorld(t)
	door := w.Loopback()
	for _, a := range []hone.Access{viewing(), {Role: hone.RoleEditor, Namespace: "a"}, {Role: hone.RoleViewer, Everywhere: true}} {
		caller, err := door.Authorize(t.Context(), "", a)
		require.NoError(t, err)
		require.Equal(t, hone.Caller{ID: "guest", Name: "guest", Guest: true}, caller)
	}
	for _, role := range []hone.Role{hone.RoleAdmin, "", "owner"} {
		_, err := door.Authorize(t.Context(), "", hone.Access{Role: role})
		require.ErrorIs(t, err, hone.PermissionDenied, "%q", role)
		require.ErrorContains(t, err, "--token-file")
	}
	_, err := door.Authorize(t.Context(), "a token of another server", viewing())
	require.ErrorIs(t, err, hone.Unauthenticated, "who says who they are is not taken for a guest")
}

func TestOnceThereIsATokenEverybodyNeedsOne(t *testing.T) {
	w := newWorld(t)
	door := w.Loopback()
	require.False(t, w.Configured())
	issued := w.issue(hone.TokenRequest{Name: "it", Role: hone.RoleViewer, Expires: hone.Duration(time.Hour)})
	refused := func() {
		t.Helper()
		require.True(t, w.Configured())
		_, err := door.Authorize(t.Context(), "", viewing())
		require.ErrorIs(t, err, hone.Unauthenticated)
	}
	refused()
	caller, err := door.Authorize(t.Context(), issued.Secret, viewing())
	require.NoError(t, err)
	require.Equal(t, "it", caller.Name)

	w.now = w.now.Add(2 * time.Hour) // it expires
	refused()
	require.True(t, w.keeper(access.Options{}).Configured(), "an expired token is still one after another start")
	require.NoError(t, w.RevokeToken(t.Context(), issued.ID))
	refused()
	require.False(t, w.keeper(access.Options{}).Configured(), "only a start without any token opens it again")
}

func TestOnlyLoopbackIsServedWithoutAuthentication(t *testing.T) {
	for address, loopback := range map[string]bool{
		"127.0.0.1:7070": true, "127.8.9.10:1": true, "[::1]:7070": true, "localhost:7070": true, "LocalHost:0": true,
		"[::ffff:127.0.0.1]:7070": true,
		":7070":                   false, "0.0.0.0:7070": false, "[::]:7070": false, "10.0.0.1:7070": false, "gpu-box:7070": false,
		"localhost.example:7070": false, "127.0.0.1.example:7070": false, "[fe80::1%lo]:7070": false, "*:7070": false,
	} {
		require.Equal(t, loopback, access.IsLoopback(address), address)
		require.NoError(t, access.CheckListen(address, true), address)
		err := access.CheckListen(address, false)
		if loopback {
			require.NoError(t, err, address)
			continue
		}
		require.ErrorIs(t, err, hone.InvalidArgument, address)
		require.ErrorContains(t, err, "--token-file")
		require.ErrorContains(t, err, "127.0.0.1:")
	}
	for _, address := range []string{"", "7070", "localhost", "127.0.0.1:", "::1:7070", "http://localhost:7070"} {
		require.False(t, access.IsLoopback(address) && address != "127.0.0.1:", address)
		for _, authenticated := range []bool{true, false} {
			require.ErrorIs(t, access.CheckListen(address, authenticated), hone.InvalidArgument, address)
		}
	}
}
