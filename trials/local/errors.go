package local

import (
	"errors"
	"io/fs"
	"syscall"

	hone "github.com/hone-tuner/hone"
)

// diskError gives an error of the file system its kind and says what to do about it.
func diskError(err error, what string) error {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return hone.Errorf(hone.ResourceExhausted, "%s: the disk or quota is full (%w); free some space, what was recorded is safe", what, err)
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		return hone.Errorf(hone.ResourceExhausted, "%s: too many open files (%w); raise the limit (ulimit -n) or lower the parallelism", what, err)
	case errors.Is(err, syscall.EROFS):
		return hone.Errorf(hone.PermissionDenied, "%s: the file system is read-only (%w); choose another data directory", what, err)
	case errors.Is(err, fs.ErrPermission):
		return hone.Errorf(hone.PermissionDenied, "%s: %w; make it writable for this user, or choose another data directory", what, err)
	case errors.Is(err, fs.ErrNotExist):
		return hone.Errorf(hone.Unavailable, "%s: the data directory, or a folder in it, has gone (%w); if somebody has removed or moved it, end this program and start it anew", what, err)
	}
	return hone.Errorf(hone.Internal, "%s: %w", what, err)
}
