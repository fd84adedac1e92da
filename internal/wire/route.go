package wire

import (
	"net/http"
	"net/url"
	"strings"

	hone "github.com/hone-tuner/hone"
)

// Operation names what a route does. Most carry the name of the method of hone.Service that answers.
type Operation string

// The operations.
const (
	CreateExperiment    Operation = "CreateExperiment"
	RunExperiment       Operation = "RunExperiment"
	ListExperiments     Operation = "ListExperiments"
	GetExperiment       Operation = "GetExperiment"
	UpdateExperiment    Operation = "UpdateExperiment"
	DeleteExperiment    Operation = "DeleteExperiment"
	PauseExperiment     Operation = "PauseExperiment"
	ResumeExperiment    Operation = "ResumeExperiment"
	StopExperiment      Operation = "StopExperiment"
	InterruptExperiment Operation = "InterruptExperiment"
	Enqueue             Operation = "Enqueue"
	Import              Operation = "Import"
	Leaderboard         Operation = "Leaderboard"
	Events              Operation = "Events"
	ListTrials          Operation = "ListTrials"
	GetTrial            Operation = "GetTrial"
	StopTrial           Operation = "StopTrial"
	RetryTrial          Operation = "RetryTrial"
	Logs                Operation = "Logs"
	Measure             Operation = "Measure"
	Measurements        Operation = "Measurements"
	Ask                 Operation = "Ask"
	Tell                Operation = "Tell"
	Algorithms          Operation = "Algorithms"
	OpenAPI             Operation = "OpenAPI"
	Metrics             Operation = "Metrics"
	CreateToken         Operation = "CreateToken"
	Tokens              Operation = "Tokens"
	RevokeToken         Operation = "RevokeToken"
	Backup              Operation = "Backup"
	Healthz             Operation = "Healthz"
	Readyz              Operation = "Readyz"
)

// Sizes that a body may have, in bytes.
const (
	noBody     = 0
	smallBody  = 1 << 20
	runBody    = 4 << 20
	importBody = 64 << 20
)

// PageLimit is the most items that a page of a list has.
const PageLimit = 1000

// Route is one line of the API.
type Route struct {
	Operation Operation
	Method    string
	// Path is a pattern with the wildcards {ns}, {name}, {trial} and {token}.
	Path string
	// Query lists the parameters that it takes; any other is refused.
	Query []string
	// BodyLimit is the largest body in bytes; 0 means that it takes none.
	BodyLimit int64
	// Needs is the least role that may do it; "" where anybody may.
	Needs hone.Role
}

const (
	experiments = "/api/v1/experiments"
	experiment  = "/api/v1/namespaces/{ns}/experiments/{name}"
	trials      = experiment + "/trials"
	trial       = trials + "/{trial}"
	tokens      = "/api/v1/tokens"
)

// Routes lists every route, each once.
func Routes() []Route {
	get, post := http.MethodGet, http.MethodPost
	viewer, editor, admin := hone.RoleViewer, hone.RoleEditor, hone.RoleAdmin
	return []Route{
		{CreateExperiment, post, experiments, nil, smallBody, editor},
		{RunExperiment, post, "/api/v1/runs", nil, runBody, admin},
		{ListExperiments, get, experiments, []string{"namespace", "state", "limit", "cursor"}, noBody, viewer},
		{GetExperiment, get, experiment, nil, noBody, viewer},
		{UpdateExperiment, http.MethodPatch, experiment, nil, smallBody, editor},
		{DeleteExperiment, http.MethodDelete, experiment, nil, noBody, editor},
		{PauseExperiment, post, experiment + "/pause", nil, noBody, editor},
		{ResumeExperiment, post, experiment + "/resume", nil, noBody, editor},
		{StopExperiment, post, experiment + "/stop", []string{"drain"}, noBody, editor},
		{InterruptExperiment, post, experiment + "/interrupt", nil, noBody, admin},
		{Enqueue, post, experiment + "/enqueue", nil, smallBody, editor},
		{Import, post, experiment + "/import", nil, importBody, editor},
		{Leaderboard, get, experiment + "/leaderboard", []string{"top", "imported", "curves"}, noBody, viewer},
		{Events, get, experiment + "/events", []string{"after", "follow", "wait"}, noBody, viewer},
		{ListTrials, get, trials, []string{"state", "limit", "cursor"}, noBody, viewer},
		{GetTrial, get, trial, nil, noBody, viewer},
		{StopTrial, post, trial + "/stop", nil, noBody, editor},
		{RetryTrial, post, trial + "/retry", nil, noBody, editor},
		{Logs, get, trial + "/logs", []string{"attempt", "stream", "follow", "offset", "tail"}, noBody, viewer},
		{Measure, post, trial + "/measurements", nil, smallBody, editor},
		{Measurements, get, trial + "/measurements", []string{"metric"}, noBody, viewer},
		{Ask, post, experiment + "/ask", nil, smallBody, editor},
		{Tell, post, trial + "/tell", nil, smallBody, editor},
		{Algorithms, get, "/api/v1/algorithms", nil, noBody, viewer},
		{OpenAPI, get, "/api/v1/openapi.json", nil, noBody, viewer},
		{CreateToken, post, tokens, nil, smallBody, admin},
		{Tokens, get, tokens, nil, noBody, admin},
		{RevokeToken, http.MethodDelete, tokens + "/{token}", nil, noBody, admin},
		{Backup, get, "/api/v1/backup", nil, noBody, admin},
		{Metrics, get, "/metrics", nil, noBody, viewer},
		{Healthz, get, "/healthz", nil, noBody, ""},
		{Readyz, get, "/readyz", nil, noBody, ""},
	}
}

// RouteOf finds the route of an operation; the zero Route if there is none.
func RouteOf(op Operation) Route {
	for _, r := range Routes() {
		if r.Operation == op {
			return r
		}
	}
	return Route{}
}

// Pattern is the route as http.ServeMux takes it.
func (r Route) Pattern() string { return r.Method + " " + r.Path }

// Target fills in the wildcards and returns an escaped path; item is the name of the trial, or the ID of the
// token. An empty namespace means the default one. The error, of kind InvalidArgument, says which name cannot
// stand in a path.
func (r Route) Target(n hone.Name, item string) (string, error) {
	if n.Namespace == "" {
		n.Namespace = hone.DefaultNamespace
	}
	path := r.Path
	for _, part := range []struct{ wildcard, what, value string }{
		{"{ns}", "namespace", n.Namespace}, {"{name}", "experiment", n.Name}, {"{trial}", "trial", item}, {"{token}", "token", item},
	} {
		if !strings.Contains(path, part.wildcard) {
			continue
		}
		switch part.value {
		case "":
			return "", hone.Errorf(hone.InvalidArgument, "the name of the %s is missing", part.what)
		case ".", "..", "/": // would be taken for steps in the path
			return "", hone.Errorf(hone.InvalidArgument, "%q cannot be the name of the %s", part.value, part.what)
		}
		path = strings.Replace(path, part.wildcard, url.PathEscape(part.value), 1)
	}
	return path, nil
}
