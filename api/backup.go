package api

import (
	"context"
	"io"
	"net/http"
	"time"

	hone "github.com/hone-tuner/hone"
)

// backupPatience is how long the reader of a backup may take nothing: a copy takes room until it has been read.
const backupPatience = time.Minute

// backup is a copy of the store that has not been begun.
type backup struct {
	hone.BackupService
	wanted bool // false when only the headers are
}

func backupRequest(r *http.Request) (wanted bool, err error) {
	return r.Method != http.MethodHead, nil
}

func (h *handler) backup(_ context.Context, wanted bool) (backup, error) {
	if h.options.Backup == nil {
		return backup{}, hone.Errorf(hone.Unimplemented, "this server has no store that it could copy")
	}
	return backup{BackupService: h.options.Backup, wanted: wanted}, nil
}

// encodeBackup copies the store to the client. A copy that breaks off breaks the connection, so that nobody
// takes a part of it for the whole.
func encodeBackup(ctx context.Context, w http.ResponseWriter, b backup) error {
	ctx, cancel := untilShutdown(ctx)
	defer cancel()
	out := &patientWriter{ResponseWriter: w, control: http.NewResponseController(w)}
	if !b.wanted {
		out.begin()
		return nil
	}
	err := b.Backup(ctx, out)
	switch {
	case err == nil:
		_ = out.control.SetWriteDeadline(time.Time{}) // the connection may be used for longer
		return nil
	case out.begun:
		panic(http.ErrAbortHandler)
	}
	return err
}

// patientWriter writes an answer whose reader may be slow, but must not stop. Its headers go out with the first
// bytes, so that what fails before is still answered as an error.
type patientWriter struct {
	http.ResponseWriter
	control *http.ResponseController
	begun   bool
}

var _ io.Writer = (*patientWriter)(nil)

func (p *patientWriter) begin() {
	p.begun = true
	p.Header().Set("Content-Type", "application/octet-stream")
	p.Header().Set("Content-Disposition", `attachment; filename="hone.db"`)
	p.Header().Set("X-Content-Type-Options", "nosniff")
	p.WriteHeader(http.StatusOK)
}

// Write passes bytes on, and gives the client a while to take them.
func (p *patientWriter) Write(data []byte) (int, error) {
	if !p.begun {
		p.begin()
	}
	_ = p.control.SetWriteDeadline(time.Now().Add(backupPatience)) // a recorder of a test has none
	return p.ResponseWriter.Write(data)
}
