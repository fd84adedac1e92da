package api

import (
	linked "container/list"
	"fmt"
	"math"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"

	hone "github.com/hone-tuner/hone"
)

// What failures of authentication an address may have: enough for a pool of workers with an old token to be
// told so, and few enough to keep those quiet who try tokens out.
const (
	failureRate  = 10 // a second
	failureBurst = 100
)

// rememberedCallers is how many callers are told apart at once. The one that was seen longest ago is forgotten first.
const rememberedCallers = 4096

// recent remembers something of those callers that were seen last. It is safe for concurrent use.
type recent[V any] struct {
	limit int
	mu    sync.Mutex
	known map[string]*linked.Element
	order linked.List // of entry[V], the last seen first
}

type entry[V any] struct {
	key   string
	value V
}

func newRecent[V any](limit int) *recent[V] {
	return &recent[V]{limit: limit, known: map[string]*linked.Element{}}
}

// get returns what is known of a caller.
func (r *recent[V]) get(key string) (v V, found bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e, found := r.known[key]
	if !found {
		return v, false
	}
	r.order.MoveToFront(e)
	return e.Value.(entry[V]).value, true
}

// put returns what is known of a caller, or remembers something new of it.
func (r *recent[V]) put(key string, fresh func() V) V {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e, found := r.known[key]; found {
		r.order.MoveToFront(e)
		return e.Value.(entry[V]).value
	}
	v := fresh()
	r.known[key] = r.order.PushFront(entry[V]{key: key, value: v})
	if oldest := r.order.Back(); r.order.Len() > r.limit {
		delete(r.known, oldest.Value.(entry[V]).key)
		r.order.Remove(oldest)
	}
	return v
}

func (r *recent[V]) drop(key string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e, found := r.known[key]; found {
		delete(r.known, key)
		r.order.Remove(e)
	}
}

// rates limits how often each caller may do something.
type rates struct {
	every   rate.Limit
	burst   int
	clock   hone.Clock
	callers *recent[*rate.Limiter]
}

// newRates allows so many a second; 0 allows everything.
func newRates(perSecond float64, burst int, clock hone.Clock) *rates {
	r := &rates{every: rate.Limit(perSecond), burst: burst, clock: clock, callers: newRecent[*rate.Limiter](rememberedCallers)}
	if perSecond <= 0 {
		r.every = rate.Inf
	}
	return r
}

// take uses up one for a caller, or says when there will be one.
func (r *rates) take(key string) error {
	if r.every == rate.Inf {
		return nil
	}
	now := r.clock()
	reservation := r.limiter(key).ReserveN(now, 1)
	if wait := reservation.DelayFrom(now); wait > 0 {
		reservation.CancelAt(now)
		return tooOften(wait, fmt.Sprintf("more than %g requests a second from one caller", float64(r.every)))
	}
	return nil
}

// spent says that a caller has used up all it had, or nil.
func (r *rates) spent(key, what string) error {
	l, known := r.callers.get(key)
	if !known {
		return nil
	}
	if left := l.TokensAt(r.clock()); left < 1 {
		return tooOften(time.Duration((1-left)/float64(r.every)*float64(time.Second)), what)
	}
	return nil
}

func (r *rates) limiter(key string) *rate.Limiter {
	return r.callers.put(key, func() *rate.Limiter { return rate.NewLimiter(r.every, r.burst) })
}

// rateError says when to come again.
type rateError struct {
	error
	after time.Duration
}

func (e *rateError) Unwrap() error { return e.error }

func tooOften(wait time.Duration, what string) error {
	return &rateError{after: wait, error: hone.Errorf(hone.ResourceExhausted, "%s: try again in %s", what, hone.Duration(wait.Round(time.Millisecond)))}
}

// retryAfter writes the header of that name, in whole seconds.
func (e *rateError) retryAfter(h http.Header) {
	h.Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(e.after.Seconds())))))
}

// addressOf is the machine that a request comes from. In IPv6, everybody has a whole network of addresses.
func addressOf(r *http.Request) string {
	address, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	ip := address.Addr().Unmap().WithZone("")
	if ip.Is6() {
		if network, err := ip.Prefix(64); err == nil {
			return network.String()
		}
	}
	return ip.String()
}
