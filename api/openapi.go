package api

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"

	"github.com/hone-tuner/hone/api/openapi"
)

// documentOf makes the OpenAPI document when it is first asked for: most processes never are.
func documentOf(o Options) func() (json.RawMessage, error) {
	return sync.OnceValues(func() (json.RawMessage, error) {
		return openapi.Document(openapi.Options{Version: o.Version, Experiment: o.ExperimentSchema})
	})
}

func (h *handler) openAPI(context.Context, none) (json.RawMessage, error) { return h.document() }

// encodeRaw writes what is JSON already.
func encodeRaw(_ context.Context, w http.ResponseWriter, document json.RawMessage) error {
	return writeBody(w, http.StatusOK, document)
}
