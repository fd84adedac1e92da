//go:build unix && !linux

package unixsock

import (
	"errors"
	"net"
	"os"
	"path/filepath"
)

// longest is what fits into a socket address on macOS, with the zero byte at its end.
const longest = 103

// bind makes the socket in a folder that nobody else may enter, narrows its mode there and moves it to its
// place: this system has no way to say the mode beforehand.
func bind(path string) (*net.UnixListener, error) {
	private, err := os.MkdirTemp(filepath.Dir(path), ".sock-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(private) }()
	made := filepath.Join(private, "s")
	short, done, err := shorten(made)
	if err != nil {
		return nil, err
	}
	defer done()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: short, Net: "unix"})
	if err != nil {
		return nil, err
	}
	l.SetUnlinkOnClose(false)
	if err := errors.Join(os.Chmod(made, 0o600), os.Rename(made, path)); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// shorten returns a path to the same place that fits into a socket address: by way of a symbolic link to its
// folder, if need be. done must be called after its use.
func shorten(path string) (short string, done func(), err error) {
	if len(path) <= longest {
		return path, func() {}, nil
	}
	dir, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return "", nil, err
	}
	temp, err := os.MkdirTemp("/tmp", "hone-")
	if err != nil {
		return "", nil, err
	}
	done = func() { _ = os.RemoveAll(temp) }
	link := filepath.Join(temp, "d")
	if err := os.Symlink(dir, link); err != nil {
		done()
		return "", nil, err
	}
	return filepath.Join(link, filepath.Base(path)), done, nil
}
