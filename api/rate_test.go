package api_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/api"
	"github.com/stretchr/testify/require"
)

// from sends a request from an address.
func (g *guarded) from(address, token string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", digits, nil)
	r.Host, r.RemoteAddr = "localhost", address
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return serve(g, r)
}

// retryAfter checks an answer of 429 and returns when to come again.
func retryAfter(t *testing.T, w *httptest.ResponseRecorder) time.Duration {
	t.Helper()
	require.Equal(t, http.StatusTooManyRequests, w.Code, "%s", w.Body)
	require.Equal(t, hone.ResourceExhausted, problem(t, w).Code)
	seconds, err := strconv.Atoi(w.Header().Get("Retry-After"))
	require.NoError(t, err)
	require.Positive(t, seconds)
	return time.Duration(seconds) * time.Second
}

func TestEachCallerHasARateOfItsOwn(t *testing.T) {
	g := newGuarded(t, func(guard *api.Guard) { guard.Rate = 5 })
	one, two := g.token(hone.RoleViewer), g.token(hone.RoleViewer)
	for range 5 {
		require.Equal(t, http.StatusOK, g.from("10.0.0.1:1", one).Code)
	}
	wait := retryAfter(t, g.from("10.0.0.2:1", one))
	require.Equal(t, time.Second, wait)
	require.Equal(t, http.StatusOK, g.from("10.0.0.1:1", two).Code)
	require.Equal(t, http.StatusOK, do(g, "GET", "/healthz", "").Code)
	for range 100 { // those that were refused use nothing up
		require.Equal(t, http.StatusTooManyRequests, g.from("10.0.0.1:1", one).Code)
	}
	g.now = g.now.Add(wait)
	for range 5 {
		require.Equal(t, http.StatusOK, g.from("10.0.0.1:1", one).Code)
	}
	retryAfter(t, g.from("10.0.0.1:1", one))
}

func TestThousandsOfRequestsASecondPassByDefault(t *testing.T) {
	g := newGuarded(t)
	token := g.token(hone.RoleEditor)
	for range 5000 {
		require.Equal(t, http.StatusOK, g.from("10.0.0.1:1", token).Code)
	}
}

func TestGuessingTokensIsSlow(t *testing.T) {
	g := newGuarded(t)
	good, other := g.token(hone.RoleViewer), g.token(hone.RoleViewer)
	require.Equal(t, http.StatusOK, g.from("10.0.0.1:1", good).Code)
	for i := range 100 {
		require.Equal(t, http.StatusUnauthorized, g.from("10.0.0.1:"+fmt.Sprint(i+1), "guess"+fmt.Sprint(i)).Code)
	}
	wait := retryAfter(t, g.from("10.0.0.1:1", "guess"))
	retryAfter(t, g.from("10.0.0.1:1", other))
	require.Equal(t, http.StatusOK, g.from("10.0.0.1:1", good).Code, "one that was good before is not kept waiting")
	require.Equal(t, http.StatusUnauthorized, g.from("10.0.0.1:1", "").Code, "no token is no guess")
	require.Equal(t, http.StatusUnauthorized, g.from("10.0.0.2:1", "guess").Code, "another address is another matter")
	g.now = g.now.Add(wait)
	require.Equal(t, http.StatusOK, g.from("10.0.0.1:1", other).Code)
	guesses := 0
	for range 100 { // within ten seconds
		g.now = g.now.Add(100 * time.Millisecond)
		for range 10 {
			if g.from("10.0.0.1:1", "guess").Code == http.StatusUnauthorized {
				guesses++
			}
		}
	}
	require.InDelta(t, 100, guesses, 12)
}

func TestATokenThatWasGoodIsNoLongerSpared(t *testing.T) {
	g := newGuarded(t)
	issued, err := g.CreateToken(t.Context(), hone.TokenRequest{Name: "it", Role: hone.RoleViewer})
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, g.from("10.0.0.1:1", issued.Secret).Code)
	require.NoError(t, g.RevokeToken(t.Context(), issued.ID))
	for range 100 {
		require.Equal(t, http.StatusUnauthorized, g.from("10.0.0.1:1", issued.Secret).Code)
	}
	retryAfter(t, g.from("10.0.0.1:1", issued.Secret))
}

func TestTrialsOfOneMachineAreNoGuesses(t *testing.T) {
	g := newGuarded(t)
	for range 1000 {
		require.Equal(t, http.StatusOK, g.send("POST", pushPath, pushBody, trialSecret).Code)
	}
}

func TestANetworkOfIPv6IsOneAddress(t *testing.T) {
	g := newGuarded(t)
	for i := range 100 {
		g.from(fmt.Sprintf("[2001:db8:0:1::%x]:1", i+1), "guess")
	}
	retryAfter(t, g.from("[2001:db8:0:1:ffff::1]:1", "guess"))
	require.Equal(t, http.StatusUnauthorized, g.from("[2001:db8:0:2::1]:1", "guess").Code)
	for range 100 {
		g.from("[::ffff:10.0.0.1]:1", "guess")
	}
	retryAfter(t, g.from("10.0.0.1:1", "guess"))
	require.Equal(t, http.StatusUnauthorized, g.from("10.0.0.2:1", "guess").Code)
}
