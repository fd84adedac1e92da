package bolt

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"

	"github.com/hone-tuner/hone"
)

// compactStep is how many bytes of keys and values one transaction of a compaction copies.
const compactStep = 16 << 20

// Compact writes the store in a file anew, without the room that deleted experiments left, and puts the new
// file in the place of the old one. Nobody else may have it open. A crash at any moment leaves the old file or
// the new one. It returns both sizes in bytes.
func Compact(ctx context.Context, path string) (before, after int64, err error) {
	s, err := Open(path, Options{})
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := s.swept(ctx); err != nil {
		return 0, 0, err
	}
	temporary := path + ".compact"
	if err := os.Remove(temporary); err != nil && !errors.Is(err, os.ErrNotExist) {
		return 0, 0, explain(path, err)
	}
	defer func() { _ = os.Remove(temporary) }()
	if err := explain(path, protect(path, func() error { return compact(temporary, s.db) })); err != nil {
		return 0, 0, err
	}
	report, err := Check(ctx, temporary, nil)
	switch {
	case err != nil:
		return 0, 0, err
	case len(report.Findings) > 0:
		return 0, 0, hone.Errorf(hone.DataLoss, "store %s: its copy is not whole (%s): hone check tells more", path, report.Findings[0])
	}
	before = fileSize(s.file)
	if err := errors.Join(os.Rename(temporary, path), syncDir(filepath.Dir(path))); err != nil {
		return 0, 0, explain(path, err)
	}
	return before, report.Size, nil
}

// swept waits until nothing of deleted experiments is left.
func (s *Store) swept(ctx context.Context) error {
	for {
		at, err := s.deleted()
		if err != nil || at == nil {
			return explain(s.path, err)
		}
		if err := s.write(ctx, func(t *transaction) error { return t.sweepSlice(at) }); err != nil {
			return err
		}
	}
}

func compact(path string, from *bbolt.DB) error {
	to, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Nanosecond, FreelistType: bbolt.FreelistMapType, NoSync: true})
	if err != nil {
		return err
	}
	return errors.Join(bbolt.Compact(to, from, compactStep), to.Sync(), to.Close())
}
