package wire_test

import (
	"fmt"
	"os"
	"strings"
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

// TestDocumentationSaysWhoMayUseEveryRoute holds the table of docs/security.md against the routes: each in its line, and no
// other.
func TestDocumentationSaysWhoMayUseEveryRoute(t *testing.T) {
	text, err := os.ReadFile("../../docs/security.md")
	require.NoError(t, err)
	var documented []string
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "| `") && strings.Contains(line, " /") {
			documented = append(documented, strings.TrimSpace(line))
		}
	}
	var want []string
	for _, r := range wire.Routes() {
		role := string(r.Needs)
		if r.Scope() == wire.Public {
			role = "nobody needs one"
		}
		want = append(want, fmt.Sprintf("| `%s %s` | %s | %s |", r.Method, r.Path, role, r.Scope()))
	}
	require.Equal(t, want, documented)
}
