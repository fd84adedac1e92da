package api_test

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"
	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/api"
	"github.com/hone-tuner/hone/internal/wire/wiretest"
	"github.com/stretchr/testify/require"
)

// logged sends one request and returns the line that it left.
func logged(t *testing.T, level hclog.Level, rec *wiretest.Recorder, method, target, body string, headers ...string) string {
	var log bytes.Buffer
	o := api.Options{Logger: hclog.New(&hclog.LoggerOptions{Output: &log, Level: level}), NewID: func() string { return "made" }}
	do(api.NewHandler(rec, o), method, target, body, headers...)
	require.LessOrEqual(t, strings.Count(log.String(), "\n"), 1)
	return log.String()
}

func TestEachRequestIsLoggedAtTheLevelThatItDeserves(t *testing.T) {
	trial := digits + "/trials/digits-0001"
	for name, c := range map[string]struct {
		kind                        hone.Kind
		method, target, body, level string
	}{
		"reading":                   {"", "GET", digits, "", "DEBUG"},
		"a change":                  {"", "POST", digits + "/pause", "", "INFO"},
		"a change that is refused":  {hone.Conflict, "DELETE", digits, "", "INFO"},
		"a worker's ask":            {"", "POST", digits + "/ask", "", "DEBUG"},
		"a worker's readings":       {"", "POST", trial + "/measurements", `{"measurements": []}`, "DEBUG"},
		"a worker's end":            {"", "POST", trial + "/tell", `{"state": "Failed"}`, "DEBUG"},
		"a stranger":                {hone.Unauthenticated, "GET", digits, "", "INFO"},
		"somebody who may not":      {hone.PermissionDenied, "GET", digits, "", "INFO"},
		"a service that is away":    {hone.Unavailable, "GET", digits, "", "WARN"},
		"a mistake of the program":  {hone.Internal, "GET", digits, "", "ERROR"},
		"damaged data":              {hone.DataLoss, "POST", digits + "/ask", "", "ERROR"},
		"what this server has not":  {hone.Unimplemented, "GET", digits, "", "DEBUG"},
		"a path that is not there":  {"", "POST", "/api/v1/nonsense", "", "DEBUG"},
		"a mistake in what is read": {"", "GET", digits + "?x=1", "", "DEBUG"},
	} {
		t.Run(name, func(t *testing.T) {
			rec := &wiretest.Recorder{}
			if c.kind != "" {
				rec = failing(hone.Errorf(c.kind, "no way"))
			}
			line := logged(t, hclog.Debug, rec, c.method, c.target, c.body)
			require.Contains(t, line, "["+c.level+"]")
			require.Equal(t, c.kind != "", strings.Contains(line, `error="no way"`))
			if c.level == "DEBUG" {
				require.Empty(t, logged(t, hclog.Info, rec, c.method, c.target, c.body))
			}
		})
	}
}

func TestTheLogSaysWhatWasAskedAndNoSecrets(t *testing.T) {
	line := logged(t, hclog.Debug, &wiretest.Recorder{}, http.MethodGet, digits+"/leaderboard?top=3", "",
		"Authorization", "Bearer hone-secret", "X-Request-ID", "trace-1.2_3")
	require.Regexp(t, `method=GET path=`+digits+`/leaderboard status=200 bytes=\d+ duration=\S+ id=trace-1.2_3 operation=Leaderboard`, line)
	require.NotContains(t, line, "secret")
	require.NotContains(t, line, "top=3")
	line = logged(t, hclog.Debug, &wiretest.Recorder{}, http.MethodGet, "/a%0a%5bERROR%5d%20forged", "")
	require.Contains(t, line, `path="/a%0a%5bERROR%5d%20forged"`)
}

func TestTheCallerStandsInTheLog(t *testing.T) {
	var log bytes.Buffer
	authorizer := letIn(func(string, hone.Access) (hone.Caller, error) { return hone.Caller{ID: "1", Name: "ci"}, nil })
	h := api.NewGuardedHandler(&wiretest.Recorder{}, api.Guard{Authorizer: authorizer},
		api.Options{Logger: hclog.New(&hclog.LoggerOptions{Output: &log, Level: hclog.Info})})
	w := do(h, http.MethodPost, digits+"/pause", "", "Authorization", "Bearer hone-secret")
	require.Equal(t, http.StatusOK, w.Code)
	require.Contains(t, log.String(), "operation=PauseExperiment caller=ci")
	require.NotContains(t, log.String(), "secret")
}

// letIn is an Authorizer that is a function.
type letIn func(token string, a hone.Access) (hone.Caller, error)

func (f letIn) Authorize(_ context.Context, token string, a hone.Access) (hone.Caller, error) {
	return f(token, a)
}

func TestRequestIDsAreTakenOverIfTheyMayStandInALog(t *testing.T) {
	for sent, want := range map[string]string{"": "made", "abc-DEF_1.2": "abc-DEF_1.2", strings.Repeat("x", 64): strings.Repeat("x", 64),
		strings.Repeat("x", 65): "made", "a b": "made", "a\"b": "made", "é": "made", "<x>": "made"} {
		h := api.NewHandler(&wiretest.Recorder{}, api.Options{NewID: func() string { return "made" }})
		for _, path := range []string{digits, "/nonsense"} {
			require.Equal(t, want, do(h, http.MethodGet, path, "", "X-Request-ID", sent).Header().Get("X-Request-ID"))
		}
	}
	first := do(handlerOf(&wiretest.Recorder{}), http.MethodGet, digits, "").Header().Get("X-Request-ID")
	require.NotEqual(t, first, do(handlerOf(&wiretest.Recorder{}), http.MethodGet, digits, "").Header().Get("X-Request-ID"))
}
