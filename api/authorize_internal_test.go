package api

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
	"github.com/stretchr/testify/require"
)

type everybody struct{}

func (everybody) Authorize(context.Context, string, hone.Access) (hone.Caller, error) {
	return hone.Caller{ID: "anybody"}, nil
}

// TestARouteWithoutARuleIsNobodys: not even of those whom the authorizer lets do everything.
func TestARouteWithoutARuleIsNobodys(t *testing.T) {
	o := Options{}.withDefaults()
	g := &guarded{handler: &handler{options: o}, Guard: Guard{Authorizer: everybody{}}, callers: newRates(0, 1, o.Clock),
		failures: newRates(failureRate, failureBurst, o.Clock), accepted: newRecent[struct{}](rememberedCallers)}
	for name, c := range map[string]struct {
		route  wire.Route
		status int
	}{
		"no scope":          {wire.Route{Operation: "New", Method: "GET", Path: "/new", Needs: hone.RoleViewer}, 403},
		"no role":           {wire.Route{Operation: "New", Method: "GET", Path: "/api/v1/namespaces/{ns}/new"}, 403},
		"neither":           {wire.Route{Operation: "New", Method: "GET", Path: "/healthz/details"}, 403},
		"scope and role":    {wire.Route{Operation: "New", Method: "GET", Path: "/api/v1/namespaces/{ns}/new", Needs: hone.RoleViewer}, 200},
		"what is public is": {wire.RouteOf(wire.Healthz), 200},
	} {
		t.Run(name, func(t *testing.T) {
			h := g.admit(c.route, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }))
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
			require.Equal(t, c.status, w.Code)
		})
	}
}
