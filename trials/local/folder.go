package local

import (
	"errors"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// Making and opening what belongs to an attempt, one step at a time and never through a symbolic link: the
// folders are the programs' to play with. os.Root does the same for the rarer ways in; this is the one that
// every trial takes.

const folderFlags = unix.O_RDONLY | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC

// enter opens a folder below another, and makes it first if need be. made reports whether it was.
func enter(parent int, name string) (fd int, made bool, err error) {
	err = retry(func() error { return unix.Mkdirat(parent, name, 0o700) })
	if err != nil && !errors.Is(err, unix.EEXIST) {
		return -1, false, &os.PathError{Op: "mkdir", Path: name, Err: err}
	}
	made = err == nil
	err = retry(func() (err error) {
		fd, err = unix.Openat(parent, name, folderFlags, 0)
		return err
	})
	if err != nil {
		return -1, made, &os.PathError{Op: "open", Path: name, Err: err}
	}
	return fd, made, nil
}

// enterAttempt opens the folder of an attempt below that of the trials, and makes what is missing. made
// reports whether the attempt's own was missing.
func enterAttempt(root *os.File, p place) (fd int, made bool, err error) {
	fd = int(root.Fd())
	for i, name := range p.steps() {
		var next int
		next, made, err = enter(fd, name)
		if i > 0 {
			_ = unix.Close(fd)
		}
		if err != nil {
			return -1, false, err
		}
		fd = next
	}
	runtime.KeepAlive(root)
	return fd, made, nil
}

// appendFile is a file that is only written to, at its end.
type appendFile struct {
	fd   int
	open bool
}

// createAt makes a new file in a folder.
func createAt(folder int, name string) (f appendFile, err error) {
	err = retry(func() (err error) {
		f.fd, err = unix.Openat(folder, name, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_APPEND|unix.O_CLOEXEC, 0o600)
		return err
	})
	if err != nil {
		return appendFile{}, &os.PathError{Op: "create", Path: name, Err: err}
	}
	f.open = true
	return f, nil
}

func (f *appendFile) Write(data []byte) (n int, err error) {
	if !f.open {
		return 0, os.ErrClosed
	}
	for n < len(data) && err == nil {
		var m int
		err = retry(func() (err error) {
			m, err = unix.Write(f.fd, data[n:])
			return err
		})
		n += max(m, 0)
	}
	return n, err
}

func (f *appendFile) size() int64 {
	var st unix.Stat_t
	if !f.open || unix.Fstat(f.fd, &st) != nil {
		return 0
	}
	return st.Size
}

func (f *appendFile) sync() {
	if f.open {
		_ = unix.Fsync(f.fd) // without it a power loss makes the attempt a lost one, and no more
	}
}

func (f *appendFile) close() {
	if f.open {
		f.open = false
		_ = unix.Close(f.fd)
	}
}

// retry repeats a call that a signal has interrupted.
func retry(call func() error) error {
	for {
		if err := call(); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
