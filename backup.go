package hone

import (
	"context"
	"io"
)

// BackupService copies everything that is remembered.
type BackupService interface {
	// Backup writes one consistent copy of the store: as it was at one moment, whatever happens meanwhile.
	// When it fails, what was written is good for nothing.
	Backup(ctx context.Context, w io.Writer) error
}
