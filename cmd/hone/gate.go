package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// gate counts the requests that an owner is serving, so that it leaves between two of them and never
// takes on work that it does not see to its end.
type gate struct {
	mu     sync.Mutex
	inside int
	shut   bool
}

// through lets requests pass until the gate is shut. Requests that only watch do not keep it open.
func (g *gate) through(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		watching := r.Method == http.MethodGet && (strings.HasSuffix(r.URL.Path, "/events") || strings.HasSuffix(r.URL.Path, "/logs"))
		g.mu.Lock()
		shut := g.shut
		if !shut && !watching {
			g.inside++
		}
		g.mu.Unlock()
		if shut {
			refuseLeaving(w)
			return
		}
		if !watching {
			defer func() {
				g.mu.Lock()
				g.inside--
				g.mu.Unlock()
			}()
		}
		next.ServeHTTP(w, r)
	})
}

// refuseLeaving answers that nothing was done, and that somebody else will.
func refuseLeaving(w http.ResponseWriter) {
	h := w.Header()
	h.Set(leaving, "true")
	h.Set("Connection", "close")
	h.Set("Retry-After", "1")
	h.Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusServiceUnavailable)
	_, _ = io.WriteString(w, `{"error":{"code":"Unavailable","message":"the service is leaving, and has done nothing of this: try again when it is back"}}`+"\n")
}

// shutNow shuts the gate, whoever is inside.
func (g *gate) shutNow() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = true
}

// drain waits until nobody is inside any more; false if ctx ends before.
func (g *gate) drain(ctx context.Context) bool {
	for {
		g.mu.Lock()
		inside := g.inside
		g.mu.Unlock()
		if inside == 0 {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// shutIf shuts the gate when nobody is inside and idle agrees.
func (g *gate) shutIf(idle func() bool) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.inside == 0 && idle() {
		g.shut = true
	}
	return g.shut
}

// callers are the connections that wait for an answer, or have not asked yet.
type callers struct {
	mu   sync.Mutex
	open map[net.Conn]bool
}

// track is told what becomes of every connection.
func (c *callers) track(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open == nil {
		c.open = map[net.Conn]bool{}
	}
	if state == http.StateNew || state == http.StateActive {
		c.open[conn] = true
	} else {
		delete(c.open, conn)
	}
}

func (c *callers) some() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.open) > 0
}

// wait blocks until nobody waits for an answer any more, nor has come for a moment; watchers are not
// waited for any longer than others take.
func (c *callers) wait() {
	const moment, limit = time.Millisecond, 300 * time.Millisecond
	deadline := time.Now().Add(limit)
	for quiet := 0; quiet < 3 && time.Now().Before(deadline); quiet++ {
		if c.some() {
			quiet = 0
		}
		time.Sleep(moment)
	}
}
