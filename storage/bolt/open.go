package bolt

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
	"go.etcd.io/bbolt"

	"github.com/hone-tuner/hone"
)

// Options say how a store is opened. The zero Options are fine.
type Options struct {
	// Logger hears of what goes wrong in the background; nil for nobody.
	Logger hclog.Logger
	// MaxSize is how large the file may become, in bytes; 0 for no limit. What does not fit is refused with
	// kind ResourceExhausted.
	MaxSize int
}

// Memory that is mapped and room that is taken beforehand. Mapping costs addresses only, and a map that is
// large enough from the start never has to wait for readers: a file that outgrows it stops all writers until
// the last reader has gone, which may be a backup that takes an hour. Where addresses are few, less must do.
const (
	mapSize      = 1 << (30 + 7*(^uint(0)>>63)) // 128 GiB; 1 GiB on machines of 32 bits
	smallMapSize = 1 << 30
	allocSize    = 4 << 20
)

// Open opens the store in a file, which only one process can have open at a time. A file that does not
// exist is created, for its owner alone; its folder must be there. Errors are of kind
//
//   - Unavailable: another process has the file open;
//   - PermissionDenied: the file or its folder cannot be written;
//   - DataLoss: the file is damaged, cut off or empty;
//   - InvalidArgument: it belongs to another program;
//   - Unimplemented: a newer version of hone wrote it;
//   - NotFound: there is no such folder;
//   - ResourceExhausted: the disk is full.
func Open(path string, o Options) (*Store, error) {
	if o.Logger == nil {
		o.Logger = hclog.NewNullLogger()
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		if err := create(path); err != nil {
			return nil, explain(path, err)
		}
	}
	s := &Store{path: path, log: o.Logger, specs: map[slot]hone.Experiment{}, folded: map[slot]hone.Experiment{}}
	err := protect(path, func() error { return s.open(o) })
	if err == nil {
		err = protect(path, s.check)
	}
	if err != nil {
		s.abandon()
		return nil, explain(path, err)
	}
	if left, err := s.deleted(); err == nil && left != nil {
		s.sweep()
	}
	return s, nil
}

func (s *Store) open(o Options) error {
	err := s.openMapped(o, mapSize)
	if errors.Is(err, syscall.ENOMEM) {
		err = s.openMapped(o, smallMapSize)
	}
	return err
}

func (s *Store) openMapped(o Options, size int) (err error) {
	s.db, err = bbolt.Open(s.path, 0o600, &bbolt.Options{
		Timeout:         time.Nanosecond, // one attempt
		FreelistType:    bbolt.FreelistMapType,
		InitialMmapSize: size,
		MaxSize:         o.MaxSize,
		NoStatistics:    true,
		OpenFile: func(name string, flag int, mode os.FileMode) (*os.File, error) {
			file, err := openLocked(name, flag, mode)
			s.file = file
			return file, err
		},
	})
	if err == nil {
		s.db.AllocSize = allocSize
	}
	return err
}

// check looks at the schema, brings an older one up to date, and looks for gross damage.
func (s *Store) check() error {
	var version uint64
	err := s.db.View(func(tx *bbolt.Tx) (err error) {
		version, err = checkSchema(tx, s.path)
		return err
	})
	for ; err == nil && version < schemaVersion; version++ {
		err = s.db.Update(func(tx *bbolt.Tx) error {
			if err := migrations[version-1](tx); err != nil {
				return err
			}
			return putVersion(tx, version+1)
		})
	}
	if err != nil {
		return err
	}
	if err := s.db.View(lookAround); err != nil {
		return hone.Errorf(hone.DataLoss, "store %s: the file is damaged (%w); restore it from a backup", s.path, err)
	}
	return nil
}

// abandon lets go of a file that could not be opened. When bbolt panicked while it opened the file, there
// is nothing else that could close it.
func (s *Store) abandon() {
	if s.db != nil {
		_ = protect(s.path, s.db.Close)
	} else if s.file != nil {
		_ = s.file.Close()
	}
}

// create makes a store under another name and gives it its own when it is complete and on the disk. Who
// finds that another process was faster takes that one's.
func create(path string) error {
	dir := filepath.Dir(path)
	file, err := os.CreateTemp(dir, "."+filepath.Base(path)+".new-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }()
	if err := file.Close(); err != nil {
		return err
	}
	if err := fill(file.Name()); err != nil {
		return err
	}
	switch err := os.Link(file.Name(), path); {
	case errors.Is(err, fs.ErrExist):
		return nil
	case errors.Is(err, syscall.EPERM), errors.Is(err, errors.ErrUnsupported): // no links on this file system
		if err := os.Rename(file.Name(), path); err != nil {
			return err
		}
	case err != nil:
		return err
	}
	return syncDir(dir)
}

func fill(path string) error {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Nanosecond, FreelistType: bbolt.FreelistMapType})
	if err != nil {
		return err
	}
	return errors.Join(db.Update(writeSchema), db.Sync(), db.Close())
}

// syncDir makes the name of a new file survive a power loss.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
