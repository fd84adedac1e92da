package lease

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/dynamic"

	hone "github.com/hone-tuner/hone"
)

// The times that count unless Options say otherwise. An API server that is away for less than the patience costs nothing; who
// lost the lease has the rest of its duration for leaving, before another one can have it.
const (
	DefaultDuration = 60 * time.Second
	DefaultEvery    = 10 * time.Second
	DefaultPatience = 45 * time.Second
)

const (
	requestTime = 5 * time.Second  // one request
	lookEvery   = 2 * time.Second  // while somebody else has the lease
	sayEvery    = 30 * time.Second // that it is still waited for
)

// Options say which lease is held, and by whom.
type Options struct {
	Client          dynamic.Interface
	Namespace, Name string
	// Identity is who holds it. No two living processes may have the same: who finds its own takes the lease at once.
	Identity string
	// Duration is how long a holder that says nothing keeps the lease, Every how often this one says that it lives, and
	// Patience how long it believes that it holds the lease without having been able to say so. 0 for the defaults.
	Duration, Every, Patience time.Duration
	// Logger hears of waiting and of trouble; nil for nobody.
	Logger hclog.Logger
}

// Lease is one that this process holds.
type Lease struct {
	Options

	lost    chan struct{}
	leave   context.CancelFunc
	left    chan struct{}
	renewed time.Time // when the newest renewal that succeeded was sent

	mu   sync.Mutex // held while the record is being written
	last record     // as it was written last
	err  error
}

// Acquire waits until this process holds the lease, and keeps it until Release is called or it is lost. Errors are of kind
//
//   - PermissionDenied: this account may not read and write the lease;
//   - NotFound: there is no such namespace;
//   - InvalidArgument: the cluster does not take such a lease.
//
// Whatever else goes wrong is tried again until ctx ends.
func Acquire(ctx context.Context, o Options) (*Lease, error) {
	o.Duration, o.Every, o.Patience = cmp.Or(o.Duration, DefaultDuration), cmp.Or(o.Every, DefaultEvery), cmp.Or(o.Patience, DefaultPatience)
	if o.Logger == nil {
		o.Logger = hclog.NewNullLogger()
	}
	l := &Lease{Options: o, lost: make(chan struct{}), left: make(chan struct{})}
	if err := l.acquire(ctx); err != nil {
		return nil, err
	}
	ctx, l.leave = context.WithCancel(context.WithoutCancel(ctx))
	go l.keep(ctx)
	return l, nil
}

// Token grows with every acquisition of the lease, by whomever.
func (l *Lease) Token() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last.token
}

// Lost is closed when this process must no longer believe that it holds the lease. Err says why.
func (l *Lease) Lost() <-chan struct{} { return l.lost }

// Err says why the lease was lost, or nil.
func (l *Lease) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// watching is what is seen of a lease that somebody else holds. Clocks of other machines are not believed: a lease has run
// out when nothing about it has changed for its duration, by this machine's clock.
type watching struct {
	seen  record
	since time.Time
	said  time.Time
}

func (l *Lease) acquire(ctx context.Context) error {
	var w watching
	for {
		mine, wait, err := l.tryAcquire(ctx, &w)
		switch {
		case mine:
			l.Logger.Info("the lease is held", "lease", l.where(), "identity", l.Identity, "token", l.last.token)
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			if err := final(l.where(), err); err != nil {
				return err
			}
			wait = lookEvery
		}
		if now := time.Now(); w.said.IsZero() || now.Sub(w.said) >= sayEvery {
			w.said = now
			l.sayWaiting(w.seen, err)
		}
		if !sleep(ctx, wait) {
			return ctx.Err()
		}
	}
}

func (l *Lease) sayWaiting(holder record, err error) {
	if err != nil {
		l.Logger.Warn("the lease cannot be had yet", "lease", l.where(), "error", err)
		return
	}
	l.Logger.Info("waiting for the lease", "lease", l.where(), "held by", holder.holder)
}

// tryAcquire looks at the lease, and takes it if nobody has it. wait is how long to wait before looking again.
func (l *Lease) tryAcquire(ctx context.Context, w *watching) (mine bool, wait time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	now := time.Now()
	seen, err := l.get(ctx)
	switch {
	case apierrors.IsNotFound(err):
		l.renewed = now
		err = l.create(ctx, 1)
		return err == nil, 0, err
	case err != nil:
		return false, 0, err
	}
	if seen.version != w.seen.version {
		w.seen, w.since = seen, time.Now()
	}
	runsOut := w.since.Add(cmp.Or(seen.duration, l.Duration))
	if seen.holder != "" && seen.holder != l.Identity && now.Before(runsOut) {
		return false, min(lookEvery, runsOut.Sub(now)), nil
	}
	l.renewed = now
	if err = l.write(ctx, seen, seen.token+1); apierrors.IsNotFound(err) {
		return false, 0, nil // it was deleted just now
	}
	return err == nil, 0, err
}

// keep says again and again that this process lives, until it leaves or the lease is lost.
func (l *Lease) keep(ctx context.Context) {
	defer close(l.left)
	wait := l.Every
	for {
		if !sleep(ctx, min(wait, l.patience())) {
			return
		}
		began := time.Now()
		err := l.renew(ctx, max(min(requestTime, l.patience()), time.Second))
		var taken *takenError
		switch {
		case err == nil:
			l.renewed, wait = began, l.Every
			continue
		case ctx.Err() != nil:
			return
		case errors.As(err, &taken):
			l.lose(hone.Errorf(hone.Conflict, "the lease %s was lost: %w", l.where(), err))
			return
		}
		if l.patience() <= 0 {
			l.lose(hone.Errorf(hone.Unavailable, "the lease %s was lost: it could not be renewed for %s: %w", l.where(), time.Since(l.renewed).Round(time.Second), err))
			return
		}
		l.Logger.Warn("the lease could not be renewed; trying again", "lease", l.where(), "error", err)
		wait = lookEvery
	}
}

// patience is for how long this process may still believe that it holds the lease.
func (l *Lease) patience() time.Duration { return time.Until(l.renewed.Add(l.Patience)) }

func (l *Lease) lose(err error) {
	l.mu.Lock()
	l.err = err
	l.mu.Unlock()
	close(l.lost)
}

// Raise makes the token greater than another one. It is for a store that has seen a greater token than a lease that was
// deleted and made anew. The lease must still be held: the error says so otherwise.
func (l *Lease) Raise(ctx context.Context, beyond int64) error {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return l.err
	}
	if err := l.rewrite(ctx, max(l.last.token, beyond)+1); err != nil {
		return hone.Errorf(hone.Conflict, "the lease %s could not be written, and may be somebody else's by now: %w", l.where(), err)
	}
	return nil
}

// Release gives the lease up, so that the next one need not wait. What it guards must have been left before.
func (l *Lease) Release(ctx context.Context) error {
	l.leave()
	<-l.left
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return nil // it is somebody else's
	}
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	if err := l.giveUp(ctx); err != nil && !apierrors.IsConflict(err) && !apierrors.IsNotFound(err) {
		return hone.Errorf(hone.Unavailable, "the lease %s could not be released; the next one has to wait for %s: %w", l.where(), l.Duration, err)
	}
	return nil
}

func (l *Lease) where() string { return l.Namespace + "/" + l.Name }

// final says of an error that asking again would not help, or nil.
func final(where string, err error) error {
	switch {
	case apierrors.IsForbidden(err):
		return hone.Errorf(hone.PermissionDenied, "the lease %s cannot be held: %w; allow this account get, create and update of leases in coordination.k8s.io", where, err)
	case apierrors.IsNotFound(err):
		return hone.Errorf(hone.NotFound, "the lease %s cannot be made: %w; make the namespace first", where, err)
	case apierrors.IsInvalid(err), apierrors.IsBadRequest(err):
		return hone.Errorf(hone.InvalidArgument, "the lease %s cannot be made: %w", where, err)
	}
	return nil
}

// sleep waits, and reports whether ctx still lives.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
