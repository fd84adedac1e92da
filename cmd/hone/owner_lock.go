package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/hone-tuner/hone"
)

// What an owner writes into the lock behind its process id.
const (
	asCommand = ""        // it leaves when its work is done
	asService = "service" // it stays
)

// takeLock takes the lock of a data directory; nil if another process has it. The file says who, and as what.
func takeLock(dir, as string) (*os.File, error) {
	path := filepath.Join(dir, lockName)
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	switch {
	case errors.Is(err, fs.ErrPermission) || errors.Is(err, unix.EROFS):
		return nil, hone.Errorf(hone.PermissionDenied, "the data directory %s cannot be written to: %w; name another with --data-dir", dir, err)
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
		return nil, errors.Join(hone.Errorf(hone.Unavailable, "%s cannot be locked: %w; is it on a network file system?", path, err), file.Close())
	}
	if err := writeLock(file, as); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

func writeLock(file *os.File, as string) error {
	if err := file.Truncate(0); err != nil {
		return err
	}
	_, err := file.WriteAt(fmt.Appendf(nil, "%s\n", strings.TrimSpace(strconv.Itoa(os.Getpid())+" "+as)), 0)
	return err
}

// lockHolder is who wrote the lock file last.
type lockHolder struct {
	pid     int // 0 when that is unknown
	service bool
}

func readLock(dir string) lockHolder {
	data, err := os.ReadFile(filepath.Join(dir, lockName))
	words := strings.Fields(string(data))
	if err != nil || len(words) == 0 {
		return lockHolder{}
	}
	pid, err := strconv.Atoi(words[0])
	if err != nil {
		return lockHolder{}
	}
	return lockHolder{pid: pid, service: len(words) > 1 && words[1] == asService}
}

// ownerPID is the process that wrote the lock file; 0 when that is unknown.
func ownerPID(dir string) int { return readLock(dir).pid }
