package api_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
	"github.com/hone-tuner/hone/internal/wire/wiretest"
	"github.com/stretchr/testify/require"
)

func TestMistakesInRequestsAreNamed(t *testing.T) {
	for name, c := range map[string]struct{ method, target, body, says string }{
		"a misspelt parameter":       {"POST", digits + "/stop?drian=true", "", `drian: there is no such parameter here; did you mean "drain"?`},
		"a strange parameter":        {"GET", digits + "/leaderboard?colour=red", "", `colour: there is no such parameter here; there are top, imported, curves`},
		"a parameter of none":        {"GET", digits + "?x=1", "", `x: there is no such parameter here`},
		"an unreadable query":        {"GET", digits + "?a=%zz", "", `the parameters after the ? cannot be read: invalid URL escape "%zz"`},
		"no flag":                    {"POST", digits + "/stop?drain=yes", "", `drain: must be true or false, not "yes"`},
		"an empty flag":              {"POST", digits + "/stop?drain=", "", `drain: must be true or false, not ""`},
		"a flag twice":               {"POST", digits + "/stop?drain=true&drain=false", "", `drain: is given 2 times`},
		"a body where none is":       {"POST", digits + "/stop", `{"drain": true}`, `POST ` + digits + `/stop takes no body`},
		"a large one":                {"POST", digits + "/pause", strings.Repeat(" ", 1000), `POST ` + digits + `/pause takes no body`},
		"a negative number":          {"GET", digits + "/leaderboard?top=-1", "", `top: must be a whole number that is not negative, not "-1"`},
		"a huge number":              {"GET", "/api/v1/experiments?limit=99999999999999999999", "", `limit: must be a whole number that is not negative, not "99999999999999999999"`},
		"a word for a number":        {"GET", digits + "/trials?cursor=x", "", `cursor: must be a whole number that is not negative, not "x"`},
		"a state of experiments":     {"GET", "/api/v1/experiments?state=running", "", `state: "running" is not a state of an experiment; they are Created, Running, Paused, Succeeded, Failed, Stopped`},
		"a state of trials":          {"GET", digits + "/trials?state=Running,Done", "", `state: "Done" is not a state of a trial; they are Pending, Running, Succeeded, Failed, EarlyStopped, Stopped`},
		"a stream":                   {"GET", digits + "/trials/digits-0001/logs?stream=out", "", `stream: must be stdout or stderr, not "out"; without it both are shown`},
		"an event's number":          {"GET", digits + "/events?after=1.5", "", `after: must be a whole number that is not negative, not "1.5"`},
		"a number for a trial":       {"GET", digits + "/trials/17", "", `"17" is not the name of a trial; they look like digits-0017`},
		"a run's field":              {"POST", "/api/v1/runs", `{"dokument": ""}`, `dokument: unknown field; did you mean "document"?`},
		"a run's document as a text": {"POST", "/api/v1/runs", `{"document": "kind: Experiment"}`, `a text that must be base64 is not: illegal base64 data at input byte 4`},
		"a run's override":           {"POST", "/api/v1/runs", `{"overrides": {"trials": "ten"}}`, `overrides.trials: must be a whole number, not string`},
		"a run's retention":          {"POST", "/api/v1/runs", `{"retention": {"age": "long"}}`, `"long" is not a duration; write it like 90s, 30m or 2h`},
		"a point without parameters": {"POST", digits + "/enqueue", `{}`, `parameters: is missing: write {"parameters": {"lr": 0.001}}`},
		"an import without trials":   {"POST", digits + "/import", `{}`, `trials: is missing: it is the list of trials to import`},
		"a reading without value":    {"POST", digits + "/trials/digits-0001/measurements", `{"measurements": [{"metric": "a"}]}`, `measurements[0].value: is missing`},
		"no readings at all":         {"POST", digits + "/trials/digits-0001/measurements", ``, `a JSON object is missing; write {"measurements": [{"metric": "accuracy", "value": 0.97, "step": 3}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			rec := &wiretest.Recorder{}
			w := do(handlerOf(rec), c.method, c.target, c.body)
			require.Equal(t, http.StatusBadRequest, w.Code)
			p := problem(t, w)
			require.Equal(t, hone.InvalidArgument, p.Code)
			require.Equal(t, c.says, p.Message)
			require.Empty(t, rec.Calls(), "the service must not be asked")
		})
	}
}

func TestTrialsOfOtherExperimentsAreNotFound(t *testing.T) {
	w := do(handlerOf(&wiretest.Recorder{}), "GET", digits+"/trials/other-0001", "")
	require.Equal(t, http.StatusNotFound, w.Code)
	require.Equal(t, `trial "other-0001" is not one of experiment "digits", whose trials look like digits-0017`, problem(t, w).Message)
}

func TestLastEventIDMustBeANumber(t *testing.T) {
	w := do(handlerOf(&wiretest.Recorder{}), "GET", digits+"/events", "", "Last-Event-ID", "abc")
	require.Equal(t, `Last-Event-ID: must be the sequence number of an event, not "abc"`, problem(t, w).Message)
}

func TestAnEmptyObjectCountsAsNoBody(t *testing.T) {
	for _, body := range []string{"", " \n", "{}", " {}\n"} {
		require.Equal(t, http.StatusOK, do(handlerOf(&wiretest.Recorder{}), "POST", digits+"/pause", body).Code, "%q", body)
	}
}

func TestDocumentsArriveAsTheyAre(t *testing.T) {
	document := "# a comment\nkind: Experiment\n\x00\xff"
	for _, contentType := range []string{"", "application/json", "application/x-www-form-urlencoded", "text/yaml"} {
		rec := &wiretest.Recorder{}
		w := do(handlerOf(rec), "POST", "/api/v1/experiments", document, "Content-Type", contentType)
		require.Equal(t, http.StatusCreated, w.Code)
		require.Equal(t, []wiretest.Call{{Method: "CreateExperiment", Args: []any{[]byte(document)}}}, rec.Calls())
	}
}

// TestBodiesHaveLimits sends each route that takes a body one that just fits, and one byte more.
func TestBodiesHaveLimits(t *testing.T) {
	h := handlerOf(&wiretest.Recorder{})
	for _, r := range wire.Routes() {
		if r.BodyLimit == 0 {
			continue
		}
		send := func(size int64) *httptest.ResponseRecorder {
			fits := good(r.Operation)
			// Blanks in front are JSON's, and harmless to who takes any document.
			body := io.MultiReader(&blanks{size - int64(len(fits))}, strings.NewReader(fits))
			return serve(h, httptest.NewRequest(r.Method, target(t, r), body))
		}
		// Reading 64 MiB of blanks as JSON takes its time with the race detector: 5 are more than others have.
		w := send(min(r.BodyLimit, 5<<20))
		require.Less(t, w.Code, 300, "%s: %s", r.Operation, w.Body)
		w = send(r.BodyLimit + 1)
		require.Equal(t, http.StatusRequestEntityTooLarge, w.Code, "%s", r.Operation)
		p := problem(t, w)
		require.Equal(t, hone.InvalidArgument, p.Code)
		require.Regexp(t, `^the body is larger than (1|4|64) MiB, which is the most that `+r.Method+" /", p.Message)
	}
}

// blanks are so many spaces.
type blanks struct{ left int64 }

func (b *blanks) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(int64(len(p)), b.left)], spaces)
	b.left -= int64(n)
	return n, nil
}

var spaces = strings.Repeat(" ", 64<<10)

// FuzzRequests sends anything to any route: nothing panics, mistakes are the client's, and every error is
// JSON.
func FuzzRequests(f *testing.F) {
	for i, r := range wire.Routes() {
		f.Add(i, "digits-0017", strings.Join(r.Query, "=1&"), []byte(good(r.Operation)))
	}
	f.Add(8, "x", "drain=true;x", []byte("{"))
	f.Add(13, "digits-0000", "after=-1", []byte("\xff"))
	rec := &wiretest.Recorder{Reply: func(_ context.Context, c wiretest.Call) (any, error) {
		if c.Method == "Events" { // a stream would never end
			return []hone.Event{{Sequence: 1}}, nil
		}
		return nil, nil
	}}
	h := handlerOf(rec)
	f.Fuzz(func(t *testing.T, i int, trial, query string, body []byte) {
		routes := wire.Routes()
		r := routes[(i%len(routes)+len(routes))%len(routes)]
		path, err := r.Target(hone.Name{Name: "digits"}, trial)
		if err != nil {
			t.Skip()
		}
		req, err := http.NewRequest(r.Method, "http://localhost"+path, strings.NewReader(string(body)))
		require.NoError(t, err)
		req.URL.RawQuery = query
		if r.Operation == wire.Events {
			req.URL.RawQuery = "follow=false&" + query
		}
		w := serve(h, req)
		require.NotEqual(t, http.StatusInternalServerError, w.Code, "%s", w.Body)
		if w.Code >= 400 {
			problem(t, w)
		}
	})
}
