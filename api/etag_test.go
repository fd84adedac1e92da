package api_test

import (
	"context"
	"net/http"
	"strconv"
	"testing"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/api"
	"github.com/hone-tuner/hone/internal/wire"
	"github.com/hone-tuner/hone/internal/wire/wiretest"
	"github.com/stretchr/testify/require"
)

// standing is a service with one experiment, whose limits change with the patches that fit.
func standing(e *hone.Experiment) *wiretest.Recorder {
	return &wiretest.Recorder{Reply: func(_ context.Context, c wiretest.Call) (any, error) {
		if c.Method == "UpdateExperiment" {
			p := c.Args[1].(hone.Patch)
			if p.Events > 0 && p.Events != e.Status.Events || p.UID != "" && p.UID != e.UID {
				return nil, &hone.ChangedError{Experiment: e.Name, Known: p.Events, Newest: e.Status.Events}
			}
			e.Status.Events++
		}
		if c.Method == "GetExperiment" || c.Method == "UpdateExperiment" {
			return *e, nil
		}
		return nil, nil
	}}
}

func TestWhatTheCallerKnowsIsNotSentAgain(t *testing.T) {
	e := hone.Experiment{UID: "u-1", Name: "digits", Status: hone.Status{Events: 17}}
	h := handlerOf(standing(&e))
	w := do(h, http.MethodGet, digits, "")
	tag := w.Header().Get("ETag")
	require.Equal(t, `"17-u-1"`, tag)
	require.Equal(t, "private, no-cache", w.Header().Get("Cache-Control"))
	for _, known := range []string{tag, `"x", ` + tag, "W/" + tag, "*"} {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			w = do(h, method, digits, "", "If-None-Match", known)
			require.Equal(t, http.StatusNotModified, w.Code, known)
			require.Empty(t, w.Body.String())
			require.Equal(t, tag, w.Header().Get("ETag"))
			require.Empty(t, w.Header().Get("Content-Type"))
		}
	}
	e.Status.Events++
	w = do(h, http.MethodGet, digits, "", "If-None-Match", tag)
	require.Equal(t, http.StatusOK, w.Code)
	require.Equal(t, `"18-u-1"`, w.Header().Get("ETag"))
}

func TestEverythingThatIsReadAsJSONHasATag(t *testing.T) {
	for _, r := range wire.Routes() {
		first := do(handlerOf(&wiretest.Recorder{}), r.Method, target(t, r)+quiet(r), good(r.Operation))
		require.Less(t, first.Code, 300)
		tag := first.Header().Get("ETag")
		switch r.Operation {
		case wire.Events, wire.Logs, wire.Backup, wire.Metrics, wire.Healthz, wire.Readyz:
			require.Empty(t, tag, r.Operation)
			continue
		}
		if r.Method != http.MethodGet {
			require.Equal(t, first.Code != http.StatusNoContent, first.Header().Get("Cache-Control") == "no-store", r.Operation)
			continue
		}
		require.NotEmpty(t, tag, r.Operation)
		again := do(handlerOf(&wiretest.Recorder{}), r.Method, target(t, r), "", "If-None-Match", tag)
		require.Equal(t, http.StatusNotModified, again.Code, r.Operation)
		other := do(handlerOf(&wiretest.Recorder{}), r.Method, target(t, r), "", "If-None-Match", `"other"`)
		require.Equal(t, http.StatusOK, other.Code)
		require.Equal(t, first.Body.String(), other.Body.String())
	}
}

func TestErrorsHaveNoTag(t *testing.T) {
	w := do(handlerOf(failing(hone.Errorf(hone.NotFound, "no"))), http.MethodGet, digits, "", "If-None-Match", "*")
	require.Equal(t, http.StatusNotFound, w.Code)
	require.Empty(t, w.Header().Get("ETag"))
	require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
}

func TestOfTwoChangesOfOneStateTheSecondIsRefused(t *testing.T) {
	e := hone.Experiment{UID: "u", Name: "digits", Status: hone.Status{Events: 17}}
	h := handlerOf(standing(&e))
	tag := do(h, http.MethodGet, digits, "").Header().Get("ETag")
	change := func(ifMatch ...string) int {
		r := request(context.Background(), digits)
		r.Method = http.MethodPatch
		r.Header["If-Match"] = ifMatch
		return serve(h, r).Code
	}
	require.Equal(t, http.StatusOK, change(tag))
	require.Equal(t, http.StatusPreconditionFailed, change(tag))
	require.Equal(t, http.StatusOK, change(`"18-u"`))
	require.Equal(t, http.StatusOK, change(`"`+strconv.FormatInt(e.Status.Events, 10)+`"`), "whichever has the name")
	require.Equal(t, http.StatusOK, change("*"))
	require.Equal(t, http.StatusOK, change(`"0-u"`), "whatever has happened to this one")
	require.Equal(t, http.StatusPreconditionFailed, change(`"0-other"`))
	require.Equal(t, http.StatusOK, change())
	for _, odd := range []string{`"23-other"`, `"x"`, `W/"23-u"`, `23-u`, ``, `"-1"`, `"0"`, `"`} {
		require.Equal(t, http.StatusPreconditionFailed, change(odd), odd)
	}
	require.Equal(t, http.StatusBadRequest, change(`"23-u", "20-u"`))
	require.Equal(t, http.StatusBadRequest, change(`"23-u"`, `"20-u"`))
	require.Equal(t, int64(23), e.Status.Events)
}

func TestAnswersOfChangesCarryTheNewState(t *testing.T) {
	e := hone.Experiment{UID: "u", Name: "digits", Namespace: "a b", Status: hone.Status{Events: 3}}
	rec := &wiretest.Recorder{Reply: func(context.Context, wiretest.Call) (any, error) { return e, nil }}
	h := api.NewHandler(rec, api.Options{})
	require.Equal(t, `"3-u"`, do(h, http.MethodPost, digits+"/pause", "").Header().Get("ETag"))
	w := do(h, http.MethodPost, "/api/v1/experiments", "x")
	require.Equal(t, `"3-u"`, w.Header().Get("ETag"))
	require.Equal(t, "/api/v1/namespaces/a%20b/experiments/digits", w.Header().Get("Location"))
}
