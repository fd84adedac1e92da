package main

import (
	"net/http"
	"strings"
	"sync"
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
			w.Header().Set(leaving, "true")
			w.Header().Set("Connection", "close")
			w.WriteHeader(http.StatusServiceUnavailable)
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

// shutIf shuts the gate when nobody is inside and idle agrees.
func (g *gate) shutIf(idle func() bool) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.inside == 0 && idle() {
		g.shut = true
	}
	return g.shut
}
