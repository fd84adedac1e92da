package api

import (
	"context"
	"net/http"
	"slices"
	"strings"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/internal/wire"
)

// name reads the experiment out of the path.
func name(r *http.Request) (hone.Name, error) {
	return hone.Name{Namespace: r.PathValue("ns"), Name: r.PathValue("name")}, nil
}

func runRequest(r *http.Request) (hone.RunRequest, error) {
	body, err := readBody(r)
	if err != nil {
		return hone.RunRequest{}, err
	}
	var in wire.RunRequest
	err = wire.Decode(body, "", &in)
	return in.Request(), err
}

func encodeRun(_ context.Context, w http.ResponseWriter, reply hone.RunReply) error {
	status := http.StatusOK
	if reply.Created {
		status = http.StatusCreated
	}
	return writeJSON(w, status, reply)
}

func experimentFilter(r *http.Request) (hone.ExperimentFilter, error) {
	q := query{values: r.URL.Query()}
	f := hone.ExperimentFilter{
		Namespace: q.text("namespace"),
		State:     hone.ExperimentState(q.text("state")),
		Limit:     q.count("limit"),
		Cursor:    q.text("cursor"),
	}
	if caller, known := hone.CallerOf(r.Context()); known {
		f.Namespaces = caller.Namespaces
	}
	states := hone.ExperimentStates()
	if q.values.Has("state") && !slices.Contains(states, f.State) {
		q.fail("state", "%q is not a state of an experiment; they are %s", f.State, commas(states))
	}
	return f, q.err
}

func commas[S ~string](words []S) string {
	texts := make([]string, len(words))
	for i, w := range words {
		texts[i] = string(w)
	}
	return strings.Join(texts, ", ")
}

func encodeExperiments(_ context.Context, w http.ResponseWriter, p hone.ExperimentPage) error {
	p.Experiments = list(p.Experiments)
	return writeJSON(w, http.StatusOK, p)
}

// patch is a change of an experiment's spec.
type patch struct {
	hone.Name
	hone.Patch
}

func patchRequest(r *http.Request) (p patch, err error) {
	p.Name, _ = name(r)
	if p.UID, p.Events, err = ifMatch(r); err != nil {
		return p, err
	}
	p.Spec, err = readBody(r)
	return p, err
}

func (h *handler) update(ctx context.Context, p patch) (hone.Experiment, error) {
	return h.service.UpdateExperiment(ctx, p.Name, p.Patch)
}
