package bolt

import (
	"errors"
	"io/fs"
	"runtime/debug"
	"strings"
	"syscall"

	berrors "go.etcd.io/bbolt/errors"

	"github.com/hone-tuner/hone"
)

// complaint is what an error of the file means, and what to do about it.
type complaint struct {
	causes []error
	kind   hone.Kind
	advice string
}

func complaints() []complaint {
	return []complaint{
		{[]error{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG, berrors.ErrMaxSizeReached}, hone.ResourceExhausted,
			"there is no room for it; free some space and try again. What was acknowledged before is safe"},
		{[]error{berrors.ErrTimeout, syscall.EWOULDBLOCK}, hone.Unavailable,
			"another process has it open; wait for it to end, or use its data through it"},
		{[]error{fs.ErrPermission, syscall.EROFS, berrors.ErrDatabaseReadOnly}, hone.PermissionDenied,
			"it cannot be written; make the file and its folder writable for this user"},
		{[]error{fs.ErrNotExist, syscall.ENOTDIR}, hone.NotFound, "its folder does not exist; create it"},
		{[]error{syscall.EISDIR}, hone.InvalidArgument, "it is no file; choose another path"},
		{[]error{berrors.ErrDatabaseNotOpen}, hone.Unavailable, "the store is closed"},
		{[]error{berrors.ErrInvalid, berrors.ErrChecksum, berrors.ErrVersionMismatch, berrors.ErrBucketNotFound}, hone.DataLoss,
			"the file is damaged; restore it from a backup"},
		{[]error{syscall.EIO}, hone.DataLoss, "the disk reports errors; check it, then open the store again"},
		{[]error{berrors.ErrInvalidMapping, syscall.ENOMEM, syscall.EMFILE, syscall.ENFILE}, hone.Unavailable,
			"the system lacks the resources; open the store again"},
	}
}

// explain gives an error of bbolt or the system its kind and says what to do. Errors that have a kind stay
// as they are.
func explain(path string, err error) error {
	if err == nil || hasKind(err) {
		return err
	}
	for _, c := range complaints() {
		for _, cause := range c.causes {
			// bbolt drops the cause of a failed growth and keeps its text only.
			if errors.Is(err, cause) || strings.HasSuffix(err.Error(), ": "+cause.Error()) {
				return hone.Errorf(c.kind, "store %s: %w: %s", path, err, c.advice)
			}
		}
	}
	return hone.Errorf(hone.Internal, "store %s: %w", path, err)
}

func hasKind(err error) bool {
	for _, kind := range hone.Kinds() {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

// protect runs f and turns a panic in it into an error. bbolt panics on pages that make no sense, and
// reading a file that became shorter is a fault.
func protect(path string, f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = hone.Errorf(hone.DataLoss, "store %s: the file is damaged (%v); restore it from a backup", path, p)
		}
	}()
	return f()
}
