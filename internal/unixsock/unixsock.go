package unixsock

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// ErrInUse says that another process listens on the path.
var ErrInUse = errors.New("another process listens there")

// Listen listens on a unix socket at path, with mode 0600. A socket that nobody listens on any more is
// replaced; where somebody does, the error is ErrInUse; anything that is no socket is left alone and is an
// error. Closing the listener removes the socket if it is still this one.
func Listen(path string) (net.Listener, error) {
	unlock, err := lockFolder(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", path, err)
	}
	defer unlock()
	if err := removeStale(path); err != nil {
		return nil, fmt.Errorf("listen on %s: %w", path, err)
	}
	l, err := bind(path)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", path, err)
	}
	l.SetUnlinkOnClose(false) // the path that it knows may be a detour that has gone
	info, err := os.Lstat(path)
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return &listener{UnixListener: l, path: path, info: info}, nil
}

// Dial connects to the unix socket at path. Where nobody listens, the error is syscall.ECONNREFUSED or
// fs.ErrNotExist.
func Dial(ctx context.Context, path string) (net.Conn, error) {
	short, done, err := shorten(path)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", path, err)
	}
	defer done()
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", short)
	if err != nil {
		var op *net.OpError
		if errors.As(err, &op) {
			err = op.Err // the path in the text would be the detour
		}
		return nil, fmt.Errorf("connect to %s: %w", path, err)
	}
	return conn, nil
}

type listener struct {
	*net.UnixListener
	path string
	info fs.FileInfo
	once sync.Once
}

// Close ends the listening and removes the socket, unless another one has taken its place.
func (l *listener) Close() error {
	l.once.Do(func() {
		unlock, err := lockFolder(filepath.Dir(l.path))
		if err != nil {
			return // the folder has gone, and the socket with it
		}
		defer unlock()
		if now, err := os.Lstat(l.path); err == nil && os.SameFile(now, l.info) {
			_ = os.Remove(l.path) // a leftover socket is found to be stale by the next one
		}
	})
	return l.UnixListener.Close()
}

// Addr tells the real path, whatever detour the socket was bound by.
func (l *listener) Addr() net.Addr { return &net.UnixAddr{Name: l.path, Net: "unix"} }

// lockFolder keeps two processes from replacing a stale socket at once, of which the second would remove
// what the first has just made.
func lockFolder(dir string) (unlock func(), err error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	for {
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX)
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() { _ = f.Close() }, nil
}

// removeStale removes a socket that nobody listens on.
func removeStale(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Mode().Type() != fs.ModeSocket:
		return fmt.Errorf("there is something else of that name, which is not a socket; move it away: %w", fs.ErrExist)
	}
	conn, err := Dial(context.Background(), path)
	switch {
	case err == nil:
		_ = conn.Close() // it only had to answer
		return ErrInUse
	case errors.Is(err, syscall.EAGAIN): // its backlog is full: somebody is there
		return ErrInUse
	case errors.Is(err, syscall.ECONNREFUSED):
		return os.Remove(path)
	}
	return err
}
