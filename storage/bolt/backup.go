package bolt

import (
	"context"
	"io"
	"os"

	"go.etcd.io/bbolt"

	"github.com/hone-tuner/hone"
)

var _ hone.BackupService = (*Store)(nil)

// growthWorthSaying is how much the file may grow while a backup is read before the log says so.
const growthWorthSaying = 64 << 20

// Backup writes the file as it is at this moment, from one transaction: what is written meanwhile is not in
// it, and waits for nobody. But pages that become free meanwhile are not used again before it ends, so that
// the file grows by what is written: whoever reads should not be slow.
func (s *Store) Backup(ctx context.Context, w io.Writer) error {
	out := &backup{ctx: ctx, w: w, s: s}
	err := s.read(ctx, func(tx *bbolt.Tx) error {
		out.size = fileSize(s.file)
		_, err := tx.WriteTo(out)
		return err
	})
	if out.err != nil {
		return out.err // of who reads, which says nothing of the store
	}
	return err
}

// backup passes a copy on, as long as somebody wants it.
type backup struct {
	ctx  context.Context //nolint:containedctx // of one call
	w    io.Writer
	err  error
	s    *Store
	size int64 // of the file when it began, or when the log last spoke of it
}

func (b *backup) Write(p []byte) (n int, err error) {
	if b.err = alive(b.ctx); b.err != nil {
		return 0, b.err
	}
	if n, b.err = b.w.Write(p); b.err != nil {
		return n, b.err
	}
	if now := fileSize(b.s.file); now >= b.size+growthWorthSaying {
		b.s.log.Warn("the store grows while a backup is read slowly; its file keeps that room", "path", b.s.path, "size", now)
		b.size = now
	}
	return n, nil
}

func fileSize(file *os.File) int64 {
	info, err := file.Stat()
	if err != nil {
		return 0
	}
	return info.Size()
}
