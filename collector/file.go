package collector

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"github.com/hone-tuner/hone"
)

// errNotRegular refuses pipes, devices and folders.
var errNotRegular = errors.New("it is not a regular file")

// openRegular opens a file to read. It does not wait for anybody to open the other end of a pipe.
func openRegular(path string) (*os.File, uint64, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errNotRegular
	}
	if err != nil {
		_ = f.Close() // it was not used
		return nil, 0, err
	}
	return f, inode(info), nil
}

// hopeless reports whether a file is as good as not there: Look explains it when the trial has failed.
func hopeless(err error) bool {
	for _, e := range []error{fs.ErrNotExist, fs.ErrPermission, errNotRegular, syscall.ENOTDIR, syscall.ELOOP, syscall.ENAMETOOLONG, syscall.ENXIO} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

func inode(info fs.FileInfo) uint64 {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return s.Ino
	}
	return 0
}

// readError is a failure to read the output of a trial. While it runs the next poll may do better.
type readError struct{ error }

func (e readError) Unwrap() error { return e.error }

func unreadable(path string, err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	return readError{hone.Errorf(hone.Unavailable, "could not read metrics from %s: %w", path, err)}
}
