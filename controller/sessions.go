package controller

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"weak"

	"github.com/hone-tuner/hone"
)

// recent is how many sessions stay in memory though nobody uses them.
const recent = 32

// sessions are the experiments in memory. A session lives for as long as somebody has hold of it: the loop
// that runs it, a watcher, a call. There is never a second one of the same experiment beside it, and none
// that anybody watches is dropped. What a session is made of is in the store, so that one that nobody
// uses is left to the garbage collector, apart from the few that were used last.
type sessions struct {
	mu     sync.Mutex
	seats  map[hone.Name]*seat
	recent []*session // the newest first
	swept  int        // seats that there were after the last look for empty ones
}

// seat is the place of one session.
type seat struct {
	loading sync.Mutex
	users   int // who may be about to load
	session weak.Pointer[session]
}

func newSessions() *sessions { return &sessions{seats: map[hone.Name]*seat{}} }

// find returns the session that is in memory, if it is.
func (l *sessions) find(n hone.Name) *session {
	l.mu.Lock()
	defer l.mu.Unlock()
	if place, ok := l.seats[n]; ok {
		return l.use(place.session.Value())
	}
	return nil
}

// use notes that a session is being used. The lock is held.
func (l *sessions) use(s *session) *session {
	if s == nil || len(l.recent) > 0 && l.recent[0] == s {
		return s
	}
	i := slices.Index(l.recent, s)
	switch {
	case i < 0 && len(l.recent) < recent:
		l.recent = append(l.recent, nil)
		i = len(l.recent) - 1
	case i < 0:
		i = recent - 1
	}
	copy(l.recent[1:i+1], l.recent[:i])
	l.recent[0] = s
	return s
}

// get returns the session of an experiment, loading it where there is none.
func (l *sessions) get(n hone.Name, load func() (*session, error)) (*session, error) {
	if s := l.find(n); s != nil {
		return s, nil
	}
	place := l.sit(n)
	defer l.rise(place)
	place.loading.Lock()
	defer place.loading.Unlock()
	if s := l.find(n); s != nil { // somebody else was loading it
		return s, nil
	}
	s, err := load()
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	place.session = weak.Make(s)
	return l.use(s), nil
}

// sit finds or makes the place of an experiment, which stays as long as it has users.
func (l *sessions) sit(n hone.Name) *seat {
	l.mu.Lock()
	defer l.mu.Unlock()
	place, ok := l.seats[n]
	if !ok {
		l.sweep()
		place = &seat{}
		l.seats[n] = place
	}
	place.users++
	return place
}

func (l *sessions) rise(place *seat) {
	l.mu.Lock()
	defer l.mu.Unlock()
	place.users--
}

// sweep removes empty places when there may be many. The lock is held.
func (l *sessions) sweep() {
	if len(l.seats) < 2*max(l.swept, recent) {
		return
	}
	for n, place := range l.seats {
		if place.users == 0 && place.session.Value() == nil {
			delete(l.seats, n)
		}
	}
	l.swept = len(l.seats)
}

// drop takes the session of an experiment away that is no more.
func (l *sessions) drop(s *session) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if place, ok := l.seats[s.name]; ok && place.session.Value() == s {
		place.session = weak.Pointer[session]{}
	}
	l.recent = slices.DeleteFunc(l.recent, func(r *session) bool { return r == s })
}

// count is how many are in memory.
func (l *sessions) count() (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, place := range l.seats {
		if place.session.Value() != nil {
			n++
		}
	}
	return n
}

// session returns the one session of an experiment, loading it where it is not in memory.
func (c *Controller) session(ctx context.Context, n hone.Name) (*session, error) {
	n.Namespace = cmp.Or(n.Namespace, hone.DefaultNamespace)
	return c.sessions.get(n, func() (*session, error) {
		e, err := c.GetExperiment(ctx, n)
		if err != nil {
			return nil, err
		}
		return c.load(ctx, e)
	})
}

// inMemory returns the session of an experiment if it is in memory, else nil.
func (c *Controller) inMemory(n hone.Name) *session {
	n.Namespace = cmp.Or(n.Namespace, hone.DefaultNamespace)
	return c.sessions.find(n)
}
