package api_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/api"
	"github.com/hone-tuner/hone/internal/wire"
	"github.com/hone-tuner/hone/internal/wire/wiretest"
	"github.com/stretchr/testify/require"
)

const (
	pushPath = digits + "/trials/digits-0017/measurements"
	pushBody = `{"attempt": 1, "measurements": [{"metric": "a", "value": 1}]}`
)

// pusher is a push handler whose only good token is that of trial 17.
func pusher(s hone.MeasurementService) http.Handler {
	return api.NewPushHandler(s, func(_ context.Context, n hone.Name, number int, token string) error {
		if n.Name == "digits" && number == 17 && token == "secret" {
			return nil
		}
		return hone.Errorf(hone.Unauthenticated, "the token is not that of trial %d", number)
	}, api.Options{})
}

func TestTrialsPushWithTheirToken(t *testing.T) {
	for _, scheme := range []string{"Bearer ", "bearer "} {
		rec := &wiretest.Recorder{Reply: func(context.Context, wiretest.Call) (any, error) { return true, nil }}
		w := do(pusher(rec), "POST", pushPath, pushBody, "Authorization", scheme+"secret")
		require.Equal(t, http.StatusOK, w.Code, "%s", w.Body)
		require.JSONEq(t, `{"stop": true}`, w.Body.String())
		require.Equal(t, []wiretest.Call{{Method: "Measure", Args: []any{hone.Name{Namespace: "default", Name: "digits"},
			hone.Batch{Number: 17, Attempt: 1, Measurements: []hone.Measurement{{Metric: "a", Value: 1}}}}}}, rec.Calls())
	}
}

func TestPushingNeedsTheTokenOfTheTrial(t *testing.T) {
	for name, c := range map[string]struct {
		path, authorization string
		status              int
	}{
		"no token":                 {pushPath, "", 401},
		"an empty one":             {pushPath, "Bearer ", 401},
		"another scheme":           {pushPath, "Basic secret", 401},
		"a wrong one":              {pushPath, "Bearer secreT", 401},
		"another trial's":          {digits + "/trials/digits-0018/measurements", "Bearer secret", 401},
		"another experiment's":     {"/api/v1/namespaces/default/experiments/other/trials/other-0017/measurements", "Bearer secret", 401},
		"a trial of another":       {digits + "/trials/other-0017/measurements", "Bearer secret", 404},
		"what is not a trial":      {digits + "/trials/17/measurements", "Bearer secret", 400},
		"a parameter of no use":    {pushPath + "?x=1", "Bearer secret", 400},
		"a wrong one and bad JSON": {pushPath + "?x=1", "Bearer wrong", 401},
	} {
		t.Run(name, func(t *testing.T) {
			rec := &wiretest.Recorder{}
			w := do(pusher(rec), "POST", c.path, pushBody, "Authorization", c.authorization)
			require.Equal(t, c.status, w.Code, "%s", w.Body)
			problem(t, w)
			require.Empty(t, rec.Calls())
			if c.status == 401 {
				require.Equal(t, "Bearer", w.Header().Get("WWW-Authenticate"))
			}
		})
	}
}

func TestNothingElseIsServedToTrials(t *testing.T) {
	rec := &wiretest.Recorder{}
	for _, r := range wire.Routes() {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} {
			if r.Path == wire.RouteOf(wire.Measure).Path && method == "POST" {
				continue
			}
			w := do(pusher(rec), method, target(t, r), "", "Authorization", "Bearer secret")
			require.Equal(t, http.StatusNotFound, w.Code, "%s %s", method, r.Path)
			problem(t, w)
		}
	}
	require.Empty(t, rec.Calls())
}

func TestOnlyLoopbackNamesReachThePushPort(t *testing.T) {
	for host, allowed := range map[string]bool{
		"127.0.0.1": true, "127.0.0.1:7070": true, "localhost": true, "LocalHost:1": true, "[::1]": true, "[::1]:7070": true,
		"": false, "evil.example": false, "evil.example:7070": false, "127.0.0.1.evil.example": false, "localhost.evil.example": false,
		"127.0.0.2": false, "10.0.0.1:7070": false, "0.0.0.0": false, "[::]:1": false, "localhost:1:2": false,
	} {
		rec := &wiretest.Recorder{}
		req := newPush(t)
		req.Host = host
		w := serve(pusher(rec), req)
		if allowed {
			require.Equal(t, http.StatusOK, w.Code, "%q: %s", host, w.Body)
			continue
		}
		require.Equal(t, http.StatusForbidden, w.Code, "%q", host)
		require.Equal(t, hone.PermissionDenied, problem(t, w).Code)
		require.Empty(t, rec.Calls())
	}
}

func TestWebPagesCannotPush(t *testing.T) {
	for name, c := range map[string]struct {
		header, value string
		allowed       bool
	}{
		"another site":          {"Origin", "https://evil.example", false},
		"a page without origin": {"Origin", "null", false},
		"another port":          {"Origin", "http://127.0.0.1:8080", false},
		"a fetch across sites":  {"Sec-Fetch-Site", "cross-site", false},
		"a fetch within a site": {"Sec-Fetch-Site", "same-site", false},
		"the same origin":       {"Origin", "http://127.0.0.1:7070", true},
	} {
		t.Run(name, func(t *testing.T) {
			req := newPush(t)
			req.Header.Set(c.header, c.value)
			w := serve(pusher(&wiretest.Recorder{}), req)
			if c.allowed {
				require.Equal(t, http.StatusOK, w.Code)
				return
			}
			require.Equal(t, http.StatusForbidden, w.Code)
			require.Contains(t, problem(t, w).Message, "requests of web pages are refused")
		})
	}
}

func newPush(t *testing.T) *http.Request {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, "http://127.0.0.1:7070"+pushPath, strings.NewReader(pushBody))
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer secret")
	return req
}
