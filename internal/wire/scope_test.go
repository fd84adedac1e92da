package wire_test

import (
	"testing"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
	"github.com/stretchr/testify/require"
)

// TestEveryRouteHasARule fails when somebody adds a route and does not say who may use it.
func TestEveryRouteHasARule(t *testing.T) {
	scopes := []wire.Scope{wire.OneNamespace, wire.SomeNamespaces, wire.AllNamespaces}
	var public []wire.Operation
	for _, r := range wire.Routes() {
		if r.Scope() == wire.Public {
			public = append(public, r.Operation)
			require.Empty(t, r.Needs, "%s is everybody's: it needs no role", r.Operation)
			continue
		}
		require.Contains(t, scopes, r.Scope(), "%s: Scope must say what it is about", r.Operation)
		require.Contains(t, hone.Roles(), r.Needs, "%s: its line must say which role it needs", r.Operation)
	}
	require.Equal(t, []wire.Operation{wire.Healthz, wire.Readyz}, public)
	require.Equal(t, wire.Unruled, wire.Route{Operation: "New", Method: "GET", Path: "/new", Needs: hone.RoleViewer}.Scope())
}
