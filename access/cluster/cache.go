package cluster

import (
	"context"
	"errors"
	"sync"
	"time"

	hone "github.com/hone-tuner/hone"
)

// cache remembers answers for a few seconds, a refusal shorter than a permission. What could not be asked is not remembered. Who
// asks what is being asked already waits for that answer.
type cache[K comparable, V any] struct {
	limit int

	mu      sync.Mutex
	entries map[K]*entry[V]
}

type entry[V any] struct {
	done  chan struct{} // closed when the answer is there
	value V
	err   error
	until time.Time // set before done is closed
}

func newCache[K comparable, V any](limit int) *cache[K, V] {
	return &cache[K, V]{limit: limit, entries: map[K]*entry[V]{}}
}

// get returns an answer, from memory or from ask. Others may wait for it as well, so ask gets a context of its own.
func (c *cache[K, V]) get(ctx context.Context, key K, ask func(context.Context) (V, error)) (V, error) {
	c.mu.Lock()
	e := c.entries[key]
	if e == nil || e.over() {
		e = &entry[V]{done: make(chan struct{})}
		c.makeRoom()
		c.entries[key] = e
		go c.fetch(context.WithoutCancel(ctx), key, e, ask)
	}
	c.mu.Unlock()
	select {
	case <-e.done:
		return e.value, e.err
	case <-ctx.Done():
		var zero V
		return zero, hone.Errorf(hone.DeadlineExceeded, "the cluster was not heard in time: %w", ctx.Err())
	}
}

func (c *cache[K, V]) fetch(ctx context.Context, key K, e *entry[V], ask func(context.Context) (V, error)) {
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	e.value, e.err = ask(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case e.err == nil:
		e.until = time.Now().Add(allowedTime)
	case errors.Is(e.err, hone.Unauthenticated), errors.Is(e.err, hone.PermissionDenied):
		e.until = time.Now().Add(deniedTime)
	case c.entries[key] == e:
		delete(c.entries, key)
	}
	close(e.done)
}

// over reports whether an answer is too old. One that is still on its way is not.
func (e *entry[V]) over() bool { return !e.until.IsZero() && !time.Now().Before(e.until) }

// makeRoom drops what is over when the cache is full and, if that does not help, anything.
func (c *cache[K, V]) makeRoom() {
	if len(c.entries) < c.limit {
		return
	}
	for key, e := range c.entries {
		if e.over() {
			delete(c.entries, key)
		}
	}
	for key := range c.entries {
		if len(c.entries) < c.limit {
			return
		}
		delete(c.entries, key)
	}
}
