package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/client"
	"github.com/hone-tuner/hone/internal/unixsock"
)

// Files of the data directory that belong to its owner.
const (
	lockName   = "lock"
	socketName = "hone.sock"
	storeName  = "hone.db"
	secretName = "secret"
	portName   = "push.port"
)

// session is a way to the service: over the network, or through the socket of the data directory. The
// socket is served by the process that owns the directory; where there is none, this process becomes it.
type session struct {
	hone.Service
	finder    *finder         // nil over the network
	transport *http.Transport // of the socket
}

// open finds the service.
func (a *app) open(ctx context.Context) (*session, error) {
	if a.server != "" {
		return &session{Service: client.New(client.Options{BaseURL: a.server})}, nil
	}
	dir, err := filepath.Abs(a.dataDir)
	if err != nil {
		return nil, err
	}
	if err := makeDataDir(dir); err != nil {
		return nil, err
	}
	f := &finder{app: a, dir: dir}
	if err := f.ensure(ctx); err != nil {
		return nil, err
	}
	transport := &http.Transport{DialContext: f.dial, MaxIdleConnsPerHost: 8, IdleConnTimeout: time.Minute}
	c := client.New(client.Options{BaseURL: "http://hone", HTTP: &http.Client{Transport: &patient{base: transport}}})
	return &session{Service: c, finder: f, transport: transport}, nil
}

func makeDataDir(dir string) error {
	err := os.MkdirAll(dir, 0o700)
	switch {
	case errors.Is(err, fs.ErrPermission) || errors.Is(err, unix.EROFS):
		return hone.Errorf(hone.PermissionDenied, "the data directory %s cannot be made: %w; name another with --data-dir", dir, err)
	case err != nil:
		return hone.Errorf(hone.Unavailable, "the data directory %s cannot be made: %w", dir, err)
	}
	return nil
}

// Close ends the session. When this process owns the data directory, it first waits until nothing runs
// any more, the work of other terminals included; an error means that work had to be given up.
func (s *session) Close(ctx context.Context) error {
	if s.finder == nil {
		return nil
	}
	// A connection that was dialled and never used would keep the server waiting.
	s.transport.CloseIdleConnections()
	return s.finder.close(ctx)
}

// Owner tells which process owns the data directory, and whether it is this one.
func (s *session) Owner() (pid int, self bool) {
	if s.finder == nil {
		return 0, false
	}
	if s.finder.owns() {
		return os.Getpid(), true
	}
	return ownerPID(s.finder.dir), false
}

// finder leads to the owner of a data directory, whoever that is at the moment.
type finder struct {
	app *app
	dir string

	mu    sync.Mutex
	owner *owner // this process, if it is the owner
}

func (f *finder) owns() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.owner != nil
}

// ensure makes sure that there is an owner that answers: another process, or this one.
func (f *finder) ensure(ctx context.Context) error {
	const patience = 10 * time.Second // an owner that starts or leaves takes milliseconds
	deadline := time.Now().Add(patience)
	for {
		owned, err := f.become(ctx)
		if err != nil || owned {
			return err
		}
		conn, err := unixsock.Dial(ctx, filepath.Join(f.dir, socketName))
		if err == nil {
			return conn.Close()
		}
		if time.Now().After(deadline) {
			return hone.Errorf(hone.Unavailable, "the data directory %s is in use by process %d, which does not answer (%w); "+
				"wait for it, end it, or name another directory with --data-dir", f.dir, ownerPID(f.dir), err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// become takes the lock of the data directory and everything that comes with it; false if another
// process has it.
func (f *finder) become(ctx context.Context) (bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.owner != nil {
		return true, nil
	}
	lock, err := takeLock(f.dir)
	if err != nil || lock == nil {
		return false, err
	}
	if f.owner, err = newOwner(ctx, f.app, f.dir); err != nil {
		return false, errors.Join(err, lock.Close())
	}
	f.owner.lock = lock
	return true, nil
}

// dial connects to the owner, and becomes it if there is none any more.
func (f *finder) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	path := filepath.Join(f.dir, socketName)
	conn, err := unixsock.Dial(ctx, path)
	if err == nil || ctx.Err() != nil {
		return conn, err
	}
	if err := f.ensure(ctx); err != nil {
		return nil, err
	}
	return unixsock.Dial(ctx, path)
}

func (f *finder) close(ctx context.Context) error {
	f.mu.Lock()
	o := f.owner
	f.mu.Unlock()
	if o == nil {
		return nil
	}
	err := o.leave(ctx)
	f.mu.Lock()
	f.owner = nil
	f.mu.Unlock()
	return err
}

// takeLock takes the lock of a data directory; nil if another process has it. The file says who.
func takeLock(dir string) (*os.File, error) {
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
	if err := writePID(file); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

func writePID(file *os.File) error {
	if err := file.Truncate(0); err != nil {
		return err
	}
	_, err := file.WriteAt(fmt.Appendf(nil, "%d\n", os.Getpid()), 0)
	return err
}

// ownerPID is the process that wrote the lock file; 0 when that is unknown.
func ownerPID(dir string) int {
	data, err := os.ReadFile(filepath.Join(dir, lockName))
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(data)))
	if err != nil {
		return 0
	}
	return pid
}

// leaving is the header of an answer that says: nothing was done, this owner is on its way out.
const leaving = "Hone-Leaving"

// patient repeats requests that an owner refused because it was leaving.
type patient struct{ base http.RoundTripper }

func (p *patient) RoundTrip(r *http.Request) (*http.Response, error) {
	for {
		resp, err := p.base.RoundTrip(r)
		if err != nil || resp.Header.Get(leaving) == "" {
			return resp, err
		}
		if err := resp.Body.Close(); err != nil {
			return nil, err
		}
		if r.Body != nil && r.GetBody == nil {
			return nil, hone.Errorf(hone.Unavailable, "the process that owns the data directory is leaving: try again")
		}
		r = r.Clone(r.Context())
		if r.GetBody != nil {
			if r.Body, err = r.GetBody(); err != nil {
				return nil, err
			}
		}
		select {
		case <-r.Context().Done():
			return nil, r.Context().Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}
