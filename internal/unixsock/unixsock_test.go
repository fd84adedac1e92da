package unixsock_test

import (
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hone-tuner/hone/internal/unixsock"
)

func paths(t *testing.T) map[string]string {
	deep := filepath.Join(t.TempDir(), strings.Repeat("a-long-name/", 20))
	require.NoError(t, os.MkdirAll(deep, 0o700))
	return map[string]string{
		"a short path":                          filepath.Join(shortDir(t), "s.sock"),
		"a path longer than an address may be":  filepath.Join(deep, "s.sock"),
		"a path with a name as long as can be":  filepath.Join(shortDir(t), strings.Repeat("n", 60)),
		"a path with spaces and other letters ": filepath.Join(shortDir(t), "a b ü.sock"),
	}
}

// shortDir is a folder whose path leaves room for a name: that of t.TempDir may be too long already.
func shortDir(t *testing.T) string {
	dir, err := os.MkdirTemp("", "us")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func echo(t *testing.T, l net.Listener) {
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.Copy(conn, conn)
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() { _ = l.Close() })
}

func TestWhatIsWrittenArrives(t *testing.T) {
	for name, path := range paths(t) {
		t.Run(name, func(t *testing.T) {
			l, err := unixsock.Listen(path)
			require.NoError(t, err)
			require.Equal(t, path, l.Addr().String())
			echo(t, l)
			conn, err := unixsock.Dial(t.Context(), path)
			require.NoError(t, err)
			_, err = conn.Write([]byte("hello"))
			require.NoError(t, err)
			require.NoError(t, conn.(*net.UnixConn).CloseWrite())
			got, err := io.ReadAll(conn)
			require.NoError(t, err)
			require.Equal(t, "hello", string(got))
			require.NoError(t, conn.Close())
		})
	}
}

func TestTheSocketIsForOneUserWhateverTheUmask(t *testing.T) {
	old := syscall.Umask(0)
	defer syscall.Umask(old)
	for name, path := range paths(t) {
		t.Run(name, func(t *testing.T) {
			l, err := unixsock.Listen(path)
			require.NoError(t, err)
			defer l.Close()
			info, err := os.Lstat(path)
			require.NoError(t, err)
			require.Equal(t, fs.ModeSocket|0o600, info.Mode())
		})
	}
}

func TestASocketThatADeadProcessLeftIsReplaced(t *testing.T) {
	for name, path := range paths(t) {
		t.Run(name, func(t *testing.T) {
			leave(t, path)
			_, err := unixsock.Dial(t.Context(), path)
			require.ErrorIs(t, err, syscall.ECONNREFUSED)
			l, err := unixsock.Listen(path)
			require.NoError(t, err)
			require.NoError(t, l.Close())
			_, err = unixsock.Dial(t.Context(), path)
			require.ErrorIs(t, err, fs.ErrNotExist, "closing removes the socket")
		})
	}
}

// leave puts a socket at path that nobody listens on.
func leave(t *testing.T, path string) {
	made := filepath.Join(shortDir(t), "s")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: made, Net: "unix"})
	require.NoError(t, err)
	l.SetUnlinkOnClose(false)
	require.NoError(t, l.Close())
	require.NoError(t, os.Rename(made, path))
}

func TestASocketInUseIsLeftAlone(t *testing.T) {
	for name, path := range paths(t) {
		t.Run(name, func(t *testing.T) {
			l, err := unixsock.Listen(path)
			require.NoError(t, err)
			echo(t, l)
			_, err = unixsock.Listen(path)
			require.ErrorIs(t, err, unixsock.ErrInUse)
			conn, err := unixsock.Dial(t.Context(), path)
			require.NoError(t, err, "the first one still listens")
			require.NoError(t, conn.Close())
		})
	}
}

func TestAFileOfThatNameIsLeftAlone(t *testing.T) {
	path := filepath.Join(shortDir(t), "s.sock")
	require.NoError(t, os.WriteFile(path, []byte("mine"), 0o600))
	_, err := unixsock.Listen(path)
	require.ErrorIs(t, err, fs.ErrExist)
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "mine", string(got))
}

func TestClosingDoesNotRemoveTheSocketOfASuccessor(t *testing.T) {
	path := filepath.Join(shortDir(t), "s.sock")
	first, err := unixsock.Listen(path)
	require.NoError(t, err)
	require.NoError(t, os.Remove(path))
	second, err := unixsock.Listen(path)
	require.NoError(t, err)
	echo(t, second)
	require.NoError(t, first.Close())
	require.Error(t, first.Close(), "closing twice is an error, not a crash")
	conn, err := unixsock.Dial(t.Context(), path)
	require.NoError(t, err)
	require.NoError(t, conn.Close())
}

func TestOfManyThatListenAtOnceOneWins(t *testing.T) {
	path := filepath.Join(shortDir(t), "s.sock")
	for range 20 {
		leave(t, path)
		var wg sync.WaitGroup
		won := make(chan net.Listener, 8)
		for range 8 {
			wg.Go(func() {
				if l, err := unixsock.Listen(path); err == nil {
					won <- l
				}
			})
		}
		wg.Wait()
		require.Len(t, won, 1)
		require.NoError(t, (<-won).Close())
	}
}

func TestAMissingFolderIsAnError(t *testing.T) {
	missing := filepath.Join(shortDir(t), "missing", "s.sock")
	_, err := unixsock.Listen(missing)
	require.ErrorIs(t, err, fs.ErrNotExist)
	_, err = unixsock.Dial(t.Context(), missing)
	require.ErrorIs(t, err, fs.ErrNotExist)
	_, err = unixsock.Dial(t.Context(), filepath.Join(shortDir(t), strings.Repeat("missing/", 30), "s.sock"))
	require.ErrorIs(t, err, fs.ErrNotExist)
}
