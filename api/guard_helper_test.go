package api_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/access"
	"github.com/hone-tuner/hone/api"
	"github.com/hone-tuner/hone/internal/wire/wiretest"
	"github.com/hone-tuner/hone/storage/memory"
	"github.com/stretchr/testify/require"
)

// trialSecret is the token of trial 17 of digits.
const trialSecret = "the-token-of-trial-17"

// guarded is a handler with a guard, the keeper that it asks, and a service that notes what reaches it.
type guarded struct {
	http.Handler
	*access.Keeper
	t   *testing.T
	rec *wiretest.Recorder
	now time.Time
}

func newGuarded(t *testing.T, change ...func(*api.Guard)) *guarded {
	g := &guarded{t: t, rec: &wiretest.Recorder{}, now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	clock := func() time.Time { return g.now }
	var err error
	g.Keeper, err = access.New(t.Context(), access.Options{Store: memory.New(), Clock: clock})
	require.NoError(t, err)
	guard := api.Guard{Authorizer: g.Keeper, VerifyTrial: verifyTrial}
	for _, c := range change {
		c(&guard)
	}
	o := everything(g.rec)
	o.Clock = clock
	g.Handler = api.NewGuardedHandler(g.rec, guard, o)
	return g
}

func verifyTrial(_ context.Context, n hone.Name, number int, token string) error {
	if n.Namespace == "default" && n.Name == "digits" && number == 17 && token == trialSecret {
		return nil
	}
	return hone.Errorf(hone.Unauthenticated, "the token is not that of trial %d of %s", number, n)
}

// token makes a token and returns its secret.
func (g *guarded) token(role hone.Role, namespaces ...string) string {
	g.t.Helper()
	issued, err := g.CreateToken(g.t.Context(), hone.TokenRequest{Name: string(role) + "'s", Role: role, Namespaces: namespaces})
	require.NoError(g.t, err)
	return issued.Secret
}

// send sends a request with a token, or without one when it is "".
func (g *guarded) send(method, target, body, token string, headers ...string) *httptest.ResponseRecorder {
	if token != "" {
		headers = append(headers, "Authorization", "Bearer "+token)
	}
	return do(g, method, target, body, headers...)
}

// arrive is a request that came in at an address of this machine.
func arrive(method, target, body, local string) *http.Request {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Host = "localhost:7070"
	address := &net.TCPAddr{IP: net.ParseIP(local), Port: 7070}
	return r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, address))
}
