package datadir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	hone "github.com/hone-tuner/hone"
)

// Files of a data directory.
const (
	LockName   = "lock"      // held by the owner; says its process id
	SocketName = "hone.sock" // where the owner answers
	StoreName  = "hone.db"
)

// Make makes a data directory, for its user alone, where there is none. One that everybody can write to is refused: what
// others put there would be taken for the owner's own.
func Make(dir string) error {
	err := os.MkdirAll(dir, 0o700)
	switch {
	case errors.Is(err, fs.ErrPermission) || errors.Is(err, unix.EROFS):
		return hone.Errorf(hone.PermissionDenied, "the data directory %s cannot be made: %w; choose another one", dir, err)
	case err != nil:
		return hone.Errorf(hone.Unavailable, "the data directory %s cannot be made: %w", dir, err)
	}
	if info, err := os.Stat(dir); err == nil && info.Mode().Perm()&0o002 != 0 {
		return hone.Errorf(hone.PermissionDenied, "everybody can write to the data directory %s: run 'chmod o-w %s', or choose another one", dir, dir)
	}
	return nil
}

// Stay is what the owner of a data directory will do.
type Stay string

// What owners do.
const (
	UntilDone Stay = ""        // it leaves when its work is done
	AsService Stay = "service" // it stays
)

// Holder is who took the lock of a data directory last.
type Holder struct {
	PID  int // 0 when that is unknown
	Stay Stay
}

// Take takes the lock of a data directory, which closing the file gives up; nil if another process has it. The
// file says who has it.
func Take(dir string, stay Stay) (*os.File, error) {
	path := filepath.Join(dir, LockName)
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	switch {
	case errors.Is(err, fs.ErrPermission) || errors.Is(err, unix.EROFS):
		return nil, hone.Errorf(hone.PermissionDenied, "the data directory %s cannot be written to: %w; choose another one", dir, err)
	case errors.Is(err, unix.ENOSPC):
		return nil, hone.Errorf(hone.ResourceExhausted, "the disk of the data directory %s is full: free some space and try again", dir)
	case err != nil:
		return nil, hone.Errorf(hone.Unavailable, "the data directory %s cannot be locked: %w", dir, err)
	}
	err = unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	switch {
	case errors.Is(err, unix.EWOULDBLOCK):
		return nil, file.Close()
	case err != nil:
		err = hone.Errorf(hone.Unavailable, "%s cannot be locked: %w; is it on a network file system?", path, err)
		return nil, errors.Join(err, file.Close())
	}
	if err := sign(file, stay); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// sign writes who has the lock.
func sign(file *os.File, stay Stay) error {
	if err := file.Truncate(0); err != nil {
		return err
	}
	text := strings.TrimSpace(fmt.Sprintf("%d %s", os.Getpid(), stay))
	_, err := file.WriteAt([]byte(text+"\n"), 0)
	return err
}

// Owner reads who took the lock last.
func Owner(dir string) Holder {
	data, err := os.ReadFile(filepath.Join(dir, LockName))
	words := strings.Fields(string(data))
	if err != nil || len(words) == 0 {
		return Holder{}
	}
	pid, err := strconv.Atoi(words[0])
	if err != nil {
		return Holder{}
	}
	if len(words) > 1 && words[1] == string(AsService) {
		return Holder{pid, AsService}
	}
	return Holder{PID: pid}
}
