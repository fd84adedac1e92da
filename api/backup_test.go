package api_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	hone "github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/api"
	"github.com/hone-tuner/hone/client"
	"github.com/hone-tuner/hone/internal/wire/wiretest"
)

// copier is a store that writes something, and then ends.
type copier struct {
	text string
	err  error
}

func (c copier) Backup(_ context.Context, w io.Writer) error {
	if c.text != "" {
		if _, err := io.WriteString(w, c.text); err != nil {
			return err
		}
	}
	return c.err
}

func TestABackupArrivesWholeOrNotAtAll(t *testing.T) {
	for name, c := range map[string]struct {
		store hone.BackupService
		kind  hone.Kind
	}{
		"a copy":                        {copier{text: "pages"}, ""},
		"one that fails at once":        {copier{err: hone.Errorf(hone.DataLoss, "a page is gone")}, hone.DataLoss},
		"one that breaks off":           {copier{text: "pag", err: io.ErrUnexpectedEOF}, hone.Unavailable},
		"a server that has nothing for": {nil, hone.Unimplemented},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(api.NewHandler(&wiretest.Recorder{}, api.Options{Backup: c.store}))
			defer server.Close()
			var out bytes.Buffer
			err := client.New(client.Options{BaseURL: server.URL}).Backup(t.Context(), &out)
			if c.kind == "" {
				require.NoError(t, err)
				require.Equal(t, "pages", out.String())
				return
			}
			require.ErrorIs(t, err, c.kind)
		})
	}
}

func TestTheHeadersOfABackupCostNoCopy(t *testing.T) {
	w := httptest.NewRecorder()
	api.NewHandler(&wiretest.Recorder{}, api.Options{Backup: copier{err: io.ErrUnexpectedEOF}}).ServeHTTP(w, httptest.NewRequest(http.MethodHead, "/api/v1/backup", nil))
	require.Equal(t, http.StatusOK, w.Code)
	require.Contains(t, w.Header().Get("Content-Disposition"), "hone.db")
}
