package bolt

import (
	"context"
	"io"
	"os"
	"path/filepath"

	"go.etcd.io/bbolt"

	"github.com/hone-tuner/hone"
)

var _ hone.BackupService = (*Store)(nil)

// Backup writes the file as it is at this moment, from one transaction: what is written meanwhile is not in
// it, and waits for nobody.
//
// While a transaction reads, bbolt can use no page again that becomes free, and every commit lists all of
// them: the file grows, and commits become slower and slower. So the copy is first made beside the file, at the
// speed of the disk, and whoever reads it may be as slow as they like. It needs room for that copy.
func (s *Store) Backup(ctx context.Context, w io.Writer) error {
	file, err := os.CreateTemp(filepath.Dir(s.path), "."+filepath.Base(s.path)+".backup-*")
	if err != nil {
		return explain(s.path, err)
	}
	defer func() { _ = file.Close() }()
	if err := os.Remove(file.Name()); err != nil { // it goes with its last user, however that ends
		return explain(s.path, err)
	}
	if err := s.read(ctx, func(tx *bbolt.Tx) error {
		_, err := tx.WriteTo(&wanted{ctx: ctx, w: file})
		return err
	}); err != nil {
		if ended := alive(ctx); ended != nil {
			return ended
		}
		return err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return explain(s.path, err)
	}
	_, err = io.Copy(&wanted{ctx: ctx, w: w}, file)
	return err // of who reads, which says nothing of the store
}

// wanted passes a copy on, as long as somebody wants it.
type wanted struct {
	ctx context.Context //nolint:containedctx // of one call
	w   io.Writer
}

func (c *wanted) Write(p []byte) (int, error) {
	if err := alive(c.ctx); err != nil {
		return 0, err
	}
	return c.w.Write(p)
}

func fileSize(file *os.File) int64 {
	info, err := file.Stat()
	if err != nil {
		return 0
	}
	return info.Size()
}
