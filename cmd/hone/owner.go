package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/hone-tuner/hone"
	"github.com/hone-tuner/hone/client"
	"github.com/hone-tuner/hone/internal/datadir"
	"github.com/hone-tuner/hone/internal/unixsock"
)

// Files of the data directory that belong to its owner.
const (
	secretName = "secret"
	portName   = "push.port"
)

// session is a way to the service: over the network, or through the socket of the data directory. The
// socket is served by the process that owns the directory; where there is none, this process becomes it.
type session struct {
	*client.Client
	finder    *finder // nil over the network
	transport *http.Transport
}

// open finds the service.
func (a *app) open(ctx context.Context) (*session, error) {
	p, err := a.place()
	if err != nil {
		return nil, err
	}
	if p.server != "" {
		return a.remoteSession(p)
	}
	dir, err := filepath.Abs(p.dataDir)
	if err != nil {
		return nil, err
	}
	f := &finder{app: a, dir: dir, joins: a.joins}
	if !f.joins {
		err = datadir.Make(dir)
	}
	if err == nil {
		err = f.ensure(ctx)
	}
	if err != nil {
		return nil, err
	}
	return f.session(), nil
}

// session asks whoever the finder finds.
func (f *finder) session() *session {
	transport := &http.Transport{DialContext: f.dial, MaxIdleConnsPerHost: 8, IdleConnTimeout: time.Minute}
	c := client.New(client.Options{HTTP: &http.Client{Transport: &patient{base: transport}}})
	return &session{Client: c, finder: f, transport: transport}
}

// socketSession asks whoever serves a socket now, and looks for nobody else.
func socketSession(path string) *session {
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return unixsock.Dial(ctx, path) }}
	return &session{Client: client.New(client.Options{HTTP: &http.Client{Transport: transport}}), transport: transport}
}

// Close ends the session. When this process owns the data directory, it first waits until nothing runs
// any more, the work of other terminals included; an error means that work had to be given up.
func (s *session) Close(ctx context.Context) error {
	// A connection that was dialled and never used would keep the server waiting.
	s.transport.CloseIdleConnections()
	if s.finder == nil {
		return nil
	}
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
	return datadir.Owner(s.finder.dir).PID, false
}

// finder leads to the owner of a data directory, whoever that is at the moment.
type finder struct {
	app *app
	dir string
	// joins says that only a service is wanted: this process never becomes the owner.
	joins bool

	mu     sync.Mutex
	owner  *owner // this process, if it is the owner
	served bool   // the owner that was found last is a service
}

func (f *finder) owns() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.owner != nil
}

// How long an owner is waited for.
const (
	ownerPatience   = 10 * time.Second // one that starts or leaves takes milliseconds
	joinPatience    = 2 * time.Second  // a service that starts
	servicePatience = outageLimit      // a service that restarts; then hone run goes on without it
)

// ensure makes sure that there is an owner that answers: another process, or this one. A service that went
// away is waited for, since it comes back: whoever only looks must not take its place.
func (f *finder) ensure(ctx context.Context) error {
	for began := time.Now(); ; {
		waited := time.Since(began)
		if f.mayOwn(waited) {
			owned, err := f.become(ctx)
			if err != nil || owned {
				return err
			}
		}
		conn, err := unixsock.Dial(ctx, filepath.Join(f.dir, datadir.SocketName))
		if err == nil {
			return errors.Join(conn.Close(), f.found())
		}
		if err := f.givesUp(waited, err); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// givesUp says why an owner is not waited for any longer, or nil.
func (f *finder) givesUp(waited time.Duration, cause error) error {
	switch {
	case f.wasServed() && f.app.succeeds: // this process becomes the owner in time
		return nil
	case f.wasServed() && waited > servicePatience:
		return hone.Errorf(hone.Unavailable, "the service that owned the data directory %s has gone and does not come back (%w)", f.dir, cause)
	case f.wasServed():
		return nil
	case f.joins && (waited > joinPatience || datadir.Owner(f.dir).Stay != datadir.AsService):
		return f.noService()
	case waited > ownerPatience:
		return hone.Errorf(hone.Unavailable, "the data directory %s is in use by process %d, which does not answer (%w); "+
			"wait for it, end it, or name another directory with --data-dir", f.dir, datadir.Owner(f.dir).PID, cause)
	}
	return nil
}

// mayOwn reports whether this process may become the owner after having waited for so long.
func (f *finder) mayOwn(waited time.Duration) bool {
	switch {
	case f.joins:
		return false
	case f.wasServed():
		return f.app.succeeds && waited > servicePatience
	}
	return true
}

func (f *finder) wasServed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.served && f.owner == nil
}

// found notes what the owner is that answers.
func (f *finder) found() error {
	service := datadir.Owner(f.dir).Stay == datadir.AsService
	f.mu.Lock()
	f.served = service
	f.mu.Unlock()
	if f.joins && !service {
		return f.noService()
	}
	return nil
}

func (f *finder) noService() error {
	if conn, err := unixsock.Dial(context.Background(), filepath.Join(f.dir, datadir.SocketName)); err == nil {
		_ = conn.Close()
		return hone.Errorf(hone.Unavailable, "the data directory %s is owned by process %d, which is no service: `hone run FILE` hands it the experiment",
			f.dir, datadir.Owner(f.dir).PID)
	}
	return hone.Errorf(hone.Unavailable, "no service owns the data directory %s: `hone serve` starts one, `hone login URL` finds one elsewhere, and `hone run FILE` needs none", f.dir)
}

// become takes the lock of the data directory and everything that comes with it; false if another
// process has it.
func (f *finder) become(ctx context.Context) (bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.owner != nil {
		return true, nil
	}
	lock, err := datadir.Take(f.dir, datadir.UntilDone)
	if err != nil || lock == nil {
		return false, err
	}
	if f.owner, err = newOwner(ctx, f.dir, ownerOptions{logger: f.app.logger()}); err != nil {
		return false, errors.Join(err, lock.Close())
	}
	f.owner.lock = lock
	return true, nil
}

// dial connects to the owner, and becomes it if there is none any more.
func (f *finder) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	path := filepath.Join(f.dir, datadir.SocketName)
	conn, err := unixsock.Dial(ctx, path)
	if err == nil {
		return conn, f.found()
	}
	if ctx.Err() != nil {
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
